// What `retort evaluate` prints.
import RetortDistillation
import RetortEvaluation
import RetortExperimentPlan
import RetortFormatting
import RetortReporting
import RetortText

/// What an evaluation says.
struct EvaluationReport: Encodable {
  var model: String
  var task: String
  var split: String
  /// Nil of a regression.
  var classes: [String]?
  var sentences: Int
  /// Of predictions, by class; nil of a regression.
  var predicted: [Int]?
  /// The rest is nil for a split without labels; of a regression there are the loss, the mean squared error, and metrics.
  var loss: Double?
  var correct: Int?
  var accuracy: Double?
  /// 95 %, Wilson.
  var interval: [Double]?
  /// Every metric by its name.
  var metrics: [String: Figure]?
  /// Rows: the class; columns: the prediction.
  var confusion: [[Int]]?
  /// In the order of the classes.
  var perClass: [ClassRow]?
  /// What always giving the most frequent class comes to.
  var largestClass: Constant?
  /// What makes its figures say little.
  private(set) var warning: String?

  /// A class by itself, as scikit-learn has it.
  struct ClassRow: Encodable {
    var name: String
    var precision: Double
    var recall: Double
    var f1: Double
    var examples: Int
  }

  struct Constant: Encodable {
    var name: String
    /// By the metric's name.
    var metrics: [String: Double]
  }

  /// A metric's value and its interval, at 95 %.
  struct Figure: Encodable {
    var value: Double
    var interval: [Double]
  }

  init(
    model: String, task: EvaluatedTask, split: DataSplit, sentences examples: LabelledSentences,
    result: ClassificationResult
  ) {
    self.model = model
    self.task = task.name
    self.split = split.rawValue
    sentences = result.count
    if let numbers = examples.numbers {
      loss = result.loss
      let answers = Answers(
        predictions: result.logits.map { Double($0) }, labels: numbers.map { Double($0) })
      metrics = Self.figures(result.metrics) { metric in
        (metric as? any NumberMetric.Type)?.interval(of: answers)
      }
    }
    defer { warning = warning(of: result) }
    guard task.kind == .classification else { return }
    let classes = examples.classNames
    self.classes = classes
    predicted = classes.indices.map { kind in result.predictions.count { $0 == kind } }
    guard let labels = examples.labels else { return }
    loss = result.loss
    correct = result.correct
    accuracy = result.accuracy
    let answers = Answers(predictions: result.predictions, labels: labels.map { Int($0) })
    metrics = Self.figures(result.metrics) { metric in
      (metric as? any ClassMetric.Type)?.interval(of: answers)
    }
    interval = metrics?[Accuracy.name]?.interval
    perClass = zip(classes, ClassFigures.all(of: answers, classCount: classes.count)).map {
      ClassRow(
        name: $0, precision: $1.precision, recall: $1.recall, f1: $1.f1, examples: $1.examples)
    }
    let always = Answers.always(theLargestOf: answers.labels)
    largestClass = Constant(
      name: classes[always.predictions[0]],
      metrics: Dictionary(
        uniqueKeysWithValues: result.metrics.compactMap { metric in
          (Metrics.named(metric.name) as? any ClassMetric.Type).map {
            ($0.name, $0.value(of: always))
          }
        }))
    var counts = classes.map { _ in classes.map { _ in 0 } }
    for (label, prediction) in zip(labels, result.predictions) {
      counts[Int(label)][prediction] += 1
    }
    confusion = counts
  }

  private static func figures(
    _ values: [MetricValue], _ interval: (any Metric.Type) -> ConfidenceInterval?
  ) -> [String: Figure] {
    Dictionary(
      uniqueKeysWithValues: values.map { metric in
        let interval = Metrics.named(metric.name).flatMap(interval)
        return (
          metric.name,
          Figure(value: metric.value, interval: interval.map { [$0.low, $0.high] } ?? [])
        )
      })
  }

  /// Behind a metric's value: that of the largest class.
  private func constant(_ metric: any Metric.Type) -> String {
    largestClass.flatMap { largest in
      largest.metrics[metric.name].map { "; always \(largest.name.onOneLine): \($0.fixed(4))" }
    } ?? ""
  }

  private func warning(of result: ClassificationResult) -> String? {
    guard loss != nil, sentences > 1 else { return nil }
    if predicted?.contains(sentences) ?? (Set(result.logits).count == 1) {
      return OneAnswer.warning("the model", on: task)
    }
    guard let largestClass, let accuracy, let constant = largestClass.metrics[Accuracy.name],
      accuracy <= constant
    else { return nil }
    return
      "the model is no better than always answering \(largestClass.name.onOneLine) (accuracy \(constant.fixed(4)))"
  }

  private func metricLines(_ metrics: [any Metric.Type]) -> [String] {
    metrics.compactMap { metric in
      self.metrics?[metric.name].map { figure in
        "\(metric.name.padded(to: 9))  \(figure.value.fixed(4)), 95 % interval "
          + figure.interval.map { $0.fixed(4) }.joined(separator: " to ") + constant(metric)
      }
    }
  }

  var text: String {
    var lines = ["\(model) on \(task) \(split): \(sentences.grouped) sentences"]
    guard let classes, let predicted else {
      guard let loss else { return lines[0] + "; this split has no labels" }
      lines.append("loss       \(loss.fixed(4)), mean squared error")
      return (lines + metricLines(Metrics.ofNumbers)).joined(separator: "\n")
    }
    guard let loss, let correct, let accuracy, let interval, let confusion else {
      let counts = zip(classes, predicted).map { "\($1.grouped) \($0.onOneLine)" }
      lines.append("predicted  \(counts.joined(separator: ", ")); this split has no labels")
      return lines.joined(separator: "\n")
    }
    lines.append("loss       \(loss.fixed(4))")
    lines.append(
      "accuracy   \(accuracy.fixed(4)) (\(correct.grouped) right), 95 % interval "
        + interval.map { $0.fixed(4) }.joined(separator: " to ") + constant(Accuracy.self))
    lines += metricLines(Metrics.ofClasses.filter { $0.name != Accuracy.name })
    lines.append("")
    lines.append(
      TextTable(
        header: ["class", "precision", "recall", "F1"]
          + classes.map { "predicted \($0.onOneLine)" },
        rows: zip(perClass ?? [], confusion).map { row, counts in
          [row.name.onOneLine] + [row.precision, row.recall, row.f1].map { $0.fixed(4) }
            + counts.map(\.grouped)
        }, rightAligned: Set(1...(classes.count + 3))
      ).text(width: StandardOutput.shared.width))
    return lines.joined(separator: "\n")
  }
}
