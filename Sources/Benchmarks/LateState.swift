// The optimizer as a long training leaves it.
import RetortOptimization
import RetortTensorEngine

/// How long the training that is timed has been going on.
public enum OptimizerAge: String, Sendable, CaseIterable {
  /// From the first step.
  case fresh
  /// From step 3,000 on: moments of the size they have then, and those of words long unread so small that they are
  /// subnormal, which arithmetic that does not flush them to zero pays for.
  case late
}

extension AdamWOptimizer {
  /// Step 3,000 of a fine-tuning: second moments 1e-12 and first moments 1e-7, but 1e-14 and the subnormal 1e-41 in
  /// 2,130 rows of the word embeddings, as many as SST-2 leaves unread for long.
  func makeLate(words: Parameter) {
    stepCount = 3000
    for state in states {
      state.firstMoment.values.update(repeating: 1e-7)
      state.secondMoment.values.update(repeating: 1e-12)
      guard state.parameter === words else { continue }
      let rows = Self.unreadRows.clamped(to: 0..<words.rows)
      let unread = rows.lowerBound * words.columns..<rows.upperBound * words.columns
      state.firstMoment.values[unread].update(repeating: Float(1e-41 as Double))
      state.secondMoment.values[unread].update(repeating: 1e-14)
    }
  }

  private static let unreadRows = 20_000..<22_130
}
