// Whether two paths lead to the same file.
import Glibc

/// A file or folder as the file system knows it: the same by whichever path, through links or not.
public struct FileIdentity: Hashable, Sendable {
  private let device: UInt
  private let number: UInt

  /// Nil if there is nothing at the path.
  public init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = UInt(status.st_dev)
    number = UInt(status.st_ino)
  }
}
