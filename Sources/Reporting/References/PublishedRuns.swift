// Published trainings of one task, as tables, plots and verdicts lay them beside ours.

/// The runs of one reference that have epochs of a task.
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

  /// What their row is called.
  var name: String { runs.count == 1 ? runs[0].name : "\(runs.count) public runs" }

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
