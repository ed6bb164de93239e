// Why a file of torch.save cannot be read.
import RetortFiles

/// The first thing that keeps a file of torch.save from being read.
public enum TorchFileError: Error, Equatable, Sendable, CustomStringConvertible {
  case file(FileError)
  /// The file's frame; `byte` counts from the beginning of the file.
  case malformed(path: String, byte: Int, what: String)
  /// An instruction of the pickle that this reader does not carry out, whatever the file is.
  case refused(path: String, byte: Int, what: String)
  /// What the file says of one tensor cannot be.
  case inconsistent(path: String, tensor: String, what: String)
  case missing(path: String, tensor: String)
  case notFloatingPoint(path: String, tensor: String, type: String)

  public var description: String {
    // Names come from the file and may hold anything: quoted, so that the message stays one line.
    switch self {
    case .file(let error): error.description
    case .malformed(let path, let byte, let what):
      "\(path): not a valid torch.save file: \(what) (byte \(byte)); download or save it again"
    case .refused(let path, let byte, let what):
      "\(path): \(what) (byte \(byte)); only a dictionary of tensors is read and nothing in the file "
        + "is executed: save the model with transformers' save_pretrained as model.safetensors"
    case .inconsistent(let path, let tensor, let what):
      "\(path): tensor \(tensor.debugDescription): \(what); download or save the file again"
    case .missing(let path, let tensor):
      "\(path): no tensor \(tensor.debugDescription) in this file"
    case .notFloatingPoint(let path, let tensor, let type):
      "\(path): tensor \(tensor.debugDescription) is of torch's \(type); expected float32, float16 "
        + "or bfloat16"
    }
  }
}
