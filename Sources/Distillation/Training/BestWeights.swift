// Which epoch's weights a training ends with, and where they are kept.
import RetortEvaluation
import RetortText
import RetortTransformers

/// Which epoch's weights a training ends with; ties keep the first.
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

  /// Number of the epoch whose weights this rule chooses; the first of equals, nil without evaluations.
  public func bestEpoch(of epochs: [EpochResult]) -> Int? {
    func better(_ a: ClassificationResult, _ b: ClassificationResult) -> Bool {
      switch self {
      case .evaluationLoss: a.loss < b.loss
      case .metric(let metric): metric.isBetter(a[metric], than: b[metric])
      case .last: true
      }
    }
    var best: (epoch: Int, result: ClassificationResult)?
    for epoch in epochs {
      guard let result = epoch.evaluation else { continue }
      if best.map({ better(result, $0.result) }) ?? true { best = (epoch.epoch, result) }
    }
    return best?.epoch
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

/// The weights of the best epoch so far: in a file where the training has checkpoints, else in memory.
final class BestWeights {
  private let rule: SelectionRule
  private let checkpointing: TrainingCheckpointing?
  /// By parameter, in the model's order.
  private var values: [[Float]] = []

  init(_ rule: SelectionRule, _ checkpointing: TrainingCheckpointing?) {
    (self.rule, self.checkpointing) = (rule, checkpointing)
  }

  /// Keeps the weights of an epoch that has just ended, if it is the best so far. The last epoch's are those that the
  /// model has.
  func keepIfBest(of progress: TrainingProgress, _ model: TransformerModel) throws {
    guard rule != .last, rule.bestEpoch(of: progress.epochs) == progress.epoch else { return }
    if let checkpointing { return try checkpointing.saveBest(model: model, epoch: progress.epoch) }
    values = model.parameters.map { Array($0.values) }
  }

  /// Puts the best epoch's weights into the model, unless it has them.
  func restore(of progress: TrainingProgress, into model: TransformerModel) throws {
    guard let chosen = rule.bestEpoch(of: progress.epochs), chosen != progress.epoch else { return }
    if let checkpointing {
      return try ModelCheckpoint.load(path: checkpointing.bestPath, into: model)
    }
    for (parameter, values) in zip(model.parameters, values) {
      _ = parameter.values.update(fromContentsOf: values)
    }
  }
}
