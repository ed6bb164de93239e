import Foundation

extension Reference {
  /// -log softmax(xₙ)[yₙ] of every row.
  public static func crossEntropy(_ logits: Matrix, labels: [Int32]) -> [Double] {
    labels.enumerated().map { -logSoftmax(logits.row($0))[Int($1)] }
  }

  /// Σ over a row of (s - t)².
  public static func squaredError(_ student: Matrix, _ teacher: Matrix) -> [Double] {
    (0..<student.rows).map { r in
      zip(student.row(r), teacher.row(r)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
  }

  /// 1 - s·t / √((|s|² + ε)(|t|² + ε)) of every row, ε = 10⁻¹².
  public static func cosineEmbeddingLoss(_ student: Matrix, _ teacher: Matrix) -> [Double] {
    func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
    return (0..<student.rows).map { r in
      let (s, t) = (student.row(r), teacher.row(r))
      return 1 - dot(s, t) / ((dot(s, s) + 1e-12) * (dot(t, t) + 1e-12)).squareRoot()
    }
  }

  /// T² · KL( softmax(t/T) ‖ softmax(s/T) ) of every row.
  public static func softTargetDivergence(
    _ student: Matrix, _ teacher: Matrix, temperature: Double
  ) -> [Double] {
    (0..<student.rows).map { r in
      let logP = logSoftmax(student.row(r).map { $0 / temperature })
      let logQ = logSoftmax(teacher.row(r).map { $0 / temperature })
      return temperature * temperature
        * zip(logQ, logP).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
    }
  }
}
