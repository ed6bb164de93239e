/// Validation of UTF-8, byte by byte as the Unicode Standard's table 3-7 has it.

/// Text that is not UTF-8.
public struct InvalidUTF8: Error, Equatable, CustomStringConvertible {
  /// Where the first malformed sequence begins, counted in bytes from 0.
  public let byteOffset: Int
  /// The byte found there.
  public let byte: UInt8

  public var description: String {
    "invalid UTF-8 at byte \(byteOffset) (0x\(String(byte, radix: 16))); convert the text to UTF-8"
  }
}

/// Checks whole texts; nothing after it has to doubt a byte again.
enum UTF8Validation {
  /// Overlong forms, surrogates, values above U+10FFFF and cut sequences are errors.
  static func check(_ text: UnsafeBufferPointer<UInt8>) throws(InvalidUTF8) {
    guard let base = text.baseAddress else { return }
    let count = text.count
    var i = 0
    while i < count {
      if count - i >= 8,
        UnsafeRawPointer(base + i).loadUnaligned(as: UInt64.self) & 0x8080_8080_8080_8080 == 0
      {
        i += 8
        continue
      }
      let first = base[i]
      if first < 0x80 {
        i += 1
        continue
      }
      let (length, isWhole) = sequence(base + i, available: count - i)
      guard isWhole else { throw InvalidUTF8(byteOffset: i, byte: first) }
      i += length
    }
  }

  /// Length of the sequence of two bytes or more at `p` if it is well formed, else of its maximal
  /// subpart (Unicode Standard, definition D93b): the longest beginning of a well-formed sequence, or
  /// a single byte.
  static func sequence(
    _ p: UnsafePointer<UInt8>, available: Int
  ) -> (length: Int, isWhole: Bool) {
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch p[0] {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    case 0xF1...0xF3: length = 4
    default: return (1, false)
    }
    guard available > 1, second.contains(p[1]) else { return (1, false) }
    for k in 2..<length {
      guard k < available, p[k] & 0xC0 == 0x80 else { return (k, false) }
    }
    return (length, true)
  }

  /// The scalar that begins at `p` in text that has been checked, and its length.
  @inline(__always)
  static func decode(_ p: UnsafePointer<UInt8>) -> (scalar: UInt32, length: Int) {
    let first = UInt32(p[0])
    if first < 0x80 { return (first, 1) }
    let second = UInt32(p[1] & 0x3F)
    if first < 0xE0 { return ((first & 0x1F) << 6 | second, 2) }
    let third = UInt32(p[2] & 0x3F)
    if first < 0xF0 { return ((first & 0x0F) << 12 | second << 6 | third, 3) }
    return ((first & 0x07) << 18 | second << 12 | third << 6 | UInt32(p[3] & 0x3F), 4)
  }
}
