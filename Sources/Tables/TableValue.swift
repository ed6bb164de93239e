// What stands in the fields of a table.
import RetortStrictJSON

/// A field. CSV and TSV have only texts.
public enum TableValue: Sendable, Equatable {
  case text(String)
  /// The digits as they are written.
  case number(String)
  case truth(Bool)
  case null
  /// A key that this JSON line does not have.
  case absent
  /// A list or an object of JSON.
  case nested(JSONTree)

  /// What a text column may hold, as text; nil for nothing, a list or an object.
  public var text: String? {
    switch self {
    case .text(let text), .number(let text): text
    case .truth(let truth): truth ? "true" : "false"
    case .null, .absent, .nested: nil
    }
  }

  /// In words for messages.
  var inWords: String {
    switch self {
    case .text, .number, .truth: text ?? ""
    case .null: "null"
    case .absent: "nothing"
    case .nested(let tree): tree.members == nil ? "a list" : "an object"
    }
  }

  init(_ tree: JSONTree) {
    self =
      switch tree {
      case .string(let text): .text(text)
      case .number(let digits): .number(digits)
      case .bool(let truth): .truth(truth)
      case .null: .null
      case .array, .object: .nested(tree)
      }
  }

  /// As JSON writes it; nil for a key to be left out.
  var json: JSONTree? {
    switch self {
    case .text(let text): .string(text)
    case .number(let digits): .number(digits)
    case .truth(let truth): .bool(truth)
    case .null: .null
    case .absent: nil
    case .nested(let tree): tree
    }
  }
}

/// A row with whatever stands in it.
public struct TableRecord: Sendable, Equatable {
  /// The line that it begins in, from 1: a quoted field may hold line feeds. Of Parquet the row's number.
  public var line: Int
  /// In the order of the columns that were chosen.
  public var values: [TableValue]
  /// Keys of a JSON line that the first line does not have.
  public var further: [JSONTree.Member] = []
}
