// A file seen as memory.
import Glibc

/// A file mapped read-only; the pages are the page cache's own, so that nothing is copied.
/// Files of ours are replaced by renaming, never changed in place: a mapping keeps the bytes it was made of.
public final class MappedFile: @unchecked Sendable {
  /// How the bytes will be visited, for the kernel's reading ahead.
  public enum Access: Sendable {
    case sequential, random
  }

  public let path: String
  /// All bytes of the file; valid while this object lives.
  public let bytes: UnsafeRawBufferPointer
  /// Tells this file from another that took its path since.
  private let identity: Identity

  private struct Identity: Equatable {
    let device: UInt
    let number: UInt
    let byteCount: Int
    let modified: Int
    let modifiedNanoseconds: Int

    init(_ status: stat) {
      device = UInt(status.st_dev)
      number = UInt(status.st_ino)
      byteCount = Int(status.st_size)
      modified = status.st_mtim.tv_sec
      modifiedNanoseconds = status.st_mtim.tv_nsec
    }
  }

  public init(path: String, access: Access = .sequential) throws(FileError) {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .current("open", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .current("read the size of", path) }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw .failed(action: "read", path: path, code: EISDIR)
    }
    identity = Identity(status)
    guard status.st_size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let size = Int(status.st_size)
    guard let start = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0), start != MAP_FAILED
    else { throw .current("map", path) }
    madvise(start, size, access == .sequential ? MADV_SEQUENTIAL : MADV_RANDOM)
    bytes = UnsafeRawBufferPointer(start: start, count: size)
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }

  /// A copy of a whole file. For small files: nothing has to be kept alive.
  public static func contents(path: String) throws(FileError) -> [UInt8] {
    let file = try MappedFile(path: path)
    return withExtendedLifetime(file) { Array(file.bytes) }
  }

  /// True while the path still leads to the very file that is mapped, unchanged.
  public func isStillAtItsPath() -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && Identity(status) == identity
  }
}
