// Which tokens of a masked-language stage are predicted, and what stands in their place.
import RetortOptions

/// Masked-language-model masking. Source: DistilBERT's `distiller.py`.
public struct MaskingOptions: Sendable, Equatable {
  /// Share of a batch's tokens that are predicted.
  public var probability: Double
  /// A token of count c is drawn with weight max(c, 1)^-smoothing; 0 draws uniformly.
  public var smoothing: Double
  /// Of the tokens drawn: share replaced by [MASK], left as they are, replaced at random. Sum 1.
  public var mask: Double
  public var keep: Double
  public var random: Double

  static let options = OptionList(
    MaskingOptions.init(probability:smoothing:mask:keep:random:),
    OptionField(
      "probability", \.probability, .number(.positiveFraction, example: "0.15"),
      "Share of a batch's tokens that are predicted."),
    OptionField(
      "smoothing", \.smoothing, .number(.notNegative, example: "0.7"),
      "A token that occurs c times is drawn with weight max(c, 1)^-smoothing; 0 draws uniformly."),
    OptionField(
      "mask", \.mask, .number(.fraction, example: "0.8"),
      "Share of the drawn tokens that [MASK] replaces."),
    OptionField(
      "keep", \.keep, .number(.fraction, example: "0.1"),
      "Share of the drawn tokens that stay as they are."),
    OptionField(
      "random", \.random, .number(.fraction, example: "0.1"),
      "Share of the drawn tokens that a random token replaces.")
  ).checked { masking, map in
    let sum = masking.mask + masking.keep + masking.random
    if abs(sum - 1) > 1e-6 {
      map.collector.report(
        Diagnostic(
          map.node.origin, "\(map.path): mask + keep + random", expected: "a sum of 1",
          found: FilledValues.text(sum)), at: map.path)
    }
  }
}
