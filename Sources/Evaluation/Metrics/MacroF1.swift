// F1 averaged over the classes.

/// For each class F1 = 2·TP / (2·TP + FP + FN), and 0 for a class that was predicted or is right somewhere, but never
/// both. The mean is over the classes that occur among the predictions or the labels.
/// - Source: scikit-learn 1.5.2, `f1_score(labels, predictions, average="macro", zero_division=0)`.
public enum MacroF1: ClassMetric {
  public static let name = "f1_macro"
  public static let title = "Macro F1"
  public static let about = "F1 of each class, averaged over the classes."

  public static func value(of answers: Answers<Int>) -> Double {
    let classes = max(answers.predictions.max() ?? 0, answers.labels.max() ?? 0) + 1
    var hits = [Int](repeating: 0, count: classes)
    /// How often a class was predicted, and how often it was right: 2·TP + FP + FN.
    var occurrences = [Int](repeating: 0, count: classes)
    for (prediction, label) in zip(answers.predictions, answers.labels) {
      occurrences[prediction] += 1
      occurrences[label] += 1
      if prediction == label { hits[label] += 1 }
    }
    let scores = zip(hits, occurrences).filter { $1 > 0 }.map { Double(2 * $0) / Double($1) }
    return scores.reduce(0, +) / Double(scores.count)
  }
}
