import Transformers

extension FineTuningSettings.SelectionRule {
  /// Number of the epoch whose weights this rule chooses; the first of equals, nil without evaluations.
  func bestEpoch(of epochs: [EpochResult]) -> Int? {
    func better(_ a: ClassificationResult, _ b: ClassificationResult) -> Bool {
      switch self {
      case .evaluationLoss: a.loss < b.loss
      case .accuracy: a.correct > b.correct
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

/// The weights of the best epoch so far: in a file where the training has checkpoints, else in memory.
final class BestWeights {
  private let checkpointing: TrainingCheckpointing?
  /// By parameter, in the model's order.
  private var values: [[Float]] = []

  init(_ checkpointing: TrainingCheckpointing?) { self.checkpointing = checkpointing }

  func keep(_ model: TransformerModel) throws {
    if let checkpointing { return try checkpointing.saveBest(model: model) }
    values = model.parameters.map { Array($0.values) }
  }

  func restore(into model: TransformerModel) throws {
    if let checkpointing {
      return try ModelCheckpoint.load(path: checkpointing.bestPath, into: model)
    }
    for (parameter, values) in zip(model.parameters, values) {
      _ = parameter.values.update(fromContentsOf: values)
    }
  }
}
