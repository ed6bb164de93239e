// What a linear classifier reads from models' frozen sentence vectors.
import RetortDistillation
import RetortOptions

/// Logistic regression on frozen sentence vectors: learned on a task's training set, its accuracy on the development set.
struct LinearProbeMeasure: Measure {
  var of: [String]
  var labelled: LabelledSample
  var pooling: SentencePooling
  /// C of the penalty.
  var inversePenalty: Double

  static let kind = "linear_probe"
  static let title = "linear probe"
  static let about =
    "The accuracy on a task's development set of logistic regression on a model's frozen sentence vectors, fitted to its optimum "
    + "on the training set."
  static let figureKeys = [accuracy.key]
  private static let accuracy = FigureKind.share("accuracy", "accuracy of the probe")
  static let options = OptionList(
    { LinearProbeMeasure(of: $0, labelled: $1, pooling: $2, inversePenalty: $3) },
    .measured(\.of), OptionField(\.labelled, LabelledSample.options),
    OptionField(\.pooling, SentencePooling.options),
    OptionField(
      "inverse_penalty", \.inversePenalty, .number(.positive, example: "1.0"), otherwise: 1,
      "C: what is minimised is C times the sum of the examples' losses, plus half the sum of the squared weights. Biases have no penalty."
    ))

  var sample: MeasuredSample { labelled.sample }
  var need: ModelNeed { .encoder }
  var figures: [FigureKind] { [Self.accuracy] }

  func check(at path: String, _ shapes: MeasuredShapes, in checks: inout DefinitionChecks) {
    labelled.check(at: path, in: &checks)
  }

  func conditions(of text: ResolvedText) -> [String] {
    [
      "learned on \(labelled.task.name) train", pooling.words,
      "inverse penalty \(PlainNumber.text(inversePenalty))",
    ]
  }

  func digests(of text: ResolvedText, in data: PreparedData) throws -> [String] {
    [try data.task(labelled.task).train.digest]
  }

  func tokenCount(
    of sequences: MeasuredSequences, _ text: ResolvedText, in data: PreparedData
  ) throws -> Int {
    let training = try data.sequences(
      of: labelled.task, .train, maximumLength: text.sequenceLength)
    return sequences.tokenCount + training.sequences.tokenCount
  }

  func run(
    of inputs: [MeasuredInput], in execution: MeasureExecution,
    take: (MeasuredInput, [MeasuredFigure]) throws -> Void
  ) throws {
    let training = try execution.examples(of: labelled.task, .train)
    let testing = try execution.examples(of: labelled.task, .dev)
    let probe = LinearProbe(pooling, inversePenalty: inversePenalty)
    for input in inputs {
      let accuracy = try probe.accuracy(
        of: execution.model(input), training: training, testing: testing,
        classCount: execution.classNames(of: labelled.task).count, engine: execution.engine,
        observer: execution.observer)
      try take(input, [MeasuredFigure(Self.accuracy, accuracy)])
    }
  }
}
