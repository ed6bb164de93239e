// Tokens that a model's folder adds to those of its vocabulary, or sets apart from its words.
import RetortStrictJSON

/// A token that is found in a text as it is spelled, before the text is cut into words.
/// Source: transformers 4.44.2, `AddedToken`; blanks at its sides (`lstrip`, `rstrip`) make no tokens in BERT.
public struct AddedToken: Sendable, Hashable {
  public let content: String
  public let id: Int
  /// Whether it is a mark rather than a word: it is not masked for language modelling.
  public let isSpecial: Bool
  /// Whether it is looked for in the normalized text, in its own normalized spelling.
  public let isNormalized: Bool

  public init(content: String, id: Int, isSpecial: Bool, isNormalized: Bool) {
    (self.content, self.id) = (content, id)
    (self.isSpecial, self.isNormalized) = (isSpecial, isNormalized)
  }

  /// What is wrong with a folder's tokens, in words.
  struct Refusal: Error { let reason: String }

  /// An object with `content` and the flags; absent ones are false.
  init(_ tree: JSONTree, id: Int) throws(Refusal) {
    guard (0..<TransformerConfiguration.largestSize).contains(id) else {
      throw Refusal(
        reason:
          "an added token has the id \(id), expected 0 to \(TransformerConfiguration.largestSize - 1)"
      )
    }
    guard let content = tree["content"]?.text, !content.isEmpty else {
      throw Refusal(reason: "the added token \(id) has no content")
    }
    if tree["single_word"]?.truth == true {
      throw Refusal(
        reason:
          "the added token \(content.debugDescription) has single_word true, which is not supported"
      )
    }
    self.init(
      content: content, id: id, isSpecial: tree["special"]?.truth ?? false,
      isNormalized: tree["normalized"]?.truth ?? false)
  }

  /// As in tokenizer_config.json's `added_tokens_decoder`.
  var tree: JSONTree {
    let flags = [
      ("content", JSONTree.string(content)), ("lstrip", .bool(false)),
      ("normalized", .bool(isNormalized)), ("rstrip", .bool(false)), ("single_word", .bool(false)),
      ("special", .bool(isSpecial)),
    ]
    return .object(flags.map { JSONTree.Member(key: $0.0, value: $0.1) })
  }
}
