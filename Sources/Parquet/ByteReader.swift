// Bytes read from front to back, never beyond their end.

struct ByteReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var place = 0

  /// - Parameter bytes: valid while this value is used.
  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var remaining: Int { bytes.count - place }

  mutating func byte() throws(ParquetDamage) -> UInt8 {
    guard place < bytes.count else { throw ParquetDamage("it ends in the middle of a value") }
    place += 1
    return bytes[place - 1]
  }

  mutating func take(_ count: Int) throws(ParquetDamage) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= remaining else {
      throw ParquetDamage("\(count) bytes are said to follow, and \(remaining) do")
    }
    place += count
    return UnsafeRawBufferPointer(rebasing: bytes[place - count..<place])
  }

  /// Little-endian, of `count` bytes, at most 8.
  mutating func integer(_ count: Int) throws(ParquetDamage) -> UInt64 {
    var value: UInt64 = 0
    for (shift, byte) in try take(count).enumerated() { value |= UInt64(byte) << (8 * shift) }
    return value
  }

  /// Seven bits a byte, the lowest first.
  mutating func varint() throws(ParquetDamage) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      let byte = try byte()
      let bits = UInt64(byte & 0x7F)
      guard (bits << UInt64(shift)) >> UInt64(shift) == bits else { break }
      value |= bits << UInt64(shift)
      if byte < 0x80 { return value }
    }
    throw ParquetDamage("a number of more than 64 bits")
  }

  /// A size: a number that an Int holds.
  mutating func size() throws(ParquetDamage) -> Int {
    let value = try varint()
    guard let size = Int(exactly: value) else { throw ParquetDamage("a size of \(value)") }
    return size
  }
}
