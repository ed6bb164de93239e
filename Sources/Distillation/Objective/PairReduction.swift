// How the values of several pairs of layers become one.
import RetortOptions

/// How the values of several pairs of layers become one: the key `over_pairs` of a term.
public enum PairReduction: String, Sendable, CaseIterable {
  case sum, mean

  /// What each pair's value is multiplied by.
  func factor(of count: Int) -> Double { self == .sum ? 1 : 1 / Double(count) }

  /// In a formula, after the pairs. Of one pair nothing is said.
  static func words(_ reduction: PairReduction?, ofSeveral: Bool) -> String {
    guard ofSeveral, let reduction else { return "" }
    return ", \(reduction.rawValue) over pairs"
  }
}

extension PairReduction {
  private static let key = "over_pairs"

  static func option<Root>(
    _ path: any KeyPath<Root, PairReduction?> & Sendable
  ) -> OptionField<Root, PairReduction?> {
    OptionField(
      optional: key, path, .choice,
      "How the values of several pairs become one; required where there may be more than one pair.")
  }

  /// What stands for the key: a term that `check` refuses is never used, but must be one.
  static func read(_ written: PairReduction?, ofSeveral: Bool) -> PairReduction? {
    written ?? (ofSeveral ? .sum : nil)
  }

  /// Reports that several pairs are neither summed nor averaged.
  static func check(ofSeveral: Bool, _ map: MapReader) {
    guard ofSeveral, !map.has(key) else { return }
    map.reportMissing(
      key, expected: "sum or mean",
      advice: "TinyBERT and TextBrewer sum over pairs of layers; PKD's code takes the mean")
  }
}
