// The share of right answers.

public enum Accuracy: ClassMetric {
  public static let name = "accuracy"
  public static let title = "Accuracy"
  public static let about = "The share of right answers."

  public static func value(of answers: Answers<Int>) -> Double {
    Double(answers.correct) / Double(answers.count)
  }

  /// Wilson's.
  public static func interval(of answers: Answers<Int>) -> ConfidenceInterval {
    let wilson = WilsonInterval(correct: answers.correct, count: answers.count)
    return ConfidenceInterval(low: wilson.low, high: wilson.high)
  }
}
