// The words that were masked.
import RetortOptions
import RetortTensorEngine

/// Cross-entropy with the word that was masked, mean over the masked positions.
/// Source: Devlin et al. 2019 (arXiv 1810.04805), section 3.1.
public struct MaskedLanguage: VocabularyTerm {
  public static let key = "masked_lm"
  public static let title = "masked LM"
  public static let about = "Cross-entropy with the words that were masked."
  public static let batchKinds: Set<BatchKind> = [.maskedText]
  public static let options = OptionList.none(MaskedLanguage())

  public init() {}

  public var positions: TokenPositions { .masked }
  public var readsTeacher: Bool { false }
  public var formula: String { "CE(masked tokens), mean over masked tokens" }

  public func objective(of rows: VocabularyRows) -> any VocabularyObjective {
    MaskedLanguageObjective(labels: rows.labels)
  }
}
