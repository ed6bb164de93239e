// The correlation of predictions and labels that are classes.

/// With n examples of which c are right, and tₖ and pₖ how often class k is right and is predicted,
///   (c·n - Σ tₖ·pₖ) / √((n² - Σ pₖ²)·(n² - Σ tₖ²)),
/// and 0 where all predictions or all labels are one class. From -1 to 1.
/// - Source: scikit-learn 1.5.2, `matthews_corrcoef`; J. Gorodkin, Computational Biology and Chemistry 28 (2004).
public enum MatthewsCorrelation: ClassMetric {
  public static let name = "matthews_correlation"
  public static let title = "Matthews correlation"
  public static let about =
    "Correlation between predicted and true classes; 0 if the model always predicts the same class."
  public static let range = -1.0...1.0

  public static func value(of answers: Answers<Int>) -> Double {
    let classes = max(answers.predictions.max() ?? 0, answers.labels.max() ?? 0) + 1
    var right = [Double](repeating: 0, count: classes)
    var predicted = right
    for label in answers.labels { right[label] += 1 }
    for prediction in answers.predictions { predicted[prediction] += 1 }
    func product(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let count = Double(answers.count)
    let spread =
      (count * count - product(predicted, predicted)) * (count * count - product(right, right))
    guard spread > 0 else { return 0 }
    return (Double(answers.correct) * count - product(right, predicted)) / spread.squareRoot()
  }
}
