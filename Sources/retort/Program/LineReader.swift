// Lines of standard input as they arrive.
import Files
import Glibc

/// Reads a stream in large pieces and hands out whole lines, without their line feeds.
struct LineReader {
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private static let pieceSize = 1 << 18

  /// - Parameter descriptor: of an open stream; standard input if not given.
  init(descriptor: Int32 = STDIN_FILENO) { self.descriptor = descriptor }

  /// Calls `line` with the bytes of each line, its number from 1 and its place in the stream; a last
  /// line needs no line feed. Calls `pause` whenever all lines that have arrived are done.
  mutating func forEachLine(
    _ line: (_ bytes: UnsafeBufferPointer<UInt8>, _ number: Int, _ offset: Int) throws -> Void,
    pause: () throws -> Void
  ) throws {
    var (number, offset) = (0, 0)
    while try fill() {
      var consumed = 0
      try buffer.withUnsafeBufferPointer { bytes in
        guard let base = bytes.baseAddress else { return }
        while let found = memchr(base + consumed, 10, bytes.count - consumed) {
          let end = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
          number += 1
          try line(
            UnsafeBufferPointer(rebasing: bytes[consumed..<end]), number, offset + consumed)
          consumed = end + 1
        }
      }
      buffer.removeFirst(consumed)
      offset += consumed
      try pause()
    }
    guard !buffer.isEmpty else { return }
    try buffer.withUnsafeBufferPointer { try line($0, number + 1, offset) }
    buffer = []
    try pause()
  }

  /// Appends what has arrived; false at the end of the stream.
  private mutating func fill() throws(FileError) -> Bool {
    let before = buffer.count
    buffer.append(contentsOf: repeatElement(0, count: Self.pieceSize))
    while true {
      let count = buffer.withUnsafeMutableBytes {
        read(descriptor, $0.baseAddress.map { $0 + before }, Self.pieceSize)
      }
      if count < 0, errno == EINTR { continue }
      buffer.removeLast(Self.pieceSize - max(0, count))
      guard count >= 0 else {
        throw .failed(action: "read", path: "standard input", code: errno)
      }
      return count > 0
    }
  }
}
