// How far models' answers are from a teacher's.
import RetortDistillation
import RetortEvaluation
import RetortOptions
import RetortText

/// KL(teacher ‖ model) and how often both give the same answer: words of a text, or classes of sentences.
struct TeacherAgreementMeasure: Measure {
  var of: [String]
  var teacher: String
  var on: LogitKind
  var temperature: Double
  var sample: MeasuredSample
  /// Of words; nil for every token of the text as it is.
  var masking: MaskingRule?

  static let kind = "teacher_agreement"
  static let version = 2
  static let title = "agreement with the teacher"
  static let about =
    "KL(teacher ‖ model) in nats, without a factor T², and the share of words or sentences to which both give the same answer."
  static let figureKeys = all.map(\.key)
  private static let divergence = FigureKind.nats("kl", "KL(teacher ‖ model)")
  private static let agreement = FigureKind.share("same_answer", "same answer")
  private static let all = [divergence, agreement]
  static let options = OptionList(
    TeacherAgreementMeasure.init(of:teacher:on:temperature:sample:masking:),
    .measured(\.of), .comparedWith(\.teacher),
    OptionField(
      "on", \.on, .choice,
      "vocabulary: words of the text, by masked-LM heads. classes: the text's sequences, by classifiers."
    ),
    OptionField(
      "temperature", \.temperature, .number(.positive, example: "1.0"), otherwise: 1,
      "What both models' logits are divided by."),
    OptionField(\.sample, MeasuredSample.options),
    OptionField(
      optional: "masking", \.masking, .map(MaskingRule.options),
      "With on: vocabulary: which words are masked, and compared. If not written: every token of the text as it is."
    ))

  var with: String? { teacher }
  var need: ModelNeed { on == .vocabulary ? .maskedLMHead : .classifier }
  var figures: [FigureKind] { Self.all }

  func check(at path: String, _ shapes: MeasuredShapes, in checks: inout DefinitionChecks) {
    if on == .classes, masking != nil {
      checks.report(
        "\(path).masking", "belongs to on: vocabulary, found on: classes", advice: "leave it out")
    }
    if on == .vocabulary, case .task = sample.text {
      checks.report(
        "\(path).text", expected: "a text, with on: vocabulary", found: "a task")
    }
    guard let teacher = shapes.with else { return }
    for (place, model) in shapes.of.enumerated() {
      switch on {
      case .vocabulary:
        guard let own = model.shape.vocabularySize, let wanted = teacher.shape.vocabularySize,
          own != wanted
        else { continue }
        checks.report(
          "\(path).of.\(place)", expected: "\(teacher.name)'s vocabulary of \(wanted)",
          found: "one of \(own)")
      case .classes:
        guard let own = model.shape.classifier, let wanted = teacher.shape.classifier,
          !own.fits(wanted.classes)
        else { continue }
        checks.report(
          "\(path).of.\(place)", expected: "the classes of \(teacher.name), \(wanted.words)",
          found: own.words)
      }
    }
  }

  func conditions(of text: ResolvedText) -> [String] {
    let words =
      masking.map { ["masking: \($0.words)"] } ?? ["every token of the text as it is"]
    return (on == .vocabulary ? words : []) + ["temperature \(PlainNumber.text(temperature))"]
  }

  func run(
    of inputs: [MeasuredInput], in execution: MeasureExecution,
    take: (MeasuredInput, [MeasuredFigure]) throws -> Void
  ) throws {
    guard let with = execution.with else { preconditionFailure("an agreement without a teacher") }
    func figures(_ divergence: Estimate, _ agreement: Estimate) -> [MeasuredFigure] {
      [
        MeasuredFigure(Self.divergence, divergence), MeasuredFigure(Self.agreement, agreement),
      ]
    }
    switch on {
    case .vocabulary:
      let measurement = WordMeasurement(
        text: execution.sequences.source, vocabulary: try execution.vocabulary, masking: masking,
        tokenCounts: masking == nil ? [] : try execution.learnedCounts, seed: sample.seed)
      let teacher = try execution.model(with)
      for input in inputs {
        let estimates = try measurement.estimates(
          of: execution.model(input), teacher: teacher,
          [.divergence(temperature: temperature), .agreement], engine: execution.engine,
          observer: execution.observer)
        try take(input, figures(estimates[0], estimates[1]))
      }
    case .classes:
      let agreement = try ClassAgreement(
        with: execution.classifier(with), on: execution.sequences.source, temperature: temperature,
        engine: execution.engine, observer: execution.observer)
      for input in inputs {
        let (divergence, agreement) = try agreement.estimates(
          of: execution.classifier(input), observer: execution.observer)
        try take(input, figures(divergence, agreement))
      }
    }
  }
}
