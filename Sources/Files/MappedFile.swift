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
  private let descriptor: Int32

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

  public convenience init(path: String, access: Access = .sequential) throws(FileError) {
    // A pipe without a writer would keep the program waiting.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .current("open", path) }
    try self.init(owning: descriptor, path: path, access)
  }

  /// - Parameter descriptor: closed with this object, or when it cannot be made.
  init(owning descriptor: Int32, path: String, _ access: Access) throws(FileError) {
    self.path = path
    self.descriptor = descriptor
    do throws(FileError) {
      (bytes, identity) = try Self.map(descriptor, path, access)
    } catch {
      close(descriptor)
      throw error
    }
  }

  private static func map(
    _ descriptor: Int32, _ path: String, _ access: Access
  ) throws(FileError) -> (UnsafeRawBufferPointer, Identity) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .current("read the size of", path) }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw .failed(action: "read", path: path, code: EISDIR)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .notAFile(path: path)
    }
    let size = Int(status.st_size)
    guard size > 0 else { return (UnsafeRawBufferPointer(start: nil, count: 0), Identity(status)) }
    guard let start = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0), start != MAP_FAILED
    else { throw .current("map", path) }
    madvise(start, size, access == .sequential ? MADV_SEQUENTIAL : MADV_RANDOM)
    return (UnsafeRawBufferPointer(start: start, count: size), Identity(status))
  }

  deinit {
    close(descriptor)
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }

  /// Puts a part of the file into memory, as a copy would, but for large parts without copying: whole
  /// pages become a view of the file's, and one that is written to is copied then. Where the part and the
  /// memory do not begin at a page alike, it is copied at once.
  /// - Parameter memory: writable, of as many bytes as the part, and made by `mmap`: pages of it are
  ///   replaced, and go with its own `munmap`.
  public func place(_ part: Range<Int>, in memory: UnsafeMutableRawBufferPointer) {
    precondition(
      part.count == memory.count && bytes.indices.contains(part),
      "bytes \(part) of \(bytes.count) into \(memory.count)")
    guard let address = memory.baseAddress else { return }
    let page = Int(getpagesize())
    var mapped = 0
    if part.count >= Self.leastMapped, part.lowerBound % page == 0,
      Int(bitPattern: address) % page == 0
    {
      let size = part.count / page * page
      let placed = mmap(
        address, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, descriptor,
        part.lowerBound)
      if placed == address { mapped = size }
    }
    UnsafeMutableRawBufferPointer(rebasing: memory[mapped...]).copyMemory(
      from: UnsafeRawBufferPointer(rebasing: bytes[(part.lowerBound + mapped)..<part.upperBound]))
  }

  /// Hands on the bytes from `start` on, piece by piece, and gives the pages of each back when it has been seen: a
  /// file larger than memory passes through, and none of it counts as the process's.
  public func stream(from start: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    let piece = 16 << 20
    for first in Swift.stride(from: start / piece * piece, to: bytes.count, by: piece) {
      let end = min(first + piece, bytes.count)
      body(UnsafeRawBufferPointer(rebasing: bytes[max(first, start)..<end]))
      release(first..<end)
    }
  }

  /// Gives the pages of a part back to the system; they are read again from the file if they are needed.
  /// - Parameter part: begins at a page.
  public func release(_ part: Range<Int>) {
    guard let base = bytes.baseAddress, !part.isEmpty else { return }
    madvise(UnsafeMutableRawPointer(mutating: base + part.lowerBound), part.count, MADV_DONTNEED)
  }

  /// Copies parts of the file into memory without mapping their pages, so that none of them counts as the process's. All
  /// parts are prefetched before the first is read. Reading is fastest where they are in the order of the file.
  /// - Parameter parts: ranges of bytes, and where each goes.
  public func copy(
    _ parts: [(bytes: Range<Int>, target: UnsafeMutableRawPointer)]
  ) throws(FileError) {
    var next: Range<Int>?
    for (part, _) in parts {
      // What lies side by side is asked for at once.
      if let begun = next, begun.upperBound == part.lowerBound {
        next = begun.lowerBound..<part.upperBound
      } else {
        if let begun = next { willRead(begun) }
        next = part
      }
    }
    if parts.count > 1, let last = next { willRead(last) }
    for (part, target) in parts {
      precondition(
        part.lowerBound >= 0 && part.upperBound <= bytes.count, "bytes \(part) of \(bytes.count)")
      var done = 0
      while done < part.count {
        let count = pread(descriptor, target + done, part.count - done, part.lowerBound + done)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          throw .failed(action: "read", path: path, code: count < 0 ? errno : EIO)
        }
        done += count
      }
    }
  }

  private func willRead(_ part: Range<Int>) {
    posix_fadvise(descriptor, part.lowerBound, part.count, POSIX_FADV_WILLNEED)
  }

  /// A mapping costs about as much as copying so many bytes.
  private static let leastMapped = 1 << 16

  /// A copy of a whole file. For small files: nothing has to be kept alive.
  public static func contents(path: String) throws(FileError) -> [UInt8] {
    let file = try MappedFile(path: path)
    return withExtendedLifetime(file) { Array(file.bytes) }
  }

  /// What stands between a small file's line feeds; behind the last of them, if only nothing, too.
  public static func lines(path: String) throws(FileError) -> [ArraySlice<UInt8>] {
    try contents(path: path).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  }

  /// True while the path still leads to the very file that is mapped, unchanged.
  public func isStillAtItsPath() -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && Identity(status) == identity
  }
}
