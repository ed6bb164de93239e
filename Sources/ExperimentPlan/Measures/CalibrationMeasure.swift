// Whether classifiers are as sure as they are right.
import RetortDistillation
import RetortEvaluation
import RetortOptions

/// The calibration of classifiers on the development set of a task.
struct CalibrationMeasure: Measure {
  var of: [String]
  var labelled: LabelledSample
  var bins: Int

  static let kind = "calibration"
  static let title = "calibration"
  static let about =
    "The expected calibration error of classifiers on a task's development set, with their accuracy and their mean confidence: "
    + "the probability that they give to the class they predict."
  static let figureKeys = all.map(\.key)
  private static let error = FigureKind.share("calibration_error", "expected calibration error")
  private static let accuracy = FigureKind.share("accuracy", "accuracy")
  private static let confidence = FigureKind.share("mean_confidence", "mean confidence")
  private static let all = [error, accuracy, confidence]
  static let options = OptionList(
    CalibrationMeasure.init(of:labelled:bins:),
    .measured(\.of, example: "[sst2, sst2.no_distillation]"),
    OptionField(\.labelled, LabelledSample.options),
    OptionField(
      "bins", \.bins, .integer(atLeast: 1, atMost: 10_000, example: "15"), otherwise: 15,
      "Bins of equal width that the confidences are divided into."))

  var sample: MeasuredSample { labelled.sample }
  var need: ModelNeed { .classifier }
  var figures: [FigureKind] { Self.all }

  func check(at path: String, _ shapes: MeasuredShapes, in checks: inout DefinitionChecks) {
    labelled.check(at: path, in: &checks)
    guard let names = labelled.task.classNames, labelled.task.kind == .classification else {
      return
    }
    for (place, model) in shapes.of.enumerated() {
      guard let own = model.shape.classifier else { continue }
      if !own.fits(names) {
        let wanted = ClassifierShape(classes: names, hiddenSize: own.hiddenSize)
        checks.report(
          "\(path).of.\(place)",
          expected: "a classifier \(wanted.words), as \(labelled.task.name) has",
          found: own.words)
      } else {
        checks.checkOrder(of: own, of: model.name, on: labelled.task, at: "\(path).of.\(place)")
      }
    }
  }

  func conditions(of text: ResolvedText) -> [String] { ["\(bins) bins of equal width"] }

  func run(
    of inputs: [MeasuredInput], in execution: MeasureExecution,
    take: (MeasuredInput, [MeasuredFigure]) throws -> Void
  ) throws {
    let examples = try execution.examples(of: labelled.task, .dev)
    for input in inputs {
      let found = try ClassConfidences(
        of: execution.classifier(input), on: examples, engine: execution.engine,
        observer: execution.observer)
      let (confidences, correct) = (found.confidences, found.correct)
      let ones = correct.map { _ in 1.0 }
      try take(
        input,
        [
          MeasuredFigure(
            Self.error,
            CalibrationError(confidences: confidences, correct: correct, binCount: bins).estimate),
          MeasuredFigure(
            Self.accuracy,
            Estimate(sums: correct.map { $0 ? 1 : 0 }, counts: ones, isShare: true)),
          MeasuredFigure(Self.confidence, Estimate(sums: confidences, counts: ones)),
        ])
    }
  }
}
