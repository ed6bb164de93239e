// Published trainings of one task, as tables, plots and verdicts lay them beside ours.
import RetortRecords

/// The runs of one reference that have epochs of a task, as one row of a table.
struct PublishedRuns {
  let reference: Reference
  /// At least one.
  let runs: [Reference.Run]

  /// Nil if the reference has no epochs of the task.
  init?(_ reference: Reference, task: String) {
    self.reference = reference
    runs = reference.runs.filter { $0.task == task && !$0.epochs.isEmpty }
    if runs.isEmpty { return nil }
  }

  private init(_ reference: Reference, run: Reference.Run) {
    self.reference = reference
    runs = [run]
  }

  /// A row for each run; of runs that others published, which are many and alike, one for all.
  var rows: [PublishedRuns] {
    reference.kind == .publicRuns ? [self] : runs.map { PublishedRuns(reference, run: $0) }
  }

  /// What they are called together.
  var name: String {
    let kind = reference.kind == .publicRuns ? "public" : "measured"
    return runs.count == 1 ? runs[0].name : "\(runs.count) \(kind) runs"
  }

  /// What the row of an epoch is called: not every run went as far.
  func name(epoch number: Int) -> String {
    let count = epochs(number).count
    return count == runs.count ? name : "\(count) of \(name)"
  }

  /// Of the runs that have the epoch.
  func epochs(_ number: Int) -> [Reference.Epoch] {
    runs.compactMap { run in run.epochs.first { $0.epoch == number } }
  }
}

/// One of the four numbers of an epoch that are published.
public enum EpochFigure: String, Codable, Sendable, CaseIterable {
  case trainingLoss = "training_loss"
  case epochTrainingLoss = "epoch_training_loss"
  case validationLoss = "validation_loss"
  case accuracy

  /// As the columns of the epoch tables are called.
  var title: String {
    switch self {
    case .trainingLoss: "Training Loss"
    case .epochTrainingLoss: "Epoch mean"
    case .validationLoss: "Validation Loss"
    case .accuracy: "Accuracy"
    }
  }

  /// Nil where no window of steps was complete.
  func value(of epoch: RunRecord.Epoch) -> Double? {
    switch self {
    case .trainingLoss: epoch.trainingLoss
    case .epochTrainingLoss: epoch.epochTrainingLoss
    case .validationLoss: epoch.validationLoss
    case .accuracy: epoch.accuracy
    }
  }

  /// Nil where it was not published.
  func published(in epoch: Reference.Epoch) -> Reference.Figure? {
    switch self {
    case .trainingLoss: epoch.trainingLoss
    case .epochTrainingLoss: epoch.epochTrainingLoss
    case .validationLoss: epoch.validationLoss
    case .accuracy: epoch.accuracy
    }
  }
}

/// The lowest and the highest of published figures.
struct FigureRange {
  let low: Reference.Figure
  let high: Reference.Figure
  let count: Int

  /// Nil for no figures.
  init?(_ figure: EpochFigure, of epochs: [Reference.Epoch]) {
    let figures = epochs.compactMap(figure.published).sorted { $0.value < $1.value }
    guard let low = figures.first, let high = figures.last else { return nil }
    (self.low, self.high, count) = (low, high, figures.count)
  }

  /// In the characters they were printed with; a single figure stands alone.
  var text: String { count == 1 ? low.text : "\(low.text)-\(high.text)" }
}
