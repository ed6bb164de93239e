// Lines of standard input as they arrive.
import Glibc

/// Reads a stream in large pieces and hands out whole lines, without their line feeds.
public struct LineReader {
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private static let pieceSize = 1 << 18

  /// - Parameter descriptor: of an open stream; standard input if not given.
  public init(descriptor: Int32 = STDIN_FILENO) { self.descriptor = descriptor }

  /// Calls `line` with the bytes of each line, its number from 1 and its place in the stream; a last
  /// line needs no line feed. Calls `pause` whenever all lines that have arrived are done.
  public mutating func forEachLine(
    _ line: (_ bytes: UnsafeBufferPointer<UInt8>, _ number: Int, _ offset: Int) throws -> Void,
    pause: () throws -> Void
  ) throws {
    try forEachArrival { arrival in
      for (index, bytes) in arrival.lines.enumerated() {
        try line(bytes, arrival.number(of: index), arrival.offset(of: index))
      }
      try pause()
    }
  }

  /// Calls `body` with all whole lines that have arrived, again and again until the stream ends; a last
  /// line needs no line feed.
  public mutating func forEachArrival(_ body: (ArrivedLines) throws -> Void) throws {
    var (number, offset) = (0, 0)
    while try fill() {
      var consumed = 0
      try buffer.withUnsafeBufferPointer { bytes in
        guard let base = bytes.baseAddress else { return }
        var lines: [UnsafeBufferPointer<UInt8>] = []
        while let found = memchr(base + consumed, 10, bytes.count - consumed) {
          let end = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
          lines.append(UnsafeBufferPointer(start: base + consumed, count: end - consumed))
          consumed = end + 1
        }
        try body(
          ArrivedLines(lines: lines, base: base, linesBefore: number, bytesBefore: offset))
        number += lines.count
      }
      buffer.removeFirst(consumed)
      offset += consumed
    }
    guard !buffer.isEmpty else { return }
    try buffer.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      try body(
        ArrivedLines(lines: [bytes], base: base, linesBefore: number, bytesBefore: offset))
    }
    buffer = []
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

/// Lines that arrived together, without their line feeds; their bytes are valid only while they are
/// being handed out.
public struct ArrivedLines {
  public let lines: [UnsafeBufferPointer<UInt8>]
  fileprivate let base: UnsafePointer<UInt8>
  fileprivate let linesBefore: Int
  fileprivate let bytesBefore: Int

  /// The number of a line in the stream, from 1.
  public func number(of line: Int) -> Int { linesBefore + line + 1 }

  /// The place in the stream where a line begins.
  public func offset(of line: Int) -> Int {
    bytesBefore + (lines[line].baseAddress.map { base.distance(to: $0) } ?? 0)
  }
}
