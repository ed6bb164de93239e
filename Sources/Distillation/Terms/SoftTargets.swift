// The teacher's softened distribution over the vocabulary.
import RetortOptions
import RetortTensorEngine

/// A divergence of softmax(s/T) from softmax(t/T) over the vocabulary, mean over the positions it is taken on, or over
/// sequences of the mean over each one's positions.
/// Source: Hinton, Vinyals, Dean 2015 (arXiv 1503.02531); Sanh et al. 2019 (arXiv 1910.01108), section 3; others with each
/// divergence in RetortTensorEngine.
public struct SoftTargets: VocabularyTerm, SoftTargetTerm {
  public static let key = "soft_targets"
  public static let title = "soft targets"
  public static let about =
    "The divergence of the student's softened distribution from the teacher's."
  public static let batchKinds: Set<BatchKind> = [.maskedText, .text]
  public static let on: LogitKind? = .vocabulary
  public static let statedInList: Set<String> = ["average", "divergence", "scale"]
  public static let options = OptionList(
    {
      SoftTargets(
        SoftTargetSettings($3, temperature: $0, scale: $4, targets: $5), positions: $1,
        average: $2, keptLogits: $6)
    },
    OptionField.temperature(\.settings.temperature),
    OptionField.positions(\.positions),
    OptionField(
      "average", \.average, .averageOfPositions, otherwise: .tokens,
      "tokens: every position counts the same; sequences: every sequence that has such a position does, whatever "
        + "its length. Over classes a sentence has one row of logits: sequences."),
    OptionField.divergence(\.settings.divergence),
    OptionField.scale(\.settings.scale),
    OptionField.targets(\.settings.targets),
    OptionField(
      optional: "kept_logits", \.keptLogits, .integer(atLeast: 1, example: "64"),
      "Compare the teacher's k largest logits alone, and all other words as one outcome: what a store of "
        + "top-k logits can teach. With forward_kl. Left out, every word is an outcome.")
  ).checked { $0.check(in: $1) }

  public var settings: SoftTargetSettings
  public var positions: TokenPositions
  /// `tokens` or `sequences`.
  public var average: TermAverage
  /// How many of the teacher's logits are compared, all others being one outcome. Nil for the divergence over the whole
  /// vocabulary.
  public private(set) var keptLogits: Int?
  /// Where it is a store of kept logits that makes another loss of it than the definition says, a name of its own.
  public private(set) var name = SoftTargets.key

  /// - Parameter keptLogits: for soft targets and forward KL alone.
  public init(
    _ settings: SoftTargetSettings, positions: TokenPositions, average: TermAverage = .tokens,
    keptLogits: Int? = nil
  ) {
    precondition(
      average == .tokens || average == .sequences, "logits of positions are averaged by \(average)")
    self.settings = settings
    self.positions = positions
    self.average = average
    self.keptLogits = keptLogits
  }

  /// Those of DistilBERT.
  public init(temperature: Double, positions: TokenPositions) {
    self.init(SoftTargetSettings(temperature: temperature), positions: positions)
  }

  private func check(in map: MapReader) {
    settings.check(in: map)
    if let temperature = settings.temperature.bySentence {
      settings.report(
        "temperature", expected: "a number, linear or steps over a vocabulary",
        found: temperature.key, "temperatures of single sentences go with on: classes", map)
    }
    if let keptLogits, !settings.leavesOutEntropy {
      settings.report(
        "kept_logits", expected: "no such key", found: "\(keptLogits)",
        "kept logits go with forward_kl and soft targets", map)
    }
    if settings.divergence.kind.needsLabels, positions != .masked {
      settings.report(
        "positions", expected: "masked", found: positions.rawValue,
        "\(settings.divergence.key) needs the word that was masked", map)
    }
    // A gradient would need all rows of a micro-batch twice through the decoder, which is the most costly product of a
    // distillation, for correlations of words of which most are all but impossible in every row.
    if let number = settings.divergence.kind.couplingNumber {
      settings.report(
        "divergence.\(settings.divergence.key).\(number)", expected: "0 over a vocabulary",
        found: "a weight",
        "rows of a vocabulary are computed a few at a time and never together; classes have it", map
      )
    }
  }

  public func keeping(logits count: Int) -> SoftTargets? {
    // The largest is all that hard targets need.
    if settings.targets == .hard { return self }
    // A log-normaliser is of one temperature.
    guard settings.leavesOutEntropy, settings.temperature.constant != nil else { return nil }
    if let keptLogits { return keptLogits <= count ? self : nil }
    var term = self
    term.keptLogits = count
    term.name = "soft_targets_top_k"
    return term
  }

  public var temperatureOfKeptLogits: Double? {
    settings.leavesOutEntropy ? settings.temperature.constant : nil
  }

  public var readsTeacher: Bool { true }

  public var formula: String {
    settings.formula
      + (keptLogits.map { ", the teacher's \($0) largest logits and all others as one outcome" }
        ?? "") + ", mean over \(rows.words)"
  }

  public func objective(of rows: VocabularyRows) -> any VocabularyObjective {
    if let kept = kept(of: rows) {
      return TopKSoftTargetObjective(
        teacher: kept, temperature: settings.settledTemperature, scale: settings.scale)
    }
    if settings.targets == .hard, let teacher = rows.teacherLogits {
      return HardTargetObjective(settings.loss, teacher: teacher)
    }
    return SoftTargetObjective(settings.loss, labels: rows.labels)
  }

  /// Where the logits come from if not all of them are compared.
  private func kept(of rows: VocabularyRows) -> KeptLogits? {
    keptLogits.map { k in rows.teacherLogits.map { .stored($0, k: k) } ?? .largest(k: k) }
  }

  /// What the divergence leaves out of the cross-entropy between the two.
  public func measurements(of rows: VocabularyRows) -> [String: any VocabularyObjective] {
    guard settings.leavesOutEntropy else { return [:] }
    return [
      TeacherEntropyObjective.name: TeacherEntropyObjective(
        temperature: settings.settledTemperature, kept: kept(of: rows))
    ]
  }

  public func problems(student: ModelDimensions, teacher: ModelDimensions) -> [TermProblem] {
    guard let keptLogits, let words = student.vocabularySize, keptLogits >= words else { return [] }
    return [
      TermProblem(
        key: "kept_logits", expected: "fewer than the vocabulary's \(words) words",
        found: "\(keptLogits)", advice: "leave it out to compare all of them")
    ]
  }
}

extension OptionField where Value == TokenPositions {
  /// The option `positions` of a term on logits.
  public static func positions(
    _ path: any KeyPath<Root, TokenPositions> & Sendable
  ) -> OptionField {
    OptionField(
      "positions", path, .choice,
      "Positions at which logits are compared: all tokens, or only the masked ones."
    )
  }
}
