// The terms that a definition can name.

public enum LossTerms {
  /// In the order in which they are logged and written.
  public static let all: [any LossTerm.Type] = [
    SoftTargets.self,
    ClassSoftTargets.self,
    MaskedLanguage.self,
    HiddenCosine.self,
    CrossEntropy.self,
    Hidden.self,
    Sentence.self,
    Gram.self,
    LabelMSE.self,
    AttentionMaps.self,
    AttentionRelations.self,
  ]

  /// Keys that terms had, with what is written in their place.
  public static let replaced: [String: (problem: String, advice: String)] = [
    "hidden_mse": (
      "is a key of an earlier version",
      "write hidden: { compare: mse, states: [[TEACHER, STUDENT], …], over_pairs: sum, positions: all, average: tokens, … } with a "
        + "projection where the hidden sizes differ"
    ),
    "reverse_kl": (
      "is a key of an earlier version", "write soft_targets with divergence: reverse_kl"
    ),
    "logit_mse": (
      "is a key of an earlier version", "write soft_targets with divergence: logit_mse"
    ),
  ]

  /// Those that can be taken on a kind of batch. Two of them with the same key differ by `on`.
  public static func types(for kind: BatchKind) -> [any LossTerm.Type] { types(for: [kind]) }

  /// Those that can be taken on one of several kinds of batches.
  public static func types(for kinds: Set<BatchKind>) -> [any LossTerm.Type] {
    all.filter { !$0.batchKinds.isDisjoint(with: kinds) }
  }
}
