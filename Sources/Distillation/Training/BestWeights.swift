// Which evaluation's weights a training ends with, and where they are kept.
import RetortEvaluation
import RetortText
import RetortTransformers

/// Which evaluation's weights a training ends with; ties keep the first.
public enum SelectionRule: Sendable {
  case evaluationLoss
  case metric(any Metric.Type)
  /// The weights after the last step, whatever the evaluations say.
  case last

  /// Every rule that a definition can name.
  public static var all: [SelectionRule] {
    [.evaluationLoss] + Metrics.all.map { .metric($0) } + [.last]
  }

  public var name: String {
    switch self {
    case .evaluationLoss: "eval_loss"
    case .metric(let metric): metric.name
    case .last: "last"
    }
  }

  /// What each evaluation computes: of classes accuracy, what was asked for, and the metric that decides; each once.
  public func metrics(
    besides asked: [any Metric.Type] = [], of kind: TaskKind
  ) -> [any Metric.Type] {
    var all: [any Metric.Type] = (kind == .classification ? [Accuracy.self] : []) + asked
    if case .metric(let metric) = self { all.append(metric) }
    return all.enumerated().filter { place, metric in
      !all[..<place].contains { $0.name == metric.name }
    }.map(\.element)
  }

  /// What it compares of an evaluation; nil for `last`, which compares nothing.
  public func value(of result: ClassificationResult) -> Double? {
    switch self {
    case .evaluationLoss: result.loss
    case .metric(let metric): result[metric]
    case .last: nil
    }
  }

  /// Whether `a` is the better of two values. Of `last` the later one is.
  public func isBetter(_ a: Double, than b: Double) -> Bool {
    switch self {
    case .evaluationLoss: a < b
    case .metric(let metric): metric.isBetter(a, than: b)
    case .last: true
    }
  }

  /// The row whose weights this rule chooses; the first of equals, nil without evaluations.
  public func best(of rows: [EpochResult]) -> EpochResult? {
    var best: (row: EpochResult, value: Double)?
    for row in rows {
      guard let result = row.evaluation else { continue }
      let value = value(of: result) ?? .nan
      if best.map({ isBetter(value, than: $0.value) }) ?? true { best = (row, value) }
    }
    return best?.row
  }
}

extension SelectionRule: Equatable {
  public static func == (a: SelectionRule, b: SelectionRule) -> Bool { a.name == b.name }
}

extension ClassificationResult {
  /// Not a number where the metric was not asked for.
  subscript(metric: any Metric.Type) -> Double {
    metrics.first { $0.name == metric.name }?.value ?? .nan
  }
}

/// The weights of the best evaluation so far: in a file where the training has checkpoints, else in memory.
final class BestWeights {
  private let rule: SelectionRule
  private let checkpointing: TrainingCheckpointing?
  /// By parameter, in the model's order.
  private var values: [[Float]] = []

  init(_ rule: SelectionRule, _ checkpointing: TrainingCheckpointing?) {
    (self.rule, self.checkpointing) = (rule, checkpointing)
  }

  /// Keeps the weights of an evaluation that has just been made, if it is the best so far. The weights after the last
  /// step are those that the model has.
  func keepIfBest(of progress: TrainingProgress, _ model: TransformerModel) throws {
    guard rule != .last, progress.epochs.last?.evaluation != nil,
      rule.best(of: progress.epochs)?.step == progress.step
    else { return }
    if let checkpointing { return try checkpointing.saveBest(model: model, step: progress.step) }
    values = model.parameters.map { Array($0.values) }
  }

  /// Puts the weights of the best evaluation into the model, unless it has them.
  func restore(of progress: TrainingProgress, into model: TransformerModel) throws {
    guard let chosen = rule.best(of: progress.epochs), chosen.step != progress.step else { return }
    if let checkpointing {
      return try ModelCheckpoint.load(path: checkpointing.bestPath, into: model)
    }
    for (parameter, values) in zip(model.parameters, values) {
      _ = parameter.values.update(fromContentsOf: values)
    }
  }
}
