import Foundation

/// The training objective of masked-language stages: a weighted sum of terms, each a mean of its own.
///
///     soft targets   T² · KL(teacher ‖ student) at temperature T, mean over the positions it is taken on
///     masked LM      cross-entropy with the word that was masked, mean over the masked positions
///     cosine         1 - cos(student, teacher) of the last hidden state, mean over all positions
///
/// Pre-training is the same with the masked-LM term alone and no teacher.
/// Source: Sanh et al. 2019 (arXiv 1910.01108), section 3.
public struct DistillationObjective: Sendable, Equatable {
  public struct SoftTargets: Sendable, Equatable {
    public var weight: Double
    public var temperature: Double
    public var positions: Positions
    /// How many of the teacher's logits a row has kept, all others being one outcome: a different loss, under
    /// a name of its own. Nil for the divergence over the whole vocabulary.
    public var keptLogits: Int?

    public init(
      weight: Double, temperature: Double, positions: Positions, keptLogits: Int? = nil
    ) {
      self.weight = weight
      self.temperature = temperature
      self.positions = positions
      self.keptLogits = keptLogits
    }

    var name: String { keptLogits == nil ? "soft_targets" : "soft_targets_top_k" }
  }

  /// Where the student learns the teacher's distribution.
  public enum Positions: String, Sendable, Equatable, CaseIterable { case all, masked }

  /// Nil terms are not computed; a weight of 0 computes and logs a term without training on it.
  public var softTargets: SoftTargets?
  public var maskedLanguage: Double?
  public var cosine: Double?

  public init(softTargets: SoftTargets?, maskedLanguage: Double?, cosine: Double?) {
    self.softTargets = softTargets
    self.maskedLanguage = maskedLanguage
    self.cosine = cosine
  }

  public var needsTeacher: Bool { softTargets != nil || cosine != nil }

  /// Names of the terms, in the order in which they are logged.
  public var termNames: [String] { terms.map(\.name) }

  /// Terms in the order in which they are logged, each with its weight and with what is in its logged value besides
  /// the term itself: T² for soft targets.
  public var weightedTerms: [(name: String, weight: Double, scale: Double)] {
    [
      softTargets.map { ($0.name, $0.weight, $0.temperature * $0.temperature) },
      maskedLanguage.map { ("masked_lm", $0, 1) },
      cosine.map { ("cosine", $0, 1) },
    ].compactMap { $0 }
  }

  var terms: [(name: String, weight: Double)] { weightedTerms.map { ($0.name, $0.weight) } }

  /// The objective as a formula with its numbers.
  public var formula: String {
    let parts = [
      softTargets.map { soft in
        "\(Self.text(soft.weight)) · \(Self.text(soft.temperature))² · KL(teacher ‖ student; "
          + "T = \(Self.text(soft.temperature)), "
          + (soft.keptLogits.map {
            "the teacher's \($0) largest logits and all others as one outcome, "
          } ?? "")
          + "mean over \(soft.positions.rawValue) positions)"
      },
      maskedLanguage.map { "\(Self.text($0)) · CE(masked words)" },
      cosine.map { "\(Self.text($0)) · (1 - cos(student, teacher), last hidden state)" },
    ]
    return "loss = " + parts.compactMap { $0 }.joined(separator: " + ")
  }

  private static func text(_ number: Double) -> String {
    number == number.rounded() ? "\(Int(number))" : "\(number)"
  }
}
