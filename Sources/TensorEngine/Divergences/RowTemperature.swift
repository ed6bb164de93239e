import Glibc

/// A temperature for each row n of a batch of logits s of a student and t of a teacher:
///
///     τₙ = base + β (mean of w over the batch - wₙ), at least `least`
///     w of `similarity` γ     (1 - s·t / ((|s| + 10⁻⁴) (|t| + 10⁻⁴)))^γ
///     w of `confidence`       1 / (max softmax(s) + 10⁻³)
///
/// A row on which the student is far from the teacher, or unsure, has a low temperature. No gradient flows through it.
/// Source: Wen, Lai, Qian 2019 (arXiv 1911.07471), as `flsw` and `cwsm` of TextBrewer 0.2.1.post1 have it, whose temperatures
/// have no lower end.
public struct RowTemperature: Sendable, Hashable {
  public enum Weight: Sendable, Hashable {
    case similarity(gamma: Double)
    case confidence
  }

  public var weight: Weight
  public var base: Double
  public var beta: Double
  public var least: Double

  /// - Parameter least: above 0.
  public init(_ weight: Weight, base: Double, beta: Double, least: Double) {
    precondition(least > 0, "a temperature must be positive")
    (self.weight, self.base, self.beta, self.least) = (weight, base, beta, least)
  }

  /// - Parameters:
  ///   - student: s [N, K].
  ///   - teacher: t [N, K].
  /// - Returns: [N]
  public func temperatures(student: Tensor, teacher: Tensor) -> [Float] {
    precondition(
      student.shape == teacher.shape, "student \(student.shape) and teacher \(teacher.shape)")
    let (s, t) = (student.copyValues(), teacher.copyValues())
    let weights = (0..<student.rows).map { row in
      let places = row * student.columns..<(row + 1) * student.columns
      return weight(s[places].map(Double.init), t[places].map(Double.init))
    }
    let mean = weights.reduce(0, +) / Double(max(1, weights.count))
    return weights.map { Float(max(least, base + beta * (mean - $0))) }
  }

  private func weight(_ s: [Double], _ t: [Double]) -> Double {
    switch weight {
    case .similarity(let gamma):
      func length(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() + 1e-4 }
      let cosine = zip(s, t).reduce(0) { $0 + $1.0 * $1.1 } / (length(s) * length(t))
      return pow(max(0, 1 - cosine), gamma)
    case .confidence:
      let highest = s.max() ?? 0
      return 1 / (1 / s.reduce(0) { $0 + exp($1 - highest) } + 1e-3)
    }
  }
}
