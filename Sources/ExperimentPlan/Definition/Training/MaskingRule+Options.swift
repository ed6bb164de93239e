// Which tokens of a masked-language stage are predicted, and what stands in their place.
import RetortOptions
import RetortText

extension MaskingRule {
  static let options = OptionList(
    MaskingRule.init(probability:smoothing:mask:keep:random:),
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
  ).checked(["mask", "keep", "random"]) { masking, map in
    if !masking.isComplete {
      map.collector.report(
        Diagnostic(
          map.node.origin, "\(map.path): mask + keep + random", expected: "a sum of 1",
          found: FilledValues.text(masking.mask + masking.keep + masking.random)), at: map.path)
    }
  }

  private enum Absence: String, CaseIterable, Sendable { case none }

  /// A rule, or `none`.
  static let typeOrNone: OptionType<MaskingRule?> = {
    let (rule, none) = (OptionType<MaskingRule>.map(options), OptionType<Absence>.choice)
    return OptionType(
      schema: .any([rule.schema, none.schema]),
      words: "{\(options.descriptions.map(\.key).joined(separator: ", "))}, or none",
      example: rule.example, standIn: .some(nil),
      read: { node, key, map in
        node.entries == nil
          ? none.read(node, key, map).map { _ in MaskingRule?.none }
          : rule.read(node, key, map).map { MaskingRule?.some($0) }
      },
      write: { $0.map(rule.write) ?? none.write(.none) })
  }()

  /// In words, for an explanation.
  var words: String {
    let weights = smoothing == 0 ? "all alike" : "by count^-\(PlainNumber.text(smoothing))"
    return "\(PlainNumber.percent(probability)) of a batch's tokens, drawn \(weights); "
      + "\(PlainNumber.percent(mask)) [MASK], \(PlainNumber.percent(keep)) kept, "
      + "\(PlainNumber.percent(random)) random"
  }
}
