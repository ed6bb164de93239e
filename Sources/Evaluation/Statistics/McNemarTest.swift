// Whether two models differ on the same examples, by chance or not.

import Foundation

/// McNemar's exact test. Of the examples that exactly one of two models gets right, each model has
/// its share; if they are equally good, the split is that of a fair coin:
///   p = min(1, 2 · Σ_{k ≤ min(b,c)} C(b+c, k) / 2^(b+c))
/// - Source: Q. McNemar, Psychometrika 12 (1947); exact form after the binomial distribution.
public struct McNemarTest: Sendable, Equatable {
  /// Examples that only the first, or only the second model gets right.
  public let onlyFirst: Int
  public let onlySecond: Int
  /// Two-sided.
  public let p: Double

  public init(onlyFirst: Int, onlySecond: Int) {
    precondition(onlyFirst >= 0 && onlySecond >= 0, "counts \(onlyFirst), \(onlySecond)")
    self.onlyFirst = onlyFirst
    self.onlySecond = onlySecond
    let n = onlyFirst + onlySecond
    // In logarithms: 2^-n is zero as a Double from n = 1,075 on.
    let whole = lgamma(Double(n + 1)) - Double(n) * log(2.0)
    let terms = (0...min(onlyFirst, onlySecond)).map { (k: Int) -> Double in
      exp(whole - lgamma(Double(k + 1)) - lgamma(Double(n - k + 1)))
    }
    p = onlyFirst == onlySecond ? 1 : min(1, 2 * terms.reduce(0, +))
  }

  /// - labels, first, second: one entry per example, of equal length.
  public init(labels: [Int], first: [Int], second: [Int]) {
    precondition(
      labels.count == first.count && labels.count == second.count,
      "\(labels.count) labels, \(first.count) and \(second.count) predictions")
    var (onlyFirst, onlySecond) = (0, 0)
    for index in labels.indices {
      let (a, b) = (first[index] == labels[index], second[index] == labels[index])
      if a && !b { onlyFirst += 1 }
      if b && !a { onlySecond += 1 }
    }
    self.init(onlyFirst: onlyFirst, onlySecond: onlySecond)
  }
}
