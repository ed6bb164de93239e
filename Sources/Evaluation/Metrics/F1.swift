// F1 of the second of two classes.

/// F1 = 2·TP / (2·TP + FP + FN) of class 1, and 0 where it was neither predicted nor right.
/// - Source: scikit-learn 1.5.2, `f1_score(labels, predictions, zero_division=0)`.
public enum F1: ClassMetric {
  public static let name = "f1"
  public static let title = "F1"
  public static let about =
    "F1 of the second class, such as `equivalent`; for tasks with two classes."
  public static let classCount: Int? = 2

  public static func value(of answers: Answers<Int>) -> Double {
    var (hits, occurrences) = (0, 0)
    for (prediction, label) in zip(answers.predictions, answers.labels) {
      occurrences += (prediction == 1 ? 1 : 0) + (label == 1 ? 1 : 0)
      hits += prediction == 1 && label == 1 ? 1 : 0
    }
    return occurrences == 0 ? 0 : Double(2 * hits) / Double(occurrences)
  }
}
