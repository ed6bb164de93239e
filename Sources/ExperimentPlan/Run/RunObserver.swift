// Who looks on while an experiment runs.
import RetortDistillation

/// Hears of everything that a person at a terminal or a log would want to know. Observers change nothing.
public protocol RunObserver: AnyObject {
  /// What the run is going to do, before it begins.
  /// - Parameter folder: the run's.
  func runBegan(_ progress: RunProgress, in folder: String)
  /// A sentence for the log.
  func note(_ text: String)
  /// - Parameter mayStopEarly: whether it may take fewer steps.
  func stageBegan(
    _ id: String, kind: StageKind, totalSteps: Int, mayStopEarly: Bool, resumedAt step: Int)
  func stageCompleted(_ id: String, kind: StageKind, seconds: Double)
  func stepCompleted(_ report: StepReport, stage: String)
  /// Some sentences of a stage that makes a text are done.
  func sentencesCompleted(_ progress: RecordingProgress, stage: String)
  func epochCompleted(_ result: EpochResult, stage: String)
  /// An evaluation that is counted by steps.
  func evaluationCompleted(_ result: EpochResult, stage: String)
  /// Asked after each step; true saves a checkpoint and stops.
  var stopIsRequested: Bool { get }
}
