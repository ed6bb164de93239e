// A run as it is told on standard error.
import RetortDistillation
import RetortExperimentPlan
import RetortFormatting

/// Stages, epochs and the progress line; passes the wish to stop on.
final class TerminalObserver: RunObserver {
  private let console: Console
  private let progress: ProgressLine

  init(console: Console = .shared) {
    self.console = console
    progress = ProgressLine(console: console)
  }

  var stopIsRequested: Bool { StopSignals.received != nil }

  func note(_ text: String) { console.write(line: text) }

  func stageBegan(
    _ id: String, kind: StageKind, totalSteps: Int, mayStopEarly: Bool, resumedAt step: Int
  ) {
    progress.begin(stage: id, mayStopEarly: mayStopEarly)
    console.write(
      line: "\(id): \(mayStopEarly ? "at most " : "")\((totalSteps - step).grouped) steps to go")
  }

  func stepCompleted(_ report: StepReport, stage: String) {
    progress.add(
      MeterStep(
        epoch: report.epoch, step: report.step, totalSteps: report.totalSteps,
        loss: report.losses.total, terms: report.losses.terms.map { ($0.name, $0.value) },
        tokens: report.tokens, seconds: report.seconds))
  }

  func epochCompleted(_ result: EpochResult, stage: String) {
    tell(result, "\(stage): epoch \(result.epoch), mean training loss \(result.meanLoss.fixed(4))")
  }

  func evaluationCompleted(_ result: EpochResult, stage: String) {
    tell(
      result,
      "\(stage): step \(result.step.grouped), epoch \((result.passes ?? 0).fixed(2)), "
        + "mean training loss of the epoch so far \(result.meanLoss.fixed(4))")
  }

  private func tell(_ result: EpochResult, _ place: String) {
    console.write(line: place + (result.evaluation.map { ", \($0.words)" } ?? ""))
  }

  func stageCompleted(_ id: String, kind: StageKind, seconds: Double) {
    progress.end()
    console.write(line: "\(id): done in \(seconds.durationText)")
  }

  /// Takes the progress line away, whatever stage it belonged to.
  func end() { progress.end() }
}
