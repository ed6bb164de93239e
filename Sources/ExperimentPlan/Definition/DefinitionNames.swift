// Names in a definition: what may be one, and how references to them are read.
import RetortOptions

public enum DefinitionNames {
  /// A name that can be a folder, a key path and part of a command line.
  static let name = OptionType<String>(
    schema: .text(words: words, pattern: pattern),
    words: "a name", example: "distil", standIn: "",
    read: { node, key, map in
      if let text = node.text, isName(text) { return text }
      map.reportWrong(node, key, expected: words)
      return nil
    }, write: { .text($0) })

  /// What a name is, for messages.
  public static let words = "a name of lower-case letters, digits, - and _, a letter first"
  static let pattern = "[a-z][a-z0-9_-]{0,79}"

  /// - Parameter example: a name that fits the key.
  static func modelOrStage(example: String) -> OptionType<String> {
    name.ofContents.described(as: "a model or stage", example: example)
  }

  public static func isName(_ text: String) -> Bool {
    guard let first = text.first, first.isASCII, first.isLetter, text.count <= 80 else {
      return false
    }
    return text.allSatisfy {
      $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-" || $0 == "_")
    }
  }
}
