// The terms that a definition can name.

public enum LossTerms {
  /// In the order in which they are logged and written.
  public static let all: [any LossTerm.Type] = [
    SoftTargets.self,
    ClassSoftTargets.self,
    MaskedLanguage.self,
    HiddenCosine.self,
    CrossEntropy.self,
    ReverseKL.self,
    LogitMSE.self,
    HiddenMSE.self,
    LabelMSE.self,
  ]

  /// Those that can be taken on a kind of batch; no two of them have the same key.
  public static func types(for kind: BatchKind) -> [any LossTerm.Type] { types(for: [kind]) }

  /// Those that can be taken on one of several kinds of batches.
  public static func types(for kinds: Set<BatchKind>) -> [any LossTerm.Type] {
    all.filter { !$0.batchKinds.isDisjoint(with: kinds) }
  }
}
