// Quotation marks within the fields of CSV.

/// Works on bytes: a quotation mark and a combining character behind it are one `Character`, which a search for the mark
/// does not find.
/// - Source: RFC 4180, section 2.7.
enum Quotation {
  private static let mark = UInt8(ascii: "\"")

  /// Every mark twice.
  static func doubled(_ text: String) -> String {
    String(decoding: text.utf8.flatMap { $0 == mark ? [mark, mark] : [$0] }, as: UTF8.self)
  }

  /// Two marks in a row as one.
  static func single(_ text: String) -> String {
    var isSecond = false
    let bytes = text.utf8.filter { byte in
      isSecond = byte == mark && !isSecond
      return byte != mark || isSecond
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
