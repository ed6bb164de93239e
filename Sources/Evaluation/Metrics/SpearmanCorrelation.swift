// The correlation of the order of predicted numbers with the right order.

/// Pearson's correlation of the ranks, equal numbers having the mean of their ranks; not a number where all of either are
/// equal. From -1 to 1.
/// - Source: scipy 1.13.1, `stats.spearmanr`.
public enum SpearmanCorrelation: NumberMetric {
  public static let name = "spearmanr"
  public static let title = "Spearman"
  public static let about =
    "Rank correlation between predictions and labels; NaN if all of either are equal."
  public static let range = -1.0...1.0

  public static func value(of answers: Answers<Double>) -> Double {
    resampled(answers)(Array(answers.predictions.indices))
  }

  /// The order of all values gives that of every sample: nothing is sorted again.
  public static func resampled(_ answers: Answers<Double>) -> ([Int]) -> Double {
    guard let predictions = RankedValues(answers.predictions),
      let labels = RankedValues(answers.labels)
    else { return { _ in .nan } }
    return { drawn in
      PearsonCorrelation.value(
        of: Answers(predictions: predictions.ranks(of: drawn), labels: labels.ranks(of: drawn)))
    }
  }
}
