// The text a stage learns from, and how it is cut and masked.
import RetortOptions
import RetortText

public struct CorpusOptions: Sendable, Equatable {
  public var texts: [CorpusSource]
  /// Shorter sequences are left out ([CLS] and [SEP] counted).
  public var minimumLength: Int
  /// Sequences with a larger share of unknown tokens are left out.
  public var maximumUnknown: Double
  public var masking: MaskingRule

  static let options = OptionList(
    CorpusOptions.init(texts:minimumLength:maximumUnknown:masking:),
    OptionField(
      "corpus", \.texts, CorpusSource.references.ofContents,
      "The texts, one paragraph a line: names of `corpora:`, known corpora, or paths."),
    OptionField(
      "minimum_length", \.minimumLength, .integer(atLeast: 3, example: "12"),
      "Shorter sequences are left out; in tokens, [CLS] and [SEP] counted."),
    OptionField(
      "maximum_unknown", \.maximumUnknown, .number(.fraction, example: "0.5"),
      "Sequences with a larger share of unknown tokens are left out."),
    OptionField(
      "masking", \.masking, .map(MaskingRule.options), "Which tokens are predicted."))

  /// Its texts in one name.
  var name: String { texts.map(\.name).joined(separator: " + ") }

  /// In words, for an explanation.
  var details: [String] {
    let weights =
      masking.smoothing == 0 ? "all alike" : "by count^-\(PlainNumber.text(masking.smoothing))"
    return [
      "text: \(texts.map(\.name).joined(separator: ", ")); sequences of at least "
        + "\(minimumLength) tokens, at most \(PlainNumber.percent(maximumUnknown)) "
        + "of them unknown",
      "masking: \(PlainNumber.percent(masking.probability)) of a batch's tokens, drawn \(weights); "
        + "\(PlainNumber.percent(masking.mask)) [MASK], \(PlainNumber.percent(masking.keep)) kept, "
        + "\(PlainNumber.percent(masking.random)) random",
    ]
  }
}
