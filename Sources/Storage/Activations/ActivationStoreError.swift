// Why an activation store cannot be written or read.
import RetortFiles

public enum ActivationStoreError: Error, Equatable, Sendable, CustomStringConvertible {
  case file(FileError)
  case store(SealedFileError)
  /// The unfinished store in the folder was begun for something else.
  case begunForAnother(folder: String, what: String)
  case damaged(path: String, what: String)
  /// Such as one by step, where inputs never change.
  case wrongForm(path: String, expected: ActivationForm, found: ActivationForm)

  public var description: String {
    switch self {
    case .file(let error): error.description
    case .store(let error): error.description
    case .begunForAnother(let folder, let what):
      "\(folder): the unfinished store was started with a different \(what); remove the folder, or use the original "
        + "settings"
    case .damaged(let path, let what):
      "\(path): damaged: \(what); remove it and compute the activations again"
    case .wrongForm(let path, let expected, let found):
      "\(path): expected \(expected.words), found \(found.words); write another with `retort activations`"
    }
  }
}
