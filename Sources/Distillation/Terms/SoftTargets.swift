// The teacher's softened distribution over the vocabulary.
import RetortOptions
import RetortTensorEngine

/// T² · KL( softmax(t/T) ‖ softmax(s/T) ) over the vocabulary, mean over the positions it is taken on.
/// Source: Hinton, Vinyals, Dean 2015 (arXiv 1503.02531); Sanh et al. 2019 (arXiv 1910.01108), section 3.
public struct SoftTargets: VocabularyTerm {
  public static let key = "soft_targets"
  public static let title = "soft targets"
  public static let about =
    "The divergence of the student's softened distribution from the teacher's."
  public static let batchKinds: Set<BatchKind> = [.maskedText]
  public static let options = OptionList(
    { SoftTargets(temperature: $0, positions: $1) },
    OptionField("temperature", \.temperature, .temperature, OptionType.temperatureAbout),
    OptionField.positions(\.positions))

  /// Both models' logits are divided by it.
  public var temperature: Double
  public var positions: TokenPositions
  /// How many of the teacher's logits a row has kept, all others being one outcome: a different loss, under
  /// a name of its own. Nil for the divergence over the whole vocabulary.
  public private(set) var keptLogits: Int?

  public init(temperature: Double, positions: TokenPositions) {
    precondition(temperature > 0, "a temperature must be positive")
    (self.temperature, self.positions) = (temperature, positions)
  }

  public func keeping(logits count: Int) -> SoftTargets? {
    var term = self
    term.keptLogits = count
    return term
  }

  public var temperatureOfKeptLogits: Double? { temperature }

  public var name: String { keptLogits == nil ? Self.key : "soft_targets_top_k" }
  public var readsTeacher: Bool { true }
  public var scale: ValueScale? { .squareOfTemperature(temperature) }

  public var formula: String {
    SoftTargetFormula.text(temperature)
      + (keptLogits.map { ", the teacher's \($0) largest logits and all others as one outcome" }
        ?? "") + ", mean over \(rows.words)"
  }

  public func objective(of rows: VocabularyRows, gradientScale: Double) -> any VocabularyObjective {
    guard keptLogits != nil, let kept = rows.teacherLogits else {
      return SoftTargetObjective(temperature: Float(temperature), gradientScale: gradientScale)
    }
    return TopKSoftTargetObjective(
      teacher: kept, temperature: temperature, gradientScale: gradientScale)
  }

  /// What the divergence leaves out of the cross-entropy between the two.
  public func measurements(of rows: VocabularyRows) -> [String: any VocabularyObjective] {
    [
      TeacherEntropyObjective.name: TeacherEntropyObjective(
        temperature: temperature, kept: keptLogits == nil ? nil : rows.teacherLogits)
    ]
  }
}

extension ValueScale {
  /// T², of a term whose logits are divided by T.
  public static func squareOfTemperature(_ temperature: Double) -> ValueScale {
    ValueScale(option: "temperature", value: temperature, factor: temperature * temperature)
  }
}

/// The formula that all soft targets share.
enum SoftTargetFormula {
  static func text(_ temperature: Double) -> String {
    let t = PlainNumber.text(temperature)
    return "\(t)² · KL(softmax(teacher / \(t)) ‖ softmax(student / \(t)))"
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

extension OptionType where Value == Double {
  /// A temperature: above 0.
  public static var temperature: OptionType {
    .number(
      .positive, advice: "logits are divided by it; 1 means no softening; DistilBERT uses 2",
      example: "2.0")
  }

  /// What a term's reference says of its temperature.
  public static var temperatureAbout: String {
    "T: both models' logits are divided by it, and the loss multiplied by T²."
  }
}
