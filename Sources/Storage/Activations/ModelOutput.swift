// What of a model's computation can be stored.

/// One thing that a model computes, and the path of its column: what people write to ask for it.
public enum ModelOutput: Hashable, Sendable, CustomStringConvertible {
  /// `hidden/<layer>` [T, C]: `last`, or a number as transformers has it.
  case hiddenState(String)
  /// `projections/<block>/<query, key or value>` [T, C], before they are divided into heads. Blocks count from 0.
  case projection(String, block: Int)
  /// `pooled/<mean or first>` [N, C]: the last hidden states of a sequence as one vector, not normalised.
  case pooled(String)
  /// `classes` [N, K]: logits of the classification head.
  case classLogits

  public static let lastLayer = "last"
  static let projections = ["query", "key", "value"]
  static let poolings = ["mean", "first"]

  /// - Returns: nil for a path that is none of these.
  public init?(path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    switch (parts.first, parts.count) {
    case ("hidden", 2) where parts[1] == Self.lastLayer || Self.number(parts[1]) != nil:
      self = .hiddenState(parts[1])
    case ("projections", 3) where Self.projections.contains(parts[2]):
      guard let block = Self.number(parts[1]) else { return nil }
      self = .projection(parts[2], block: block)
    case ("pooled", 2) where Self.poolings.contains(parts[1]): self = .pooled(parts[1])
    case ("classes", 1): self = .classLogits
    default: return nil
    }
  }

  /// Below the model's group.
  public var path: String {
    switch self {
    case .hiddenState(let layer): "hidden/\(layer)"
    case .projection(let name, let block): "projections/\(block)/\(name)"
    case .pooled(let pooling): "pooled/\(pooling)"
    case .classLogits: "classes"
    }
  }

  public var description: String { path }

  /// Whether it has a row a token, or one a sequence.
  public var isOfTokens: Bool {
    switch self {
    case .hiddenState, .projection: true
    case .pooled, .classLogits: false
    }
  }

  /// Where its column stands among a model's: lists are compared number by number.
  var place: [Int] {
    switch self {
    case .hiddenState(let layer): [0, Int(layer) ?? .max]
    case .projection(let name, let block):
      [1, block, Self.projections.firstIndex(of: name) ?? 0]
    case .pooled(let pooling): [2, Self.poolings.firstIndex(of: pooling) ?? 0]
    case .classLogits: [3]
    }
  }

  /// Written without a sign or zeros before it, so that one number has one path.
  private static func number(_ text: String) -> Int? {
    guard let value = Int(text), value >= 0, String(value) == text else { return nil }
    return value
  }
}
