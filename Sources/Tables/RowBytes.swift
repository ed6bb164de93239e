// The bytes of a file, line by line, given back to the system when they have been read.
import Glibc
import RetortFiles

struct RowBytes {
  let path: String
  private let file: MappedFile
  private let bytes: UnsafeBufferPointer<UInt8>
  /// Whether U+FFFD is put in the place of what is not UTF-8.
  let repairs: Bool
  /// The lines of rows in which it was put.
  private(set) var repairedLines = 0
  private var lastRepaired = 0
  /// Pages before it have been given back.
  private var released = 0
  private static let step = 4 << 20

  /// Of the next byte.
  var place: Int
  /// Of the line that it is in, from 1.
  var line = 1

  init(_ file: MappedFile, repairs: Bool) {
    self.file = file
    self.repairs = repairs
    path = file.path
    bytes = file.bytes.bindMemory(to: UInt8.self)
    place = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  var isAtEnd: Bool { place >= bytes.count }
  subscript(index: Int) -> UInt8 { bytes[index] }
  var count: Int { bytes.count }

  /// Where the line that begins at `start` ends: the place of its line feed, or the end of the file.
  func endOfLine(from start: Int) -> Int {
    guard start < bytes.count, let base = bytes.baseAddress else { return bytes.count }
    let found = memchr(base + start, Int32(UInt8(ascii: "\n")), bytes.count - start)
    return found.map { UnsafeRawPointer(base).distance(to: UnsafeRawPointer($0)) } ?? bytes.count
  }

  /// The same without a carriage return before the line feed.
  func endOfText(from start: Int, to end: Int) -> Int {
    end > start && bytes[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
  }

  /// The bytes as text.
  /// - Parameter row: where the line of the range begins, for the column in a message.
  mutating func text(_ range: Range<Int>, line: Int, from row: Int) throws(TableError) -> String {
    if let text = String(validating: bytes[range], as: UTF8.self) { return text }
    if repairs {
      if lastRepaired != line { repairedLines += 1 }
      lastRepaired = line
      return String(decoding: bytes[range], as: UTF8.self)
    }
    throw invalidUTF8(line: line, from: row)
  }

  /// The first byte from `start` on that is not UTF-8.
  func invalidUTF8(line: Int, from start: Int) -> TableError {
    var decoder = UTF8()
    var (scalars, offset, line) = (0, start, line)
    var iterator = bytes[start...].makeIterator()
    decoding: while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar):
        scalars = scalar == "\n" ? 0 : scalars + 1
        if scalar == "\n" { line += 1 }
        offset += UTF8.width(scalar)
      case .emptyInput, .error: break decoding
      }
    }
    return .invalidUTF8(path: path, line: line, column: scalars + 1, byteOffset: offset)
  }

  /// Which character of its line a byte is, from 1.
  func column(of index: Int, from start: Int) -> Int {
    String(decoding: bytes[start..<index], as: UTF8.self).unicodeScalars.count + 1
  }

  func bytes(in range: Range<Int>) -> Slice<UnsafeBufferPointer<UInt8>> { bytes[range] }

  /// Gives back the pages of what has been read.
  mutating func release() {
    guard place - released >= Self.step else { return }
    let boundary = place / Self.step * Self.step
    file.release(released..<boundary)
    released = boundary
  }
}
