// `retort submit`: the test sets of GLUE predicted, in the zip that its server takes.
import ArgumentParser
import RetortDistillation
import RetortExperimentPlan
import RetortFormatting
import RetortStorage
import RetortText

struct SubmitVerb: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "submit",
    abstract: "Predict GLUE's test sets and write the zip that its server takes.",
    discussion: """
      A run stands for its own fine-tunings, without those of baselines; the stage of a run that is named itself, as in \
      Runs/x#sst2, is taken for its task whatever runs are named. Each task of GLUE needs one stage. The model of MNLI \
      answers MNLI-m, MNLI-mm and AX. Texts are cut as in training. A task without a stage is an error unless \
      --fill-missing says what to write for it.
      """)

  @Argument(help: ArgumentHelp("Runs, or stages of runs as in Runs/x#sst2.", valueName: "run"))
  var runs: [String]

  @Option(help: ArgumentHelp("The zip file to write.", valueName: "file"))
  var out: String

  @Option(
    help: ArgumentHelp(
      "Take only the stages of the runs that fine-tuned this model or stage of the definition.",
      valueName: "name"))
  var of: String?

  @Option(
    help: ArgumentHelp(
      "What to write for tasks that no stage was fine-tuned on. majority: the largest class of the training set, of STS-B "
        + "the mean; the task's train.tsv must be there.", valueName: "majority"))
  var fillMissing: SubmissionPlan.Filling?

  @Flag(
    help:
      "Write the zip even where a test set has other than GLUE's number of examples; its server refuses such a zip."
  )
  var allowIncomplete = false

  @OptionGroup var replacing: ReplacingOptions

  @OptionGroup var computing: ComputingOptions

  func run() throws {
    try OutputFile.check([out], .any, reading: runs, option: "--out")
    try replacing.check(out, option: "--out")
    let plan = try SubmissionPlan(
      runs, of: of, filling: fillMissing, allowsIncomplete: allowIncomplete, in: Locations())
    for remark in plan.remarks { Console.shared.write(line: remark) }
    let engine = computing.makeEngine()
    defer { Console.shared.endStatus() }
    var members: [ZipArchive.Member] = []
    var rows: [[String]] = []
    var loaded: (path: String, classifier: Classifier)?
    for part in plan.parts {
      let text: String
      let count: Int
      let source: String
      switch part.answers {
      case .constant(let answer, let examples, let reason):
        text = GLUESubmission.text(answers: Array(repeating: answer, count: examples))
        (count, source) = (examples, "no model: always \(answer), \(reason)")
      case .model(let model, let examples):
        let classifier: Classifier
        if let loaded, loaded.path == model.path {
          classifier = loaded.classifier
        } else {
          classifier = try Classifier(StoredModel(path: model.path), engine: engine)
          loaded = (model.path, classifier)
        }
        let result = try answers(of: classifier, model, to: examples, part.file)
        text = GLUESubmission.text(of: result, for: part.file.task)
        (count, source) = (examples.count, "\(model.stage)")
      }
      members.append(.init(name: part.file.name, bytes: Array(text.utf8)))
      rows.append([part.file.name, count.grouped, source])
    }
    try ZipArchive.write(members, path: out)
    Console.shared.endStatus()
    let table = TextTable(
      header: ["file", "examples", "answers of"], rows: rows, rightAligned: [1])
    try StandardOutput.shared.write(line: table.text(width: StandardOutput.shared.width))
    Console.shared.write(line: "\(out): \(members.count) files")
  }

  /// Examples that are in memory as tokens together.
  private static let windowCount = 8192

  private func answers(
    of classifier: Classifier, _ model: SubmissionPlan.Model, to examples: LabelledSentences,
    _ file: GLUESubmission.File
  ) throws -> ClassificationResult {
    var answers = ClassificationResult(
      loss: .nan, correct: classifier.isRegression ? nil : 0, predictions: [], logits: [])
    for start in stride(from: 0, to: examples.count, by: Self.windowCount) {
      let window = start..<min(start + Self.windowCount, examples.count)
      let sequences = TokenSequences(
        Array(examples.sentences[window]),
        pairedWith: examples.secondSentences.map { Array($0[window]) },
        tokenizer: classifier.tokenizer,
        maximumLength: min(model.sequenceLength, classifier.maximumLength),
        threads: computing.threadCount)
      let result: ClassificationResult
      do throws(EvaluationError) {
        result = try classifier.answers(to: sequences)
      } catch {
        throw CommandFailure("\(model.stage), \(file.name): \(error.counted(from: start))")
      }
      answers.predictions += result.predictions
      answers.logits += result.logits
      Console.shared.show(
        status: "\(file.name)  \(window.upperBound.grouped) of \(examples.count.grouped)")
    }
    return answers
  }
}

extension SubmissionPlan.Filling: ExpressibleByArgument {}
