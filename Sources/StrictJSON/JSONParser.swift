// Reads JSON text (RFC 8259) into a JSONTree, strictly, with line and column of every mistake.

extension JSONTree {
  /// What may stand where a number is expected.
  public enum NumberForms: Sendable {
    case standard
    /// `NaN`, `Infinity` and `-Infinity` too, which Python's json module writes.
    case python
  }

  /// Reads one document. Repeated keys, malformed UTF-8, deep nesting and anything behind the document are errors.
  public static func parse(
    _ bytes: some Sequence<UInt8>, numbers: NumberForms = .standard
  ) throws(JSONSyntaxError) -> JSONTree {
    try JSONParser.parse(Array(bytes), numbers)
  }

  public static func parse(_ text: some StringProtocol) throws(JSONSyntaxError) -> JSONTree {
    try JSONParser.parse(Array(text.utf8), .standard)
  }
}

private struct JSONParser {
  private let bytes: [UInt8]
  private let numbers: JSONTree.NumberForms
  private var position = 0
  private var depth = 0

  /// Deeper nesting is refused, so that no text can exhaust the stack.
  private static let deepest = 64

  private init(_ bytes: [UInt8], _ numbers: JSONTree.NumberForms) {
    self.bytes = bytes
    self.numbers = numbers
  }

  static func parse(
    _ bytes: [UInt8], _ numbers: JSONTree.NumberForms
  ) throws(JSONSyntaxError) -> JSONTree {
    var parser = JSONParser(bytes, numbers)
    guard !bytes.starts(with: [0xEF, 0xBB, 0xBF]) else {
      throw parser.error("a byte order mark; save the text as UTF-8 without one")
    }
    let tree = try parser.value()
    parser.skipSpace()
    guard parser.position == parser.bytes.count else {
      throw parser.error("there is more text after the value")
    }
    return tree
  }

  private mutating func value() throws(JSONSyntaxError) -> JSONTree {
    skipSpace()
    guard let byte = peek() else { throw error("the text ends where a value should stand") }
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      guard depth < Self.deepest else { throw error("nested deeper than \(Self.deepest) levels") }
      depth += 1
      defer { depth -= 1 }
      return byte == UInt8(ascii: "{") ? try object() : try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func object() throws(JSONSyntaxError) -> JSONTree {
    position += 1
    var members: [JSONTree.Member] = []
    var seen: Set<String> = []
    skipSpace()
    if take("}") { return .object(members) }
    while true {
      skipSpace()
      guard peek() == UInt8(ascii: "\"") else { throw error("expected a key in quotes") }
      let start = position
      let key = try string()
      guard seen.insert(key).inserted else {
        position = start
        throw error("key \"\(key)\" stands here a second time")
      }
      skipSpace()
      guard take(":") else { throw error("expected ':' after the key \"\(key)\"") }
      members.append(JSONTree.Member(key: key, value: try value()))
      skipSpace()
      if take(",") { continue }
      guard take("}") else { throw error("expected ',' or '}'") }
      return .object(members)
    }
  }

  private mutating func array() throws(JSONSyntaxError) -> JSONTree {
    position += 1
    var elements: [JSONTree] = []
    skipSpace()
    if take("]") { return .array(elements) }
    while true {
      elements.append(try value())
      skipSpace()
      if take(",") { continue }
      guard take("]") else { throw error("expected ',' or ']'") }
      return .array(elements)
    }
  }

  private mutating func string() throws(JSONSyntaxError) -> String {
    let start = position
    position += 1
    var content: [UInt8] = []
    while let byte = peek() {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else {
          position = start
          throw error("a string that is not UTF-8")
        }
        return text
      case UInt8(ascii: "\\"): content.append(contentsOf: try escape())
      case 0..<0x20: throw error("a control character inside a string")
      default: content.append(byte)
      }
    }
    throw error("the text ends inside a string")
  }

  private mutating func escape() throws(JSONSyntaxError) -> [UInt8] {
    guard let byte = peek() else { throw error("the text ends inside a string") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var unit = try codeUnit()
      if (0xD800..<0xDC00).contains(unit) {
        guard take("\\"), take("u") else { throw error("half of a surrogate pair") }
        let low = try codeUnit()
        guard (0xDC00..<0xE000).contains(low) else { throw error("half of a surrogate pair") }
        unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(unit) else { throw error("half of a surrogate pair") }
      return Array(String(Character(scalar)).utf8)
    default: throw error("unknown escape")
    }
  }

  private mutating func codeUnit() throws(JSONSyntaxError) -> UInt32 {
    let digits = bytes[position..<min(position + 4, bytes.count)]
    // UInt32 would take a sign too.
    let isHexadecimal = digits.allSatisfy {
      (48...57).contains($0) || (65...70).contains($0) || (97...102).contains($0)
    }
    guard digits.count == 4, isHexadecimal,
      let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw error("expected four hexadecimal digits") }
    position += 4
    return unit
  }

  private mutating func word(
    _ word: String, _ tree: JSONTree
  ) throws(JSONSyntaxError) -> JSONTree {
    for character in word.utf8 {
      guard peek() == character else { throw error("expected a value") }
      position += 1
    }
    return tree
  }

  private mutating func number() throws(JSONSyntaxError) -> JSONTree {
    let start = position
    _ = take("-")
    if numbers == .python {
      if position == start, peek() == UInt8(ascii: "N") { return try word("NaN", .number("NaN")) }
      if peek() == UInt8(ascii: "I") {
        let sign = position > start ? "-" : ""
        return try word("Infinity", .number("\(sign)Infinity"))
      }
    }
    let leading = digits()
    guard leading > 0 else { throw error("expected a value") }
    if leading > 1, bytes[position - leading] == UInt8(ascii: "0") {
      throw error("a number with a leading zero")
    }
    if take(".") {
      guard digits() > 0 else { throw error("expected digits after the point") }
    }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      guard digits() > 0 else { throw error("expected digits in the exponent") }
    }
    return .number(String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func digits() -> Int {
    let start = position
    while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      position += 1
    }
    return position - start
  }

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private func error(_ reason: String) -> JSONSyntaxError {
    let before = bytes[..<position]
    let line = before.count { $0 == 0x0A } + 1
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return JSONSyntaxError(
      line: line, column: position - lineStart + 1, byte: position, reason: reason)
  }
}
