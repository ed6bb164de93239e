/// One optimizer step, as observers see it.
public struct StepReport: Sendable {
  /// Optimizer steps done, this one included.
  public var step: Int
  public var totalSteps: Int
  /// Counted from 1.
  public var epoch: Int
  public var losses: StepLosses
  /// What changes from step to step, such as a weight or a temperature, as it was at this one: by term and key, as in
  /// `soft_targets.temperature`.
  public var scheduled: [String: Double]
  /// Of groups that have the optimizer's peak.
  public var learningRate: Double
  /// Global L2 norm of the gradient before clipping.
  public var gradientNorm: Double
  /// Sequences and real tokens of the step.
  public var sequences: Int
  public var tokens: Int
  public var seconds: Double
  /// Its gradient by term, where that was looked at.
  public var breakdown: GradientBreakdown?
}

/// Looks on while a model is trained. Observers receive values and change nothing.
public protocol TrainingObserver: AnyObject {
  func stepCompleted(_ report: StepReport) throws
  func epochCompleted(_ result: EpochResult) throws
  /// An evaluation that is counted by steps.
  func evaluationCompleted(_ result: EpochResult) throws
  /// After the evaluation that ends a training before its limit.
  func stoppedEarly(_ stop: EarlyStop) throws
  func checkpointWritten(path: String, step: Int) throws
  /// Asked after each step; true saves a checkpoint and stops.
  var stopIsRequested: Bool { get }
}

extension TrainingObserver {
  public func evaluationCompleted(_ result: EpochResult) throws {}
  public func stoppedEarly(_ stop: EarlyStop) throws {}
}
