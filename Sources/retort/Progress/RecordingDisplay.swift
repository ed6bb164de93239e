// A recording of activations as it is told on standard error.
import RetortDistillation

/// Feeds the progress line; passes the wish to stop on.
final class RecordingDisplay: RecordingObserver {
  private let unit: String
  private let progress = ProgressLine()

  private init(_ name: String, unit: String) {
    self.unit = unit
    progress.begin(ProgressMeter(stage: name))
  }

  /// Shows a recording from begin to end; one that was asked to stop ends in `Stopped`.
  static func show<Result>(
    _ name: String, unit: String, _ record: (any RecordingObserver) throws -> Result
  ) throws -> Result {
    let display = RecordingDisplay(name, unit: unit)
    defer { display.progress.end() }
    do {
      return try record(display)
    } catch let error as RecordingError {
      guard case .interrupted = error else { throw error }
      throw Stopped(
        signal: StopSignals.received ?? .interrupt,
        description: "\(error); the same command goes on with them")
    }
  }

  var stopIsRequested: Bool { StopSignals.received != nil }

  func recorded(_ report: RecordingProgress) {
    progress.add(
      MeterStep(
        unit: unit, step: report.done, totalSteps: report.total, tokens: report.tokens,
        seconds: report.seconds))
  }
}
