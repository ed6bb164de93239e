// `retort evaluate`: a classifier evaluated on a task's sentences.
import ArgumentParser
import RetortDistillation
import RetortEvaluation
import RetortExperimentPlan
import RetortFiles
import RetortFormatting
import RetortReporting
import RetortStrictJSON
import RetortText
import RetortTransformers

struct EvaluateVerb: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Evaluate a fine-tuned model on a task: loss, metrics with their intervals, counts.")

  @OptionGroup var model: ModelOptions

  @Option(help: ArgumentHelp("The task.", valueName: "task"))
  var task: GLUETask

  @Option(help: ArgumentHelp("Which sentences; test has no labels.", valueName: "split"))
  var split: DataSplit = .dev

  @Option(
    help: ArgumentHelp("Write the predictions here, in GLUE's form.", valueName: "file"))
  var predictions: String?

  @Flag(help: "Write JSON.")
  var json = false

  func run() throws {
    let stored = try model.open()
    guard task.files[split] != nil else {
      let splits = DataSplit.allCases.filter { task.files[$0] != nil }.map(\.rawValue)
      throw CommandFailure(
        "--split \(split.rawValue): \(task.name) has only \(splits.joined(separator: ", "))")
    }
    let path = try Locations().locate(task, [split])[0]
    if let predictions {
      let folder = Folder.parent(of: path) ?? "."
      try OutputFile.check(
        [predictions], .predictions,
        reading: [stored.path] + task.files.values.map { "\(folder)/\($0.name)" },
        option: "--predictions")
    }
    let sentences = try LabelledSentences(task: task, split: split, path: path)
    let classifier = try Classifier(stored, engine: model.computing.makeEngine())
    try checkClasses(of: classifier)
    if task.isPair { try classifier.checkTakesPairs() }

    let start = ContinuousClock.now
    let result: ClassificationResult
    do throws(EvaluationError) {
      result = try classifier.classify(
        TokenSequences(
          sentences.sentences, pairedWith: sentences.secondSentences,
          tokenizer: classifier.tokenizer, maximumLength: classifier.maximumLength,
          threads: model.computing.threadCount),
        labels: sentences.labels,
        metrics: Metrics.ofClasses.filter { $0.problem(withClasses: task.classNames.count) == nil })
    } catch {
      throw CommandFailure("\(model.model) on \(task.name) \(split.rawValue): \(error)")
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)

    if let predictions {
      try AtomicFile.replace(
        path: predictions, with: GLUESubmission.text(predictions: result.predictions, of: task))
    }
    let report = EvaluationReport(
      model: model.model, task: task, split: split, labels: sentences.labels, result: result)
    try StandardOutput.shared.write(line: json ? JSONText.document(report) : report.text)
    for remark in sentences.remarks { Console.shared.write(line: remark) }
    Console.shared.write(
      line: "\(seconds.durationText), "
        + "\(Int(Double(result.count) / seconds).grouped) sentences/s")
  }

  private func checkClasses(of classifier: Classifier) throws {
    let (found, expected) = (classifier.labels, task.classNames)
    let lowercased = found.map { $0.lowercased() }
    // A model's classes need not have names; where they have, their order must be the task's.
    guard found.count == expected.count,
      lowercased == expected || Set(lowercased) != Set(expected)
    else {
      throw CommandFailure(
        "\(model.model): its classes are \(found.joined(separator: ", ")), those of "
          + "\(task.name) are \(expected.joined(separator: ", "))")
    }
    if lowercased != expected, found != TransformerConfiguration.defaultLabels(count: found.count) {
      Console.shared.write(
        line:
          "\(model.model): its classes \(found.joined(separator: ", ").onOneLine) are taken in this "
          + "order for \(expected.joined(separator: ", ")); check that this is what they mean")
    }
  }
}

extension GLUETask: ExpressibleByArgument {
  public init?(argument: String) {
    guard let task = GLUETask.named(argument) else { return nil }
    self = task
  }

  public static var allValueStrings: [String] { all.map(\.name) }
}
extension DataSplit: ExpressibleByArgument {}

/// What an evaluation says.
struct EvaluationReport: Encodable {
  var model: String
  var task: String
  var split: String
  var classes: [String]
  var sentences: Int
  /// Of predictions, by class.
  var predicted: [Int]
  /// The rest is nil for a split without labels.
  var loss: Double?
  var correct: Int?
  var accuracy: Double?
  /// 95 %, Wilson.
  var interval: [Double]?
  /// Every metric by its name.
  var metrics: [String: Figure]?
  /// Rows: the class; columns: the prediction.
  var confusion: [[Int]]?

  /// A metric's value and its interval, at 95 %.
  struct Figure: Encodable {
    var value: Double
    var interval: [Double]
  }

  init(
    model: String, task: GLUETask, split: DataSplit, labels: [Int32]?,
    result: ClassificationResult
  ) {
    self.model = model
    self.task = task.name
    self.split = split.rawValue
    classes = task.classNames
    sentences = result.count
    predicted = classes.indices.map { kind in result.predictions.count { $0 == kind } }
    guard let labels else { return }
    loss = result.loss
    correct = result.correct
    accuracy = result.accuracy
    let answers = Answers(predictions: result.predictions, labels: labels.map { Int($0) })
    metrics = Dictionary(
      uniqueKeysWithValues: result.metrics.map { metric in
        let known = Metrics.ofClasses.first { $0.name == metric.name }
        let interval = known?.interval(of: answers)
        return (
          metric.name,
          Figure(value: metric.value, interval: interval.map { [$0.low, $0.high] } ?? [])
        )
      })
    interval = metrics?[Accuracy.name]?.interval
    var counts = classes.map { _ in classes.map { _ in 0 } }
    for (label, prediction) in zip(labels, result.predictions) {
      counts[Int(label)][prediction] += 1
    }
    confusion = counts
  }

  var text: String {
    var lines = ["\(model) on \(task) \(split): \(sentences.grouped) sentences"]
    guard let loss, let correct, let accuracy, let interval, let confusion else {
      let counts = zip(classes, predicted).map { "\($1.grouped) \($0)" }
      lines.append("predicted  \(counts.joined(separator: ", ")); this split has no labels")
      return lines.joined(separator: "\n")
    }
    lines.append("loss       \(loss.fixed(4))")
    lines.append(
      "accuracy   \(accuracy.fixed(4)) (\(correct.grouped) right), 95 % interval "
        + interval.map { $0.fixed(4) }.joined(separator: " to "))
    for metric in Metrics.ofClasses where metric.name != Accuracy.name {
      guard let figure = metrics?[metric.name] else { continue }
      lines.append(
        "\(metric.name.padded(to: 9))  \(figure.value.fixed(4)), 95 % interval "
          + figure.interval.map { $0.fixed(4) }.joined(separator: " to "))
    }
    lines.append("")
    lines.append(
      TextTable(
        header: ["class"] + classes.map { "predicted \($0)" },
        rows: classes.indices.map { [classes[$0]] + confusion[$0].map(\.grouped) },
        rightAligned: Set(1...classes.count)
      ).text)
    return lines.joined(separator: "\n")
  }
}
