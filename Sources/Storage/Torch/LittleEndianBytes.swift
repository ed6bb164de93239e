// Numbers of a file read in turn, never beyond its end.

/// A reading place in some bytes; every reading is nil where they end.
struct LittleEndianBytes {
  let bytes: UnsafeRawBufferPointer
  private(set) var place: Int

  /// - Parameter place: not negative; beyond the end nothing can be read.
  init(_ bytes: UnsafeRawBufferPointer, at place: Int = 0) {
    (self.bytes, self.place) = (bytes, place)
  }

  /// The next `count` bytes.
  mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
    guard count >= 0, place <= bytes.count, count <= bytes.count - place else { return nil }
    defer { place += count }
    return UnsafeRawBufferPointer(rebasing: bytes[place..<(place + count)])
  }

  mutating func number<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
    take(MemoryLayout<Value>.size).map { Value(littleEndian: $0.loadUnaligned(as: type)) }
  }

  /// A number without sign that is a size or a place in this file.
  mutating func size<Value: FixedWidthInteger & UnsignedInteger>(_ type: Value.Type) -> Int? {
    number(type).flatMap { Int(exactly: $0) }
  }

  /// The bytes before the next line feed, which is passed over.
  mutating func line() -> UnsafeRawBufferPointer? {
    guard place <= bytes.count, let end = bytes[place...].firstIndex(of: UInt8(ascii: "\n"))
    else { return nil }
    defer { place = end + 1 }
    return UnsafeRawBufferPointer(rebasing: bytes[place..<end])
  }
}
