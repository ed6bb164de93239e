// Why a safetensors file cannot be read or written.
import RetortFiles

public enum SafetensorsError: Error, Equatable, Sendable, CustomStringConvertible {
  case file(FileError)
  /// The file's frame or its header's JSON; `byte` counts from the beginning of the file.
  case malformed(path: String, byte: Int, what: String)
  /// The header is JSON, but what it says of a tensor cannot be.
  case inconsistent(path: String, tensor: String, what: String)
  case missing(path: String, tensor: String)
  case notFloatingPoint(path: String, tensor: String, type: String)

  public var description: String {
    // Names come from the file and may hold anything: quoted, so that the message stays one line.
    switch self {
    case .file(let error): error.description
    case .malformed(let path, let byte, let what):
      "\(path): not a sound safetensors file: \(what) (byte \(byte)); download or export it again"
    case .inconsistent(let path, let tensor, let what):
      "\(path): tensor \(tensor.debugDescription): \(what); download or export the file again"
    case .missing(let path, let tensor):
      "\(path): no tensor \(tensor.debugDescription) in this file"
    case .notFloatingPoint(let path, let tensor, let type):
      "\(path): tensor \(tensor.debugDescription) is of type \(type); "
        + "expected F32, F16 or BF16"
    }
  }
}
