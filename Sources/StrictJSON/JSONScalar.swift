// The types that are one JSON value: booleans, texts and numbers.

protocol JSONScalar: Codable {
  var tree: JSONTree { get }
  /// - Returns: nil where the value is of another kind, or a number that the type cannot hold.
  static func value(of tree: JSONTree) -> Self?
  /// What was expected, in words.
  static var kindInWords: String { get }
}

extension Bool: JSONScalar {
  var tree: JSONTree { .bool(self) }
  static func value(of tree: JSONTree) -> Bool? { tree.truth }
  static var kindInWords: String { "true or false" }
}

extension String: JSONScalar {
  var tree: JSONTree { .string(self) }
  static func value(of tree: JSONTree) -> String? { tree.text }
  static var kindInWords: String { "a text" }
}

extension Double: JSONScalar {
  var tree: JSONTree { .real(self) }
  static func value(of tree: JSONTree) -> Double? { tree.real }
  static var kindInWords: String { "a number" }
}

extension Float: JSONScalar {
  var tree: JSONTree { .real(self) }
  static func value(of tree: JSONTree) -> Float? {
    guard case .number(let digits) = tree, let value = Float(digits) else {
      return tree.real.map { Float($0) }
    }
    return value.isInfinite && digits.last != "y" ? nil : value
  }
  static var kindInWords: String { "a number" }
}

extension JSONScalar where Self: FixedWidthInteger {
  var tree: JSONTree { .integer(self) }
  static func value(of tree: JSONTree) -> Self? { tree.integer(Self.self) }
  static var kindInWords: String { isSigned ? "a whole number" : "a whole number of at least 0" }
}

extension Int: JSONScalar {}
extension Int8: JSONScalar {}
extension Int16: JSONScalar {}
extension Int32: JSONScalar {}
extension Int64: JSONScalar {}
extension UInt: JSONScalar {}
extension UInt8: JSONScalar {}
extension UInt16: JSONScalar {}
extension UInt32: JSONScalar {}
extension UInt64: JSONScalar {}
