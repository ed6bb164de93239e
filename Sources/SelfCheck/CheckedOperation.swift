/// What is checked, in the order of dependence: what comes later is made of what came before.
///
/// Raw values are the names in the golden table.
public enum CheckedOperation: String, Sendable, CaseIterable {
  case linear
  case gelu = "GELU"
  case tanh
  case relu = "ReLU"
  case layerNorm = "layer norm"
  case residualLayerNorm = "layer norm of a sum with dropout"
  case attention
  case attentionWithDropout = "attention with dropout"
  case attentionOfFirstRows = "attention of first rows"
  case embedding
  case selectedRows = "selected rows"
  case dropout
  case dropoutMasks = "dropout masks"
  case crossEntropy = "cross entropy"
  case maskedLanguage = "masked language objective"
  case softTargets = "soft target objective"
  case topSoftTargets = "top-k soft target objective"
  case cosine
  case gradientNorm = "gradient norm"
  case adamW = "AdamW"
  case bertClassification = "BERT, classification"
  case bertMaskedLanguage = "BERT, masked language"
  case distilBertClassification = "DistilBERT, classification"
  case distillation = "DistilBERT, distilled from BERT"

  /// Whether it is a whole model, made of the single operations.
  public var isModel: Bool {
    switch self {
    case .bertClassification, .bertMaskedLanguage, .distilBertClassification, .distillation: true
    default: false
    }
  }

  /// What its check is computed with: where one of these is wrong, nothing can be said of it.
  public var restsOn: Set<CheckedOperation> {
    switch self {
    case .gelu, .gradientNorm: [.linear]
    case .adamW: [.linear, .gradientNorm]
    default: isModel ? Set(Self.allCases.filter { !$0.isModel }) : []
    }
  }

  /// Whether its numbers go through OpenBLAS besides kernels of our own.
  public var multipliesMatrices: Bool {
    switch self {
    case .linear, .attention, .attentionWithDropout, .attentionOfFirstRows, .maskedLanguage,
      .softTargets, .topSoftTargets:
      true
    default: isModel
    }
  }
}
