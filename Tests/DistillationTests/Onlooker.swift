// An observer that remembers what it saw, and that stops or fails where a test wants it to.
import RetortDistillation

final class Onlooker: TrainingObserver {
  struct Failure: Error {}

  /// Asks to stop from this step on.
  var stopsAt = Int.max
  /// Fails, as a process is killed, once this step is done.
  var failsAtStep = Int.max
  /// Fails once a checkpoint of this step is written.
  var failsAtCheckpoint = Int.max
  /// Called after each step.
  var afterStep: (Int) throws -> Void = { _ in }

  private(set) var steps: [StepReport] = []
  private(set) var epochs: [EpochResult] = []
  private(set) var evaluations: [EpochResult] = []
  private(set) var stop: EarlyStop?
  private(set) var checkpoints: [Int] = []

  var stopIsRequested: Bool { (steps.last?.step ?? 0) >= stopsAt }

  func stepCompleted(_ report: StepReport) throws {
    steps.append(report)
    try afterStep(report.step)
    if report.step == failsAtStep { throw Failure() }
  }

  func epochCompleted(_ result: EpochResult) throws { epochs.append(result) }

  func evaluationCompleted(_ result: EpochResult) throws { evaluations.append(result) }

  func stoppedEarly(_ stop: EarlyStop) throws { self.stop = stop }

  func checkpointWritten(path: String, step: Int) throws {
    checkpoints.append(step)
    if step == failsAtCheckpoint { throw Failure() }
  }
}
