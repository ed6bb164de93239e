/// A file of any size, read from front to back in constant memory.
import Glibc
import RetortFiles
import RetortTables

/// A mapped file whose pages are given back to the system behind the reader.
struct TextFile: ~Copyable {
  let path: String
  private let file: MappedFile
  /// Pages are given back in steps of this many bytes.
  private static let step = 32 << 20

  init(path: String) throws(DataError) {
    self.path = path
    file = try Self.open(path)
  }

  private static func open(_ path: String) throws(DataError) -> MappedFile {
    let file: MappedFile
    do { file = try MappedFile(path: path) } catch { throw .file(error) }
    do { try file.checkIsText(inLines: false) } catch { throw .table(error) }
    return file
  }

  var byteCount: Int { file.bytes.count }

  /// SHA-256 of the text's bytes, in hexadecimal.
  func digest() -> String {
    var sum = SHA256()
    file.stream(from: 0) { sum.update($0) }
    return sum.hexDigest()
  }

  /// Calls `body` with the bytes of `range`, block after block.
  func forEachBlock(in range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Void) {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.step) {
      let end = min(range.upperBound, start + Self.step)
      body(UnsafeRawBufferPointer(rebasing: file.bytes[start..<end]))
      file.release(start..<end)
    }
  }

  /// Calls `body` with each line, without its line feed, until it returns false.
  /// - Parameter body: takes the line, its number from 1 and its place in the file.
  func forEachLine(
    _ body: (UnsafeBufferPointer<UInt8>, Int, Int) throws(DataError) -> Bool
  ) throws(DataError) {
    let bytes = file.bytes.bindMemory(to: UInt8.self)
    guard let base = bytes.baseAddress else { return }
    var (place, number, released) = (0, 0, 0)
    while place < bytes.count {
      number += 1
      let found = memchr(base + place, Int32(UInt8(ascii: "\n")), bytes.count - place)
      let end =
        found.map { UnsafeRawPointer(base).distance(to: UnsafeRawPointer($0)) }
        ?? bytes.count
      let line = UnsafeBufferPointer(start: base + place, count: end - place)
      guard try body(line, number, place) else { return }
      place = end + 1
      if place - released >= Self.step {
        let boundary = place / Self.step * Self.step
        file.release(released..<boundary)
        released = boundary
      }
    }
  }
}
