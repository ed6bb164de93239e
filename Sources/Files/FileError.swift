// What can go wrong with a file, as facts and as one line.
import Glibc

/// A failure of the file system: what was being done, to which path, and why it failed.
public enum FileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There is nothing at the path.
  case notFound(path: String)
  /// A system call failed; `code` is errno and `action` reads as "could not <action>".
  case failed(action: String, path: String, code: Int32)
  /// Another process holds the folder's lock; its id where the lock file tells.
  case inUse(folder: String, processID: Int32?)
  /// Something is there that must not be written to or used.
  case unexpected(path: String, expected: String, found: String)
  /// A pipe or a device where a file is to be read.
  case notAFile(path: String)
  /// A device or a pipe where a file is to be written.
  case notReplaceable(path: String)
  /// A size that was promised is not the one found.
  case wrongSize(path: String, expected: Int, found: Int)

  /// The error for the current value of errno.
  static func current(_ action: String, _ path: String) -> FileError {
    let code = errno
    return code == ENOENT && action == "open"
      ? .notFound(path: path) : .failed(action: action, path: path, code: code)
  }

  public var description: String {
    switch self {
    case .notFound(let path):
      return "\(path): no such file"
    case .failed(let action, let path, let code):
      return "\(path): could not \(action): \(String(cString: strerror(code)))\(Self.hint(code))"
    case .inUse(let folder, let processID):
      let holder = processID.map { "process \($0)" } ?? "another process"
      return "\(folder): in use by \(holder); wait for it, or stop it, or choose another folder"
    case .unexpected(let path, let expected, let found):
      return "\(path): expected \(expected), found \(found); move it away, or choose another path"
    case .notAFile(let path):
      return
        "\(path): expected a regular file, found a pipe or a device; write its content to a file first, or use standard "
        + "input where a verb reads it"
    case .notReplaceable(let path):
      return
        "\(path): expected a file or none, found a device or a pipe; name a file, or leave the option out where standard "
        + "output is written"
    case .wrongSize(let path, let expected, let found):
      return "\(path): expected \(expected) bytes, found \(found)"
    }
  }

  private static func hint(_ code: Int32) -> String {
    switch code {
    case ENOSPC, EDQUOT: "; free some space and run again, nothing that was there is lost"
    case EFBIG: "; raise the limit on file sizes (ulimit -f), nothing that was there is lost"
    case EACCES, EPERM, EROFS: "; check the permissions"
    case ENOENT: "; create the folder first"
    default: ""
    }
  }
}
