// What each sentence counts by what its teacher says of it.
import Glibc

/// Weights of sentences that follow from a teaching classifier's logits t [K] of each. They are divided by their mean over a
/// step, so that a term keeps its size.
public enum ExampleWeighting: String, Sendable, Hashable, CaseIterable {
  /// Every sentence counts 1.
  case uniform
  /// The largest of softmax(t), the teacher's own confidence, at a temperature of 1.
  case teacherConfidence = "teacher_confidence"
  /// 1 where the teacher's largest logit is the label's, of equal ones the first, else 0.
  case teacherCorrect = "teacher_correct"

  /// What a formula says after "mean over".
  var words: String {
    switch self {
    case .uniform: "sentences"
    case .teacherConfidence: "sentences by the teacher's confidence"
    case .teacherCorrect: "sentences that the teacher gets right"
    }
  }

  /// What a sentence counts, before the division.
  /// - Parameters:
  ///   - logits: t [K].
  ///   - label: in 0..<K; nil where there is none, which `teacherCorrect` cannot do without.
  func weight(logits: some Collection<Float>, label: Int?) -> Double {
    switch self {
    case .uniform: return 1
    case .teacherConfidence:
      let highest = Double(logits.max() ?? 0)
      return 1 / logits.reduce(0) { $0 + exp(Double($1) - highest) }
    case .teacherCorrect:
      guard let highest = logits.max(), let label else {
        preconditionFailure("a sentence without a label cannot be answered rightly")
      }
      return logits.enumerated().first { $0.element == highest }?.offset == label ? 1 : 0
    }
  }
}
