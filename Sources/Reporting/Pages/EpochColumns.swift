// The columns of a table of epochs: the report's four, counts, intervals and further metrics.
import RetortEvaluation
import RetortRecords

/// Training Loss is what Hugging Face's Trainer prints of a fine-tuning. A distillation has none like it: where all stages are
/// distillations the column is left out, and beside fine-tunings it is empty.
struct EpochColumns {
  private let epochs: [RunRecord.Epoch]
  private let hasTrainingLoss: Bool

  /// - Parameter stages: whose epochs are the rows.
  init(_ stages: [RunRecord.Stage]) {
    epochs = stages.flatMap(\.epochs)
    hasTrainingLoss = stages.isEmpty || !stages.allSatisfy(\.isDistillation)
  }

  /// Whatever the rows are called.
  func heads(_ metrics: [ShownMetric]) -> [MarkdownTable.Column] {
    let units = Set(epochs.map(\.unit))
    let numbers = units.count > 1 ? "Epoch or step" : (units.first ?? .epoch).column
    let losses: [MarkdownTable.Column] = [
      .init(numbers), .init("Training Loss"), .init("Validation Loss"),
    ]
    let best = MarkdownTable.Column("Best by", .left)
    guard epochs.isEmpty || epochs[0].correct != nil else {
      var columns = losses + [.init("Epoch mean")]
      for metric in metrics { columns += [.init(metric.title), .init("95 % interval")] }
      return shown(columns + [best])
    }
    let count = epochs.first?.count ?? 0
    let ofClasses: [MarkdownTable.Column] = [
      .init("Accuracy"), .init("Epoch mean"), .init("Correct of \(count.grouped)"),
      .init("95 % interval"),
    ]
    return shown(losses + ofClasses + metrics.map { MarkdownTable.Column($0.title) } + [best])
  }

  /// What is shown of a row's cells, the first of them its number.
  func shown<Cell>(_ cells: [Cell]) -> [Cell] {
    hasTrainingLoss ? cells : cells.enumerated().filter { $0.offset != 1 }.map(\.element)
  }

  /// All cells of an epoch, from its number on.
  static func cells(
    _ epoch: RunRecord.Epoch, of tuning: ExperimentRuns.Tuning, _ metrics: [ShownMetric]
  ) -> [String] {
    let stage = tuning.stage
    let best = stage.best
    let marks =
      [
        best?.byLoss == epoch.number ? "loss" : nil,
        best?.byAccuracy == epoch.number ? "accuracy" : nil,
      ].compactMap { $0 }
      + metrics.filter { $0.best(of: stage.epochs) == epoch.number }.map(\.name)
    let losses = [
      "\(epoch.number)",
      stage.isDistillation ? "-" : epoch.trainingLoss?.fixed(4) ?? "No log",
      epoch.validationLoss.fixed(4),
    ]
    guard let correct = epoch.correct else {
      let evaluation = stage.evaluation(ofRow: epoch.number)
      var cells = losses + [epoch.epochTrainingLoss.fixed(4)]
      for metric in metrics {
        cells.append(metric.value(of: epoch)?.fixed(4) ?? "-")
        cells.append(evaluation.map { metric.intervalText($0, in: tuning.record) } ?? "-")
      }
      return cells + [marks.joined(separator: ", ")]
    }
    let ofClasses = [
      epoch.accuracy?.fixed(4) ?? "-", epoch.epochTrainingLoss.fixed(4), "\(correct)",
      WilsonInterval.text(correct: correct, count: epoch.count),
    ]
    return losses + ofClasses + metrics.map { epoch.metrics?[$0.name]?.fixed(4) ?? "-" }
      + [marks.joined(separator: ", ")]
  }
}
