// A run as it is told on standard error.
import RetortDistillation
import RetortExperimentPlan
import RetortFormatting

/// Stages, epochs and the progress line; passes the wish to stop on.
final class TerminalObserver: RunObserver {
  private let console: Console
  private let progress: ProgressLine
  /// The run at hand.
  private var run: RunProgress?

  private let measuringCommand: String

  /// - Parameter measuringCommand: what to type to have the time of the run measured.
  init(console: Console = .shared, measuringCommand: String) {
    self.console = console
    self.measuringCommand = measuringCommand
    progress = ProgressLine(console: console)
  }

  var stopIsRequested: Bool { StopSignals.received != nil }

  func runBegan(_ progress: RunProgress, in folder: String) {
    run = progress
    for (name, value) in [
      ("definition", progress.definition), ("folder", folder), ("threads", "\(progress.threads)"),
      ("stages", stages(of: progress)),
    ] {
      console.write(line: "\(name.padded(to: 10))  \(value)")
    }
    let place = "time".padded(to: 10)
    guard let seconds = progress.forecastSeconds, let left = progress.forecastSecondsLeft else {
      return console.write(
        line: "\(place)  not known yet; it can be measured with:", command: measuringCommand)
    }
    console.write(
      line: "\(place)  "
        + (seconds > 0
          ? "\(left.durationText)\(left < seconds ? " left" : ""), as explain has measured"
          : "nothing to compute: all in the cache"))
  }

  /// `3: teacher, plain (in the cache), distilled`
  private func stages(of progress: RunProgress) -> String {
    let names = progress.stages.map { $0.id + ($0.effort == 0 ? " (in the cache)" : "") }
    return "\(names.count): \(names.joined(separator: ", "))"
  }

  func note(_ text: String) { console.write(line: text) }

  func stageBegan(
    _ id: String, kind: StageKind, totalSteps: Int, mayStopEarly: Bool, resumedAt step: Int
  ) {
    let (run, stages) = (run, run?.stages ?? [])
    let number = stages.firstIndex { $0.id == id }.map { $0 + 1 } ?? 1
    progress.begin(
      ProgressMeter(
        stage: id, place: stages.count > 1 ? "\(number)/\(stages.count)" : nil,
        mayStopEarly: mayStopEarly,
        secondsAfter: { total, seconds in
          run?.secondsAfter(id, totalSteps: total, secondsPerStep: seconds)
        }))
    console.write(
      line: "\(id): \(mayStopEarly ? "at most " : "")\((totalSteps - step).grouped) "
        + "\(kind.unit)s to go")
  }

  func sentencesCompleted(_ report: RecordingProgress, stage: String) {
    progress.add(
      MeterStep(
        unit: "sentence", step: report.done, totalSteps: report.total, tokens: report.tokens,
        seconds: report.seconds))
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
