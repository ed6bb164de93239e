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
  /// - Parameters:
  ///   - epochs: a last one that a limit cuts short counts as one.
  ///   - rule: `last` has the last step evaluated, whatever the interval; so has a training without any other evaluation.
  public func count(steps: Int, epochs: Int, selectBest rule: SelectionRule) -> Int {
    let (all, every) =
      switch self {
      case .epochs(let every): (epochs, every)
      case .steps(let every): (steps, every)
      }
    let due = all / every
    let endsUnseen = due == 0 || rule == .last && all % every != 0
    return due + (endsUnseen ? 1 : 0)
  }
}
