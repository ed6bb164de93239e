// Writing a whole file or nothing.
import Glibc

/// Replacement of a small file in one call: either the old content or the new, never a part.
public enum AtomicFile {
  /// Fails with the old file intact and nothing left beside it.
  public static func replace(
    path: String, with bytes: UnsafeRawBufferPointer
  ) throws(FileError) {
    let writer = try AtomicFileWriter(path: path)
    try writer.write(bytes)
    try writer.commit()
  }

  public static func replace(path: String, with text: String) throws(FileError) {
    try replace(path: path, with: Array(text.utf8))
  }

  public static func replace(path: String, with bytes: [UInt8]) throws(FileError) {
    let writer = try AtomicFileWriter(path: path)
    try writer.write(bytes)
    try writer.commit()
  }
}

/// A file written piece by piece that appears under its name only when it is committed.
/// Not for use from several threads at once.
public final class AtomicFileWriter {
  public var path: String { pending.path }
  /// Bytes written so far.
  public private(set) var byteCount = 0
  private let pending: PendingFile
  private var descriptor: Int32
  private var buffer: [UInt8] = []
  private static let bufferSize = 1 << 18

  public convenience init(path: String) throws(FileError) {
    try self.init(PendingFile(replacing: path))
  }

  init(_ pending: PendingFile) throws(FileError) {
    self.pending = pending
    descriptor = open(pending.temporaryPath, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .failed(action: "write", path: pending.path, code: errno)
    }
  }

  deinit { closeDescriptor() }

  public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    byteCount += bytes.count
    if buffer.count + bytes.count >= Self.bufferSize {
      try flush()
      if bytes.count >= Self.bufferSize { return try writeThrough(bytes) }
    }
    buffer.append(contentsOf: bytes)
  }

  public func write(_ bytes: [UInt8]) throws(FileError) {
    try bytes.withUnsafeBufferPointer { (part) throws(FileError) in
      try write(UnsafeRawBufferPointer(part))
    }
  }

  public func write(_ text: String) throws(FileError) { try write(Array(text.utf8)) }

  /// Puts the new file in the old one's place, all of it on the disk.
  public func commit() throws(FileError) {
    try flush()
    let closed = close(descriptor) == 0
    descriptor = -1
    guard closed else { throw .failed(action: "write", path: path, code: errno) }
    try pending.commit()
  }

  /// Gives the new file up; the old one stays.
  public func discard() {
    closeDescriptor()
    pending.discard()
  }

  private func closeDescriptor() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }

  private func flush() throws(FileError) {
    try buffer.withUnsafeBufferPointer { (part) throws(FileError) in
      try writeThrough(UnsafeRawBufferPointer(part))
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private func writeThrough(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    guard var place = bytes.baseAddress else { return }
    var remaining = bytes.count
    while remaining > 0 {
      let written = Glibc.write(descriptor, place, min(remaining, 1 << 30))
      guard written >= 0 else {
        if errno == EINTR { continue }
        let code = errno
        discard()
        throw .failed(action: "write", path: path, code: code)
      }
      place += written
      remaining -= written
    }
  }
}
