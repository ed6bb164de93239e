import Foundation

extension Reference {
  /// What is compared of two models' attention, as `ScoreComparison` of the engine has it.
  public struct AttentionComparison: Sendable {
    public var probabilities: Bool
    public var divergence: Bool
    /// What each head counts in one matrix for all; nil where each head is compared.
    public var merge: (@Sendable (_ headCount: Int) -> Double)?

    public init(
      probabilities: Bool, divergence: Bool, merge: (@Sendable (_ headCount: Int) -> Double)? = nil
    ) {
      (self.probabilities, self.divergence, self.merge) = (probabilities, divergence, merge)
    }
  }

  /// The loss between the attention scores of two models, of each sequence: x and y [T, C] of the student, then of the teacher.
  public static func attentionScoreLoss(
    _ student: (x: Matrix, y: Matrix), _ teacher: (x: Matrix, y: Matrix), headCounts: (Int, Int),
    offsets: [Int32], comparison: AttentionComparison
  ) -> [Double] {
    zip(offsets, offsets.dropFirst()).map { first, end in
      let rows = Int(first)..<Int(end)
      return rows.reduce(0) { sum, row in
        let s = compared(student, headCounts.0, row, rows, comparison)
        let t = compared(teacher, headCounts.1, row, rows, comparison)
        return zip(s, t).reduce(sum) { sum, heads in
          guard comparison.divergence else {
            return sum + zip(heads.0, heads.1).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
          }
          let isLogarithmic = !comparison.probabilities
          let p = isLogarithmic ? softmax(heads.0) : heads.0
          let q = isLogarithmic ? softmax(heads.1) : heads.1
          return sum + zip(p, q).reduce(0) { $0 + $1.1 * (log($1.1) - log($1.0)) }
        }
      }
    }
  }

  /// A row of each head, or of all of them as one.
  private static func compared(
    _ model: (x: Matrix, y: Matrix), _ headCount: Int, _ row: Int, _ rows: Range<Int>,
    _ comparison: AttentionComparison
  ) -> [[Double]] {
    let size = model.x.columns / headCount
    let heads = (0..<headCount).map { head in
      let scores = rows.map { t in
        (head * size..<(head + 1) * size).reduce(0) { $0 + model.x[row, $1] * model.y[t, $1] }
          / Double(size).squareRoot()
      }
      return comparison.probabilities ? softmax(scores) : scores
    }
    guard let merge = comparison.merge else { return heads }
    let share = merge(headCount)
    return [rows.indices.map { j in heads.reduce(0) { $0 + share * $1[j - rows.lowerBound] } }]
  }
}
