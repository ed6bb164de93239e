// How often a training is evaluated.

/// When a model is evaluated while it is trained.
/// - Source: transformers 4.44.2 `DefaultFlowCallback`: `eval_strategy` `epoch`, and `steps` with `eval_steps`.
public enum EvaluationInterval: Sendable, Equatable {
  /// At the end of every so many epochs. A last epoch that a limit cuts short counts as one.
  case epochs(Int)
  /// After every so many optimizer steps, counted from the first; the ends of epochs mean nothing.
  case steps(Int)

  func isDue(afterStep step: Int) -> Bool {
    if case .steps(let steps) = self { step % steps == 0 } else { false }
  }

  /// - Parameter epoch: counted from 1.
  func isDue(afterEpoch epoch: Int) -> Bool {
    if case .epochs(let epochs) = self { epoch % epochs == 0 } else { false }
  }

  /// How many evaluations a training has that goes on to its end.
  public func count(steps: Int, epochs: Int) -> Int {
    switch self {
    case .epochs(let every): max(1, epochs / every)
    case .steps(let every): max(1, steps / every)
    }
  }
}
