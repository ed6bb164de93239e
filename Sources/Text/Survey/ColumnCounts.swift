// What kind of values a column has.
import RetortTables

/// Counts the values of a column by what they are. In CSV and TSV, where all are texts, a number is what reads as one.
public struct ColumnCounts: Sendable, Equatable {
  public let name: String
  /// Values that are empty, null or left out.
  public private(set) var missing = 0
  private var whole = 0
  private var numbers = 0
  private var booleans = 0
  private var texts = 0
  private var nested = 0

  init(_ name: String) { self.name = name }

  mutating func add(_ value: TableValue) {
    switch value {
    case .null, .absent: missing += 1
    case .truth: booleans += 1
    case .nested: nested += 1
    case .number(let digits): add(number: digits)
    case .text(let text):
      if text.isEmpty { missing += 1 } else if texts > 0 { texts += 1 } else { add(text: text) }
    }
  }

  private mutating func add(number digits: String) {
    if Int(digits) == nil { numbers += 1 } else { whole += 1 }
  }

  private mutating func add(text: String) {
    // No number is longer, and texts mostly are.
    guard text.utf8.count <= 32 else { return texts += 1 }
    if Int(text) != nil {
      whole += 1
    } else if text.utf8.first.map({ "0123456789+-.".utf8.contains($0) }) == true,
      Double(text) != nil
    {
      numbers += 1
    } else if ["inf", "-inf", "nan"].contains(text.lowercased()) {
      numbers += 1
    } else {
      texts += 1
    }
  }

  /// In words: text, integer, number, boolean, list or object, empty, or several of them.
  public var kind: String {
    if texts > 0, booleans + nested == 0 { return "text" }
    let found = [
      (whole, numbers > 0 ? nil : "integer"), (numbers, "number"), (booleans, "boolean"),
      (texts, "text"), (nested, "list or object"),
    ].compactMap { $0.0 > 0 ? $0.1 : nil }
    return found.isEmpty ? "empty" : found.joined(separator: ", ")
  }

  var isText: Bool { kind == "text" }
}
