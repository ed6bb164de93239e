// Looks on while a training is timed.
import RetortDistillation
import RetortTensorEngine

/// Collects what a training's steps took, from the first one after the warm-up on.
final class StepMonitor: TrainingObserver {
  struct Step {
    var sentences: Int
    var tokens: Int
    var seconds: Double
    /// Page faults during the step, its reports included and this monitor's own not.
    var pageFaults: Int
    /// Whether it took activation memory that no step before it had needed.
    var isLargest: Bool
  }

  private(set) var steps: [Step] = []
  /// What the measured steps came to, by operation.
  private(set) var work = WorkMeter()
  private(set) var peakResidentBytes = 0
  private(set) var peakActivationBytes = 0
  /// Of activations and their gradients, up to now.
  private var peakBytes = 0
  private let warmup: Int
  private let engine: Engine
  private var scope: ComputeScope?
  private var faults = 0

  init(_ settings: StepSettings, engine: Engine) {
    warmup = settings.warmup
    self.engine = engine
    steps.reserveCapacity(settings.steps)
  }

  /// To be called last before the training runs.
  /// - Parameter scope: where its steps are computed.
  func start(watching scope: ComputeScope) {
    self.scope = scope
    if warmup == 0 { beginMeasuring() }
    PageFaults.exposeAllocations()
    faults = PageFaults.count
  }

  func stepCompleted(_ report: StepReport) {
    let now = PageFaults.count
    let peak = scope.map { $0.peakActivationBytes + $0.peakGradientBytes } ?? 0
    if report.step > warmup {
      steps.append(
        Step(
          sentences: report.sequences, tokens: report.tokens, seconds: report.seconds,
          pageFaults: now - faults, isLargest: peak > peakBytes))
    }
    peakBytes = peak
    if report.step == warmup { beginMeasuring() }
    if report.step == report.totalSteps {
      work = engine.meter
      peakActivationBytes = scope?.peakActivationBytes ?? 0
      peakResidentBytes = ProcessMemory.peakBytes
    }
    faults = PageFaults.count
  }

  private func beginMeasuring() {
    engine.meter.clear()
    engine.meter.measuresTime = true
  }

  func epochCompleted(_ result: EpochResult) {}
  func checkpointWritten(path: String, step: Int) {}
  var stopIsRequested: Bool { false }

  /// Page faults of a warm step: the median over those that needed no more activation memory than one before; 0
  /// where there is no such step.
  var pageFaultsPerStep: Double {
    let warm = steps.filter { !$0.isLargest }.map { Double($0.pageFaults) }
    return warm.isEmpty ? 0 : Sample(warm).median
  }
}
