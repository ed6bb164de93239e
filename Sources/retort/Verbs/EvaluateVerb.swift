// `retort evaluate`: a model evaluated on a task's sentences.
import ArgumentParser
import RetortDistillation
import RetortEvaluation
import RetortExperimentPlan
import RetortFiles
import RetortFormatting
import RetortOptions
import RetortReporting
import RetortStrictJSON
import RetortTables
import RetortText
import RetortTransformers

struct EvaluateVerb: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Evaluate a fine-tuned model on a task: loss, metrics with their intervals, counts.",
    discussion: """
      The task is a built-in one (glue/sst2), one of a definition (reviews.yaml#reviews), or the one that a stage of a run \
      learned (Runs/reviews#student). Without --task a model RUN#STAGE is evaluated on its own. A test set of GLUE's has no \
      labels, so it is only predicted; one of your own is scored if its file has the column of labels.
      """)

  @OptionGroup var classifying: ClassifierOptions

  private var model: ModelOptions { classifying.model }

  @Option(help: ArgumentHelp("The task: \(EvaluatedTask.form).", valueName: "task"))
  var task: String?

  @Option(help: ArgumentHelp("Which examples.", valueName: "split"))
  var split: DataSplit = .dev

  @Option(
    help: ArgumentHelp(
      "Write the predictions here: in GLUE's form, or a row for each example of your own.",
      valueName: "file"))
  var predictions: String?

  @Flag(help: "Write JSON.")
  var json = false

  func run() throws {
    let locations = Locations()
    let task = try evaluatedTask(in: locations)
    let stored = try classifying.open()
    guard task.splits.contains(split) else {
      throw CommandFailure(
        "--split \(split.rawValue): \(task.name) has only "
          + task.splits.map(\.rawValue).joined(separator: ", ")
          + (task.splitRemark.map { "; \($0)" } ?? ""))
    }
    if let predictions {
      if let format = TableFormat(path: predictions), format != .tsv {
        throw CommandFailure(
          "--predictions \(predictions): is written with tabs; name it .tsv, or write answers beside the rows of a file with "
            + CommandText.typed(["predict", "--model", model.model, "--input"]) + " FILE")
      }
      try OutputFile.check(
        [predictions], .predictions, reading: [stored.path] + task.files,
        option: "--predictions")
    }
    var remarks: [String] = []
    let sentences = try task.read(split) { remarks.append($0) }
    let classifier = try classifying.makeClassifier(stored)
    try checkClasses(of: classifier, task, sentences.classNames)
    if task.isPair { try classifier.checkTakesPairs() }

    let start = ContinuousClock.now
    let result: ClassificationResult
    do throws(EvaluationError) {
      result = try classifier.classify(
        TokenSequences(
          sentences.sentences, pairedWith: sentences.secondSentences,
          tokenizer: classifier.tokenizer, maximumLength: classifier.maximumLength,
          threads: model.computing.threadCount),
        labels: sentences.labels, numbers: sentences.numbers,
        metrics: task.kind.metrics.filter {
          task.kind.problem(with: $0, classCount: sentences.classNames.count) == nil
        })
    } catch {
      throw CommandFailure("\(model.model) on \(task.name) \(split.rawValue): \(error)")
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)

    if let predictions {
      try AtomicFile.replace(
        path: predictions,
        with: task.predictionsText(result, classNames: sentences.classNames))
    }
    let report = EvaluationReport(
      model: model.model, task: task, split: split, sentences: sentences, result: result)
    try StandardOutput.shared.write(
      line: json ? JSONText.document(report, keys: .snakeCase) : report.text)
    if let warning = report.warning { Console.shared.write(line: "warning: \(warning)") }
    if split == .dev {
      for other in task.furtherNames {
        Console.shared.write(line: "\(other) has the task's other development set")
      }
    }
    for remark in remarks + (split == .dev ? [task.splitRemark].compactMap { $0 } : []) {
      Console.shared.write(line: remark)
    }
    Console.shared.write(
      line: "\(seconds.durationText), "
        + "\(Int(Double(result.count) / seconds).grouped) sentences/s")
  }

  private func evaluatedTask(in locations: Locations) throws -> EvaluatedTask {
    if let task { return try EvaluatedTask(task, in: locations) }
    guard let stage = RunStage(model.model) else {
      throw ValidationError("--task is needed: \(EvaluatedTask.form)")
    }
    return try EvaluatedTask(of: stage, in: locations)
  }

  private func checkClasses(
    of classifier: Classifier, _ task: EvaluatedTask, _ expected: [String]
  ) throws {
    let found = classifier.labels
    guard task.kind == .classification, !classifier.isRegression else {
      guard task.kind == .regression, classifier.isRegression else {
        throw CommandFailure(
          "\(model.model): \(task.name) asks for \(task.kind.answerWords), and the model gives "
            + (classifier.isRegression
              ? "a number" : "the classes \(found.listed.onOneLine)")
            + "; fine-tune a model on \(task.name)")
      }
      return
    }
    let (lowercased, wanted) = (
      found.map { $0.lowercased() }, expected.map { $0.lowercased() }
    )
    // A model's classes need not have names; where they have, their order must be the task's.
    guard found.count == expected.count,
      lowercased == wanted || Set(lowercased) != Set(wanted)
    else {
      throw CommandFailure(
        "\(model.model): its classes are \(found.listed.onOneLine), those of "
          + "\(task.name) are \(expected.listed.onOneLine)")
    }
    // Benchmarks number their classes.
    let isNumbered =
      task.isBuiltIn || expected == expected.indices.map(String.init)
    if lowercased != wanted,
      found != TransformerConfiguration.defaultLabels(count: found.count) || !isNumbered
    {
      Console.shared.write(
        line:
          "\(model.model): its classes \(found.listed.onOneLine) are taken in this "
          + "order for \(expected.listed.onOneLine); check that this is what they mean")
    }
  }
}

extension DataSplit: ExpressibleByArgument {}
