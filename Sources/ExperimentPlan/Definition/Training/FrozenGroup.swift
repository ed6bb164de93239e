// Groups of parameters that a stage leaves as they are.
import RetortOptions

/// Parameters that are not trained.
public enum FrozenGroup: Sendable, Equatable, Hashable, CustomStringConvertible {
  case embeddings
  case wordEmbeddings
  case positionEmbeddings
  case tokenTypeEmbeddings
  /// All blocks.
  case encoder
  /// One block, counted from 0.
  case layer(Int)

  static let names = [
    "embeddings", "word_embeddings", "position_embeddings", "token_type_embeddings", "encoder",
    "layers.0",
  ]

  init?(_ text: String) {
    switch text {
    case "embeddings": self = .embeddings
    case "word_embeddings": self = .wordEmbeddings
    case "position_embeddings": self = .positionEmbeddings
    case "token_type_embeddings": self = .tokenTypeEmbeddings
    case "encoder": self = .encoder
    default:
      guard text.hasPrefix("layers."), let index = Scalars.integer(String(text.dropFirst(7))),
        index >= 0
      else { return nil }
      self = .layer(index)
    }
  }

  /// Whether it holds the parameter of this path (`embeddings.words`, `encoder.layer.0.…`).
  public func covers(parameter path: String) -> Bool {
    switch self {
    case .embeddings: path.hasPrefix("embeddings.")
    case .wordEmbeddings: path == "embeddings.words"
    case .positionEmbeddings: path == "embeddings.positions"
    case .tokenTypeEmbeddings: path == "embeddings.token_types"
    case .encoder: path.hasPrefix("encoder.")
    case .layer(let index): path.hasPrefix("encoder.layer.\(index).")
    }
  }

  public var description: String {
    switch self {
    case .embeddings: "embeddings"
    case .wordEmbeddings: "word_embeddings"
    case .positionEmbeddings: "position_embeddings"
    case .tokenTypeEmbeddings: "token_type_embeddings"
    case .encoder: "encoder"
    case .layer(let index): "layers.\(index)"
    }
  }

  static let type = OptionType<FrozenGroup>(
    schema: .text(
      words: "one of " + names.joined(separator: ", "),
      pattern: (names.dropLast() + [#"layers\.[0-9]+"#]).joined(separator: "|")),
    words: "parameters to keep as they are", example: "position_embeddings",
    standIn: .embeddings,
    read: { node, key, map in
      if let text = node.scalar, let group = FrozenGroup(text) { return group }
      map.reportWrong(
        node, key, expected: "parameters to keep as they are",
        advice: Spelling.advice(for: node.scalar ?? "", among: names))
      return nil
    }, write: { .text($0.description) })
}
