// The epochs of two trainings in one table.
import RetortEvaluation
import RetortFormatting
import RetortRecords

extension LossComparison {
  /// What the rows are counted in: epochs, or steps where a row is not at the end of an epoch.
  var numberTitle: String { epochs.contains { $0.passes != nil } ? "Step" : "Epoch" }

  /// For a terminal: the run's row of each epoch, then the log's; one row where the two look the same.
  public var epochTable: TextTable {
    let all = epochs + referenceEpochs
    let measured = LossLog.Epoch.measuredColumns(of: all)
    func cells(_ epoch: LossLog.Epoch) -> [String] {
      [
        "\(epoch.number)", epoch.trainingLoss.map { $0.fixed(4) } ?? "No log",
        epoch.validationLoss.fixed(4),
      ] + epoch.measuredCells(among: all)
    }
    return TextTable(
      header: ["", numberTitle, "Training Loss", "Validation Loss"] + measured,
      rows: epochs.flatMap { epoch in
        let own = cells(epoch)
        let others = referenceEpochs.filter { $0.isBeside(epoch) }.map(cells).firstOccurrences
        if others == [own] { return [["both"] + own] }
        return [["run"] + own] + others.map { ["log"] + $0 }
      }, rightAligned: Set(1..<(4 + measured.count)))
  }
}

extension LossLog.Epoch {
  /// The metrics besides accuracy that the epochs have, in the order in which they first occur.
  private static func metrics(of epochs: [LossLog.Epoch]) -> [ShownMetric] {
    epochs.flatMap { $0.metrics?.names ?? [] }.firstOccurrences.map { ShownMetric(named: $0) }
  }

  /// A table's columns for what was measured in any of these epochs.
  static func measuredColumns(of epochs: [LossLog.Epoch]) -> [String] {
    (epochs.contains { $0.accuracy != nil } ? [ShownMetric.accuracy.title] : [])
      + metrics(of: epochs).map(\.title)
  }

  /// This epoch's cells in those columns.
  func measuredCells(among epochs: [LossLog.Epoch]) -> [String] {
    let accuracies = epochs.contains { $0.accuracy != nil } ? [accuracy] : []
    let others = Self.metrics(of: epochs).map { metrics?[$0.name] }
    return (accuracies + others).map { $0?.fixed(4) ?? "-" }
  }
}
