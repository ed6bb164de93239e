// Precision, recall and F1 of each class.

/// One class among the answers, TP, FP and FN counted for it alone.
/// - Source: scikit-learn 1.5.2, `precision_recall_fscore_support(labels, predictions, zero_division=0)`.
public struct ClassFigures: Sendable, Equatable {
  /// TP / (TP + FP); 0 for a class that is never predicted.
  public let precision: Double
  /// TP / (TP + FN); 0 for a class that is never right.
  public let recall: Double
  /// 2·TP / (2·TP + FP + FN); 0 for a class that is neither.
  public let f1: Double
  /// Examples whose label it is.
  public let examples: Int

  /// Of every class, in the order of their numbers.
  /// - Parameter classCount: more than every number among the answers.
  public static func all(of answers: Answers<Int>, classCount: Int) -> [ClassFigures] {
    var counts = [(examples: Int, predicted: Int, hits: Int)](
      repeating: (0, 0, 0), count: classCount)
    for (prediction, label) in zip(answers.predictions, answers.labels) {
      counts[label].examples += 1
      counts[prediction].predicted += 1
      if prediction == label { counts[label].hits += 1 }
    }
    func share(_ part: Int, of whole: Int) -> Double {
      whole == 0 ? 0 : Double(part) / Double(whole)
    }
    return counts.map { count in
      ClassFigures(
        precision: share(count.hits, of: count.predicted),
        recall: share(count.hits, of: count.examples),
        f1: share(2 * count.hits, of: count.predicted + count.examples), examples: count.examples)
    }
  }
}

extension Answers where Value == Int {
  /// What a model would answer that always gives the most frequent label; of equals the one with the lowest number.
  /// - Parameter labels: at least one.
  public static func always(theLargestOf labels: [Int]) -> Answers {
    let counts = Dictionary(labels.map { ($0, 1) }, uniquingKeysWith: +)
    let largest = counts.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key ?? 0
    return Answers(
      predictions: [Int](repeating: largest, count: labels.count), labels: labels)
  }
}
