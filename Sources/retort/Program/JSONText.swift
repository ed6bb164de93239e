// Values as JSON on standard output.
import RetortStrictJSON

enum JSONText {
  /// For one document, in the layout of records but without its last line feed.
  /// - Parameter keys: how names of more than one word are written.
  static func document(
    _ value: some Encodable, keys: JSONTree.KeyStyle = .asDeclared
  ) throws -> String {
    String(try JSONTree(value, keys: keys).document.dropLast())
  }

  /// For one line among many.
  static func line(_ value: some Encodable) throws -> String { try JSONTree(value).line }
}
