// The correlation of the order of predicted numbers with the right order.

/// Pearson's correlation of the ranks, equal numbers having the mean of their ranks; not a number where all of either are
/// equal. From -1 to 1.
/// - Source: scipy 1.13.1, `stats.spearmanr`.
public enum SpearmanCorrelation: NumberMetric {
  public static let name = "spearmanr"
  public static let title = "Spearman"
  public static let about =
    "Rank correlation between predictions and labels; NaN if all of either are equal."

  public static func value(of answers: Answers<Double>) -> Double {
    PearsonCorrelation.value(
      of: Answers(predictions: ranks(answers.predictions), labels: ranks(answers.labels)))
  }

  /// From 1; not a number for every value if one is not a number.
  static func ranks(_ values: [Double]) -> [Double] {
    guard !values.contains(where: \.isNaN) else {
      return [Double](repeating: .nan, count: values.count)
    }
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var first = 0
    while first < order.count {
      var end = first + 1
      while end < order.count, values[order[end]] == values[order[first]] { end += 1 }
      for place in order[first..<end] { ranks[place] = Double(first + end + 1) / 2 }
      first = end
    }
    return ranks
  }
}
