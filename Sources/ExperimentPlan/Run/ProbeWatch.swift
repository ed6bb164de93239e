// What a few steps of training say about the others.
import RetortDistillation
import RetortTensorEngine

/// Looks on while a probe trains, and tells what a step costs whatever its size from what a token costs.
final class ProbeWatch: TrainingObserver {
  /// Steps of a probe at the most.
  static let mostSteps = 200
  /// Those that warm caches and memory, and those that count at the least: small models' steps are short, and for long
  /// not as long as the first.
  private static let warmUpSteps = 2
  private static let fewestSteps = 16
  /// The fewest that a probe takes.
  static let leastSteps = warmUpSteps + fewestSteps
  private static let enoughSeconds = 2.0

  private let engine: Engine
  private(set) var completedSteps = 0
  /// Those that count.
  private var steps: [(tokens: Int, seconds: Double)] = []
  private var seconds = 0.0

  init(_ engine: Engine) { self.engine = engine }

  struct Rates {
    /// Norm, clipping and update.
    let secondsPerStep: Double
    let secondsPerToken: Double

    func seconds(steps: Int, tokens: Int) -> Double {
      Double(steps) * secondsPerStep + Double(tokens) * secondsPerToken
    }
  }

  var rates: Rates {
    let update = engine.meter.totals.reduce(0) { $1.phase == .update ? $0 + $1.seconds : $0 }
    guard !steps.isEmpty else { return Rates(secondsPerStep: 0, secondsPerToken: 0) }
    let perStep = update / Double(steps.count)
    // The middle one: somebody else's moment on the processor is not the stage's.
    let perToken = steps.filter { $0.tokens > 0 }
      .map { max(0, $0.seconds - perStep) / Double($0.tokens) }.sorted()
    return Rates(
      secondsPerStep: perStep, secondsPerToken: perToken.isEmpty ? 0 : perToken[perToken.count / 2])
  }

  func stepCompleted(_ report: StepReport) {
    completedSteps = report.step
    if report.step <= Self.warmUpSteps {
      engine.meter.clear()
      engine.meter.measuresTime = true
      return
    }
    steps.append((report.tokens, report.seconds))
    seconds += report.seconds
  }

  func epochCompleted(_ result: EpochResult) {}
  func checkpointWritten(path: String, step: Int) {}

  var stopIsRequested: Bool { steps.count >= Self.fewestSteps && seconds >= Self.enoughSeconds }
}
