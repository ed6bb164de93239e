// A step's gradient broken down by term.

/// The gradient of each term of an objective at one step, before the update: its norm, and the
/// cosines between the terms' gradients.
///
/// Gradients are those of the terms alone, each with weight 1, over all trained parameters and before clipping; the
/// step's own gradient is their sum by weight.
public struct GradientBreakdown: Sendable, Equatable {
  /// Which step, counted from 1.
  public var step: Int
  /// Unweighted, in the order of the objective's terms.
  public var terms: [Double]
  /// L2 norms of the terms' gradients, in the same order.
  public var gradientNorms: [Double]
  /// Cosines between the gradients of two terms, in the order of `pairs`; 0 where one of them is zero.
  public var cosines: [Double]
  /// Entropy of the teacher's softened distribution in nats, mean over the positions of the soft targets; nil
  /// without them.
  public var teacherEntropy: Double?

  /// Which terms `cosines` are between: 0 and 1, 0 and 2, 1 and 2 of three.
  public static func pairs(termCount: Int) -> [(Int, Int)] {
    (0..<termCount).flatMap { first in (first + 1..<max(first + 1, termCount)).map { (first, $0) } }
  }

  init(
    step: Int, terms: [Double], gradientNorms: [Double], cosines: [Double], teacherEntropy: Double?
  ) {
    self.step = step
    self.terms = terms
    self.gradientNorms = gradientNorms
    self.cosines = cosines
    self.teacherEntropy = teacherEntropy
  }
}

// MARK: - In a checkpoint

extension GradientBreakdown {
  var storedValues: [Double] {
    [Double(step), teacherEntropy ?? .nan] + terms + gradientNorms + cosines
  }

  static func storedCount(termCount: Int) -> Int {
    2 + 2 * termCount + pairs(termCount: termCount).count
  }

  /// - Parameter values: `storedCount` of them.
  init(storedValues values: ArraySlice<Double>, termCount: Int) {
    var rest = values
    func take(_ count: Int) -> [Double] {
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    let head = take(2)
    self.init(
      step: Int(head[0]), terms: take(termCount), gradientNorms: take(termCount),
      cosines: take(Self.pairs(termCount: termCount).count),
      teacherEntropy: head[1].isNaN ? nil : head[1])
  }
}
