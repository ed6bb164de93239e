// What a few steps of training say about the others.
import Distillation
import TensorEngine

/// Looks on while a probe trains, and tells what a step costs whatever its size from what a token costs.
final class ProbeWatch: TrainingObserver {
  /// Steps of a probe at the most.
  static let mostSteps = 200
  /// Those that warm caches and memory, and those that count at the least: small models' steps are short, and for long
  /// not as long as the first.
  private static let warmUpSteps = 2
  private static let fewestSteps = 6
  private static let enoughSeconds = 2.0

  private let engine: Engine
  private(set) var completedSteps = 0
  private var counted = 0
  private var tokens = 0
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
    guard counted > 0, tokens > 0 else { return Rates(secondsPerStep: 0, secondsPerToken: 0) }
    return Rates(
      secondsPerStep: update / Double(counted),
      secondsPerToken: max(0, seconds - update) / Double(tokens))
  }

  func stepCompleted(_ report: StepReport) {
    completedSteps = report.step
    if report.step <= Self.warmUpSteps {
      engine.meter.clear()
      engine.meter.measuresTime = true
      return
    }
    counted += 1
    tokens += report.tokens
    seconds += report.seconds
  }

  func epochCompleted(_ result: EpochResult) {}
  func checkpointWritten(path: String, step: Int) {}

  var stopIsRequested: Bool { counted >= Self.fewestSteps && seconds >= Self.enoughSeconds }
}
