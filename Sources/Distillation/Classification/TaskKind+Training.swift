// What training and evaluating take from the kind of a task.
import RetortEvaluation
import RetortText

extension TaskKind {
  /// What its examples are to the terms of a loss.
  public var batchKind: BatchKind {
    switch self {
    case .classification: .labelledSentences
    case .regression: .scoredSentences
    }
  }

  /// The term that is taken with the labels alone: the loss where nothing else is said.
  public var labelTerm: any LossTerm {
    switch self {
    case .classification: CrossEntropy()
    case .regression: LabelMSE()
    }
  }

  /// The metrics of its answers, in the order of the reference.
  public var metrics: [any Metric.Type] {
    switch self {
    case .classification: Metrics.ofClasses
    case .regression: Metrics.ofNumbers
    }
  }

  /// What is computed where nothing is said.
  public var standardMetrics: [any Metric.Type] {
    switch self {
    case .classification: [Accuracy.self]
    case .regression: Metrics.ofNumbers
    }
  }

  /// Its answers in words.
  public var answerWords: String {
    switch self {
    case .classification: "classes"
    case .regression: "numbers"
    }
  }

  /// Why a metric cannot be had of its answers; nil if it can.
  /// - Parameter classCount: of a classification; nil where it is not known.
  public func problem(with metric: any Metric.Type, classCount: Int?) -> String? {
    guard metrics.contains(where: { $0.name == metric.name }) else {
      return "\(metric.name) cannot be used: the task's labels are \(answerWords)"
    }
    guard let ofClasses = metric as? any ClassMetric.Type, let classCount else { return nil }
    return ofClasses.problem(withClasses: classCount)
  }
}
