// How well models guess masked words of a text.
import RetortDistillation
import RetortOptions
import RetortText

/// The masked-LM loss per masked word, on the same words for every model; and the loss of a guess by word frequency alone, the
/// unigram floor.
struct MaskedLMMeasure: Measure {
  var of: [String]
  var sample: MeasuredSample
  /// Nil for that of the stage that holds the text out.
  var masking: MaskingRule?
  /// Temperatures at which the entropy of a model's guesses is measured too.
  var entropyTemperatures: [Double]

  static let kind = "masked_lm"
  static let title = "masked-LM loss"
  static let about =
    "The masked-LM loss per masked word in nats, on the same masked words for every model. The unigram floor of the text "
    + "is the loss of a guess by word frequency alone."
  static let figureKeys = [loss.key, "entropy_at_T"]
  static let loss = FigureKind.nats("loss", "masked-LM loss")
  static let options = OptionList(
    MaskedLMMeasure.init(of:sample:masking:entropyTemperatures:),
    .measured(\.of), OptionField(\.sample, MeasuredSample.options),
    OptionField(
      optional: "masking", \.masking, .map(MaskingRule.options),
      "Which words are masked. If not written: as the stage does that holds the text out. Words are drawn by how often they occur in "
        + "the text that was learned."),
    OptionField(
      "entropy_at", \.entropyTemperatures,
      .list(
        of: .number(.positive, example: "2.0"), ListRule(isDistinct: true, oneAlone: true),
        standIn: []), otherwise: [],
      "Temperatures at which the entropy of the models' own distributions is measured too: how much soft targets could say."
    ))

  var need: ModelNeed { .maskedLMHead }
  var figures: [FigureKind] {
    [Self.loss]
      + entropyTemperatures.map {
        let temperature = PlainNumber.text($0)
        return .nats("entropy_at_\(temperature)", "entropy at T = \(temperature)")
      }
  }

  func check(at path: String, _ shapes: MeasuredShapes, in checks: inout DefinitionChecks) {
    if case .task = sample.text {
      checks.report("\(path).text", expected: "a text, whose words are masked", found: "a task")
    }
    guard masking == nil, let stage = checks.definition.stage(holdingOut: sample.text) else {
      if masking == nil, checks.definition.resolved(sample) != nil {
        checks.report(
          path, "has no 'masking'",
          expected: "which words are masked, as in masking: \(MaskingRule.example)")
      }
      return
    }
    if stage.work.corpus?.masking == nil {
      checks.report(
        path, "has no 'masking', and neither has stages.\(stage.id)",
        expected: "which words are masked, as in masking: \(MaskingRule.example)")
    }
  }

  func conditions(of text: ResolvedText) -> [String] {
    ["masking: \(rule(text).words)"]
  }

  private func rule(_ text: ResolvedText) -> MaskingRule {
    guard let rule = masking ?? text.masking else {
      preconditionFailure("a measure of masked words was checked to have a masking")
    }
    return rule
  }

  private func measurement(in execution: MeasureExecution) throws -> WordMeasurement {
    WordMeasurement(
      text: execution.sequences.source, vocabulary: try execution.vocabulary,
      masking: rule(execution.text), tokenCounts: try execution.learnedCounts, seed: sample.seed)
  }

  func figuresOfText(in execution: MeasureExecution) throws -> [MeasuredFigure] {
    let floor = try measurement(in: execution).unigramFloor(observer: execution.observer)
    return [MeasuredFigure(ofText: "unigram floor", floor)]
  }

  func run(
    of inputs: [MeasuredInput], in execution: MeasureExecution,
    take: (MeasuredInput, [MeasuredFigure]) throws -> Void
  ) throws {
    let taken = [WordFigure.loss] + entropyTemperatures.map { .entropy(temperature: $0) }
    let measurement = try measurement(in: execution)
    for input in inputs {
      let estimates = try measurement.estimates(
        of: execution.model(input), taken, engine: execution.engine,
        observer: execution.observer)
      try take(input, zip(figures, estimates).map { MeasuredFigure($0, $1) })
    }
  }
}

extension MaskingRule {
  fileprivate static var example: String { options.example }
}
