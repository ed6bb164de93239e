// The `hypothesis:` of a definition: what is expected, and the claims that decide it.
import RetortOptions
import RetortRecords

/// What an experiment is expected to show. No stage's result depends on it.
struct HypothesisDefinition: Sendable, Equatable {
  var text: String
  var claims: [HypothesisClaim]

  static let key = "hypothesis"

  private static let options = OptionList(
    HypothesisDefinition.init(text:claims:),
    OptionField(
      "text", \.text,
      .text(example: "The distilled student keeps more of the teacher than a random one."),
      "What is expected, in a sentence or a few; printed above the results."
    ),
    OptionField(
      "claims", \.claims,
      .list(
        of: HypothesisClaim.type, ListRule(least: 1),
        words: "a list of maps, each with of, a bound, and measure or task",
        tooFew: "a list of at least one claim"),
      "What has to hold. A claim holds if its whole 95 % interval is on the claimed side of the bound, is refuted if the "
        + "whole interval is on the other side, and is undecided otherwise. The hypothesis is confirmed if every claim holds, "
        + "refuted if one is refuted, and else undecided. Runs that differ in seeds alone are decided together: of a task "
        + "by the interval of their mean difference, of any other figure by an interval that spans those of all runs. "
        + "Before all of them are in, a claim is undecided."
    ))

  private static let type = OptionType<HypothesisDefinition>.map(options)

  /// The key of the definition.
  static let field = OptionField<ResolvedDefinition, HypothesisDefinition?>(
    optional: key, \.hypothesis, type,
    "What the experiment is expected to show, written and committed before it is run. The page prints it above the results "
      + "and says whether it is confirmed, refuted or undecided.")

  /// As it is written, for a digest.
  var canonicalText: String { CanonicalText.write(Self.type.write(self), sorted: false) }

  // MARK: Points of a sweep

  /// Leaves in a definition's tree what is claimed at one point of its sweep.
  /// - Parameters:
  ///   - point: whose definition it is; an ablation has no claims.
  static func narrow(_ tree: inout DefinitionNode, to point: RunRecord.Variant) {
    guard var hypothesis = tree[key], let claims = hypothesis["claims"], let items = claims.items
    else { return }
    let left = items.compactMap { item -> DefinitionNode? in
      let settings = (item[HypothesisClaim.settingsKey]?.entries ?? []).map {
        HypothesisClaim.setting($0)
      }
      guard point.ablation == nil, settings.allSatisfy(point.settings.contains) else { return nil }
      var item = item
      item[HypothesisClaim.settingsKey] = nil
      return item
    }
    hypothesis["claims"] = DefinitionNode(content: .list(left), origin: claims.origin)
    tree[key] = left.isEmpty ? nil : hypothesis
  }
}
