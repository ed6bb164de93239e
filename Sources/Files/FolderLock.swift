// One process at a time in a folder.
import Glibc

/// A lock on `<folder>/.lock` that ends with the process that holds it, however it ends.
public final class FolderLock {
  public let folder: String
  private var descriptor: Int32

  /// Fails with `FileError.inUse` if another process, or another lock of this one, holds the folder.
  public init(folder: String) throws(FileError) {
    self.folder = folder
    let path = "\(folder)/.lock"
    // Whoever can write to the folder could put a link there, to a file of somebody else's.
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o666)
    guard descriptor >= 0 else {
      guard errno != ELOOP else { throw Self.foreign(path, "a symbolic link") }
      throw .failed(action: "lock", path: folder, code: errno)
    }
    guard Self.isLockFile(descriptor) else {
      close(descriptor)
      descriptor = -1
      throw Self.foreign(path, "another file")
    }
    var isHeld = flock(descriptor, LOCK_EX | LOCK_NB) != 0
    // Who only asks for the holder is through in a moment.
    for _ in 0..<Self.attempts where isHeld && errno == EWOULDBLOCK {
      usleep(2_000)
      isHeld = flock(descriptor, LOCK_EX | LOCK_NB) != 0
    }
    guard !isHeld else {
      let code = errno
      let holder = Self.processID(in: descriptor)
      close(descriptor)
      descriptor = -1
      throw code == EWOULDBLOCK
        ? .inUse(folder: folder, processID: holder)
        : .failed(action: "lock", path: folder, code: code)
    }
    // Who holds it is for the other's error message only: without it the lock holds all the same.
    let text = Array("\(getpid())\n".utf8)
    if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
  }

  deinit { release() }

  private static let attempts = 10

  /// Who holds a folder.
  public enum Holder: Sendable, Equatable {
    case nobody
    /// - id: nil where the lock's file does not say it, as a moment after it was taken.
    case process(Int32?)
  }

  /// Looks whether somebody holds a folder; nothing is changed.
  public static func holder(of folder: String) throws(FileError) -> Holder {
    let path = "\(folder)/.lock"
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else {
      guard errno != ENOENT else { return .nobody }
      guard errno != ELOOP else { throw foreign(path, "a symbolic link") }
      throw .current("open", path)
    }
    defer { close(descriptor) }
    // Others that look have it at the same time; it ends with the descriptor.
    guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return .nobody }
    guard errno == EWOULDBLOCK else { throw .current("lock", path) }
    return .process(processID(in: descriptor))
  }

  /// Lets the next one in; the lock file stays, for removing it would let two in at once.
  public func release() {
    guard descriptor >= 0 else { return }
    // A child that is being started has a copy of the descriptor until it executes its program, and with it
    // the lock: closing ours would leave it held for that long.
    flock(descriptor, LOCK_UN)
    close(descriptor)
    descriptor = -1
  }

  private static func foreign(_ path: String, _ found: String) -> FileError {
    .unexpected(path: path, expected: "a lock that this program made", found: found)
  }

  /// Whether the file is one that may be written over: a file of its own with nothing in it but a number.
  private static func isLockFile(_ descriptor: Int32) -> Bool {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_nlink <= 1, status.st_size <= 16
    else { return false }
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    return count >= 0
      && bytes.prefix(count).allSatisfy { $0 == 0 || $0 == 10 || (48...57).contains($0) }
  }

  private static func processID(in descriptor: Int32) -> Int32? {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { return nil }
    return Int32(String(decoding: bytes.prefix { $0 != 10 && $0 != 0 }, as: UTF8.self))
  }
}
