// A file that is written over several runs of the program: what is safe stays, what came after it is cut off.
import Glibc

/// Written at its end. `save` puts everything on the disk; what was written after the last `save` is lost where the
/// program is killed, and cut off by the next one. Not for use from several threads at once.
public final class GrowingFile {
  public let path: String
  /// Bytes written so far.
  public private(set) var byteCount: Int
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private static let bufferSize = 1 << 18

  /// Opens a file, made if there is none.
  /// - Parameter byteCount: what is kept of it.
  /// - Throws: also for a file that is shorter.
  public init(path: String, keeping byteCount: Int) throws(FileError) {
    self.path = path
    self.byteCount = byteCount
    descriptor = try AppendedFile.open(path: path)
    let found = lseek(descriptor, 0, SEEK_END)
    guard found >= byteCount else {
      close(descriptor)
      throw .wrongSize(path: path, expected: byteCount, found: Int(found))
    }
    guard ftruncate(descriptor, byteCount) == 0 else {
      let code = errno
      close(descriptor)
      throw .failed(action: "write", path: path, code: code)
    }
  }

  deinit { close(descriptor) }

  public func write(_ text: String) throws(FileError) {
    buffer.append(contentsOf: text.utf8)
    byteCount += text.utf8.count
    if buffer.count >= Self.bufferSize { try flush() }
  }

  /// Puts everything on the disk.
  public func save() throws(FileError) {
    try flush()
    guard fsync(descriptor) == 0 else {
      throw .failed(action: "write", path: path, code: errno)
    }
  }

  private func flush() throws(FileError) {
    var written = 0
    while written < buffer.count {
      let count = buffer.withUnsafeBytes { bytes in
        Glibc.write(
          descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
      }
      guard count >= 0 else {
        if errno == EINTR { continue }
        throw .failed(action: "write", path: path, code: errno)
      }
      written += count
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
