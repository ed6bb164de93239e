// Files that grow at their end while a program runs: logs.
import Glibc

public enum AppendedFile {
  /// Opens a file for appending, made if there is none. A symbolic link is not followed: whoever can write to the
  /// folder could have lines put into a file of somebody else's.
  /// - Returns: a descriptor, to be closed by the caller.
  public static func open(path: String) throws(FileError) -> Int32 {
    let descriptor = Glibc.open(
      path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else {
      guard errno != ELOOP else {
        throw .unexpected(path: path, expected: "a file or none", found: "a symbolic link")
      }
      throw .current("open", path)
    }
    return descriptor
  }
}
