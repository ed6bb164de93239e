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

  /// The order of all values gives that of every sample: nothing is sorted again.
  public static func resampled(_ answers: Answers<Double>) -> ([Int]) -> Double {
    guard let predictions = ValueOrder(answers.predictions), let labels = ValueOrder(answers.labels)
    else { return { _ in .nan } }
    return { drawn in
      PearsonCorrelation.value(
        of: Answers(predictions: predictions.ranks(of: drawn), labels: labels.ranks(of: drawn)))
    }
  }

  /// Values by size, so that the ranks in a sample of them are counted.
  private struct ValueOrder {
    /// Of each value, how many smaller distinct ones there are.
    private let places: [Int]
    private let distinctCount: Int

    /// Nil where one is not a number.
    init?(_ values: [Double]) {
      guard !values.contains(where: \.isNaN) else { return nil }
      var places = [Int](repeating: 0, count: values.count)
      var place = -1
      var last: Double?
      for index in values.indices.sorted(by: { values[$0] < values[$1] }) {
        if values[index] != last { place += 1 }
        last = values[index]
        places[index] = place
      }
      self.places = places
      distinctCount = place + 1
    }

    /// - Parameter drawn: numbers of the values, any of them as often as it likes.
    func ranks(of drawn: [Int]) -> [Double] {
      var counts = [Int](repeating: 0, count: distinctCount)
      for number in drawn { counts[places[number]] += 1 }
      var before = 0
      let ranks = counts.map { count in
        defer { before += count }
        return Double(before) + Double(count + 1) / 2
      }
      return drawn.map { ranks[places[$0]] }
    }
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
