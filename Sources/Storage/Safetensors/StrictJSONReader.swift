// The part of JSON that a safetensors header is made of, read strictly.

/// Reads objects, strings and lists of whole numbers; everything else, a repeated key or malformed
/// UTF-8 is an error with its place. Source: RFC 8259.
struct StrictJSONReader {
  private let bytes: UnsafeRawBufferPointer
  private let firstByte: Int
  private var place = 0

  struct Failure: Error, Equatable {
    /// Counted from the beginning of the file.
    let byte: Int
    let what: String
  }

  init(bytes: UnsafeRawBufferPointer, firstByte: Int) {
    self.bytes = bytes
    self.firstByte = firstByte
  }

  /// Where the next character stands in the file.
  var byte: Int { firstByte + place }

  func failure(_ what: String) -> Failure { Failure(byte: byte, what: what) }

  /// Reads an object and hands over each of its keys, all different; `member` reads the value.
  mutating func object(
    _ member: (String, inout StrictJSONReader) throws(Failure) -> Void
  ) throws(Failure) {
    var seen: Set<String> = []
    try expect("{")
    if skip("}") { return }
    repeat {
      skipSpace()
      let key = try string()
      guard seen.insert(key).inserted else {
        throw failure("key \(key.debugDescription) stands here twice")
      }
      try expect(":")
      try member(key, &self)
    } while skip(",")
    try expect("}")
  }

  /// Reads a list of whole numbers, none negative.
  mutating func integers() throws(Failure) -> [Int] {
    var numbers: [Int] = []
    try expect("[")
    if skip("]") { return [] }
    repeat { numbers.append(try integer()) } while skip(",")
    try expect("]")
    return numbers
  }

  mutating func string() throws(Failure) -> String {
    try expect("\"")
    var text: [UInt8] = []
    let start = byte
    while place < bytes.count {
      let character = bytes[place]
      place += 1
      switch character {
      case UInt8(ascii: "\""):
        guard let valid = String(validating: text, as: UTF8.self) else {
          throw Failure(byte: start, what: "a string that is not UTF-8")
        }
        return valid
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw failure("a control character in a string")
      default: text.append(character)
      }
    }
    throw failure("a string without an end")
  }

  /// Makes sure that nothing but blanks follows.
  mutating func end() throws(Failure) {
    skipSpace()
    guard place == bytes.count else { throw failure("more after the end of the header") }
  }

  private mutating func integer() throws(Failure) -> Int {
    skipSpace()
    let start = place
    var number = 0
    while place < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place]) {
      let (tens, first) = number.multipliedReportingOverflow(by: 10)
      let (sum, second) = tens.addingReportingOverflow(Int(bytes[place]) - 48)
      guard !first, !second else { throw failure("a number that is too large") }
      number = sum
      place += 1
    }
    guard place > start else { throw failure("expected a whole number") }
    guard bytes[start] != UInt8(ascii: "0") || place == start + 1 else {
      throw failure("a number that begins with 0")
    }
    return number
  }

  private mutating func escape(into text: inout [UInt8]) throws(Failure) {
    guard place < bytes.count else { throw failure("a string without an end") }
    place += 1
    switch bytes[place - 1] {
    case UInt8(ascii: "\""): text.append(UInt8(ascii: "\""))
    case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
    case UInt8(ascii: "/"): text.append(UInt8(ascii: "/"))
    case UInt8(ascii: "b"): text.append(8)
    case UInt8(ascii: "f"): text.append(12)
    case UInt8(ascii: "n"): text.append(10)
    case UInt8(ascii: "r"): text.append(13)
    case UInt8(ascii: "t"): text.append(9)
    case UInt8(ascii: "u"): text += Array(String(try escapedScalar()).utf8)
    default: throw failure("an unknown escape in a string")
    }
  }

  /// Reads what follows "\u": one code unit, or two that make a surrogate pair.
  private mutating func escapedScalar() throws(Failure) -> Character {
    let first = try codeUnit()
    if let scalar = Unicode.Scalar(first) { return Character(scalar) }
    guard first < 0xdc00, place + 1 < bytes.count, bytes[place] == UInt8(ascii: "\\"),
      bytes[place + 1] == UInt8(ascii: "u")
    else { throw failure("half of a surrogate pair") }
    place += 2
    let second = try codeUnit()
    guard (0xdc00..<0xe000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
    else { throw failure("half of a surrogate pair") }
    return Character(scalar)
  }

  private mutating func codeUnit() throws(Failure) -> UInt32 {
    let digits = bytes[place..<min(place + 4, bytes.count)]
    let isHexadecimal = digits.allSatisfy {
      (48...57).contains($0) || (65...70).contains($0) || (97...102).contains($0)
    }
    guard digits.count == 4, isHexadecimal,
      let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw failure("expected four hexadecimal digits") }
    place += 4
    return unit
  }

  private mutating func skipSpace() {
    while place < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[place]) { place += 1 }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(Failure) {
    guard skip(character) else {
      throw failure(place < bytes.count ? "expected '\(character)'" : "the header ends too early")
    }
  }
}
