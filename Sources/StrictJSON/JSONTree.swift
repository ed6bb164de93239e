// JSON as a tree that keeps every number exactly as it was written.

/// A JSON document. Members of an object stand in the order of the text; no key stands twice.
public enum JSONTree: Equatable, Sendable {
  case object([Member])
  case array([JSONTree])
  case string(String)
  /// The digits as they stand in the text.
  case number(String)
  case bool(Bool)
  case null

  public struct Member: Equatable, Sendable {
    public var key: String
    public var value: JSONTree

    public init(key: String, value: JSONTree) {
      self.key = key
      self.value = value
    }
  }

  /// A whole number.
  public static func integer(_ value: some BinaryInteger) -> JSONTree { .number("\(value)") }

  /// The shortest digits that give the value again, without a trailing `.0`. JSON has no infinities and no
  /// not-a-number: these are the strings `inf`, `-inf` and `nan`.
  public static func real(_ value: some BinaryFloatingPoint & CustomStringConvertible) -> JSONTree {
    guard value.isFinite else { return .string(value.isNaN ? "nan" : value < 0 ? "-inf" : "inf") }
    let text = value.description
    return .number(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
  }
}

extension JSONTree {
  /// The value of a key, if this is an object that has it.
  public subscript(key: String) -> JSONTree? { members?.first { $0.key == key }?.value }

  /// Nil for anything but an object.
  public var members: [Member]? {
    if case .object(let members) = self { members } else { nil }
  }

  /// Nil for anything but an array.
  public var elements: [JSONTree]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// Nil for anything but a string.
  public var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// Nil for anything but true and false.
  public var truth: Bool? {
    if case .bool(let truth) = self { truth } else { nil }
  }

  /// A whole number that fits; `3.0` and `3e2` are whole too.
  public func integer<Value: FixedWidthInteger>(_ type: Value.Type = Int.self) -> Value? {
    guard case .number(let digits) = self else { return nil }
    if let value = Value(digits) { return value }
    // Beyond 2^53 the text and the Double may be two numbers.
    return Double(digits).flatMap {
      $0.magnitude <= 9_007_199_254_740_992 ? Value(exactly: $0) : nil
    }
  }

  /// A number that a Double can hold; its words for those that JSON has no digits for are understood.
  public var real: Double? {
    switch self {
    case .number(let digits):
      Double(digits).flatMap { $0.isInfinite && digits.last != "y" ? nil : $0 }
    case .string("inf"): .infinity
    case .string("-inf"): -.infinity
    case .string("nan"): .nan
    default: nil
    }
  }

  /// What a value is, in words for messages.
  var kindInWords: String {
    switch self {
    case .object: "an object"
    case .array: "a list"
    case .string, .number, .bool: line.count > 60 ? line.prefix(60) + "…" : line
    case .null: "null"
    }
  }
}

/// Where and why a text is not JSON.
public struct JSONSyntaxError: Error, Equatable, CustomStringConvertible {
  /// Counted from 1.
  public var line: Int
  /// In bytes, counted from 1.
  public var column: Int
  /// Counted from 0, from the beginning of the text.
  public var byte: Int
  public var reason: String

  public init(line: Int, column: Int, byte: Int, reason: String) {
    (self.line, self.column) = (line, column)
    (self.byte, self.reason) = (byte, reason)
  }

  public var description: String { "\(line):\(column): \(reason)" }
}
