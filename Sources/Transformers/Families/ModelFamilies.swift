// The families there are.

public enum ModelFamilies {
  public static let all: [ModelFamily] = [.bert, .distilbert]

  /// Their names as a choice: `bert or distilbert`.
  public static var choice: String { all.map(\.name).joined(separator: " or ") }
}
