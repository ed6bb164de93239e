// A distillation's gradient breakdown by loss term: each term's value and gradient, every few steps.

extension RunRecord {
  public struct LossAccounting: Codable, Sendable, Equatable {
    /// Steps from one account to the next.
    public var every: Int
    /// In the order of the objective.
    public var terms: [Term]
    public var points: [Point]

    public init(every: Int, terms: [Term], points: [Point]) {
      self.every = every
      self.terms = terms
      self.points = points
    }

    public struct Term: Codable, Sendable, Equatable {
      public var name: String
      public var weight: Double
      /// What the raw term is multiplied by before the weight: T² for soft targets, else 1.
      public var scale: Double

      public init(name: String, weight: Double, scale: Double) {
        self.name = name
        self.weight = weight
        self.scale = scale
      }
    }

    /// At one step, before its update.
    public struct Point: Codable, Sendable, Equatable {
      /// Counted from 1.
      public var step: Int
      /// Scaled and without weight, in the order of the terms, as in the loss curve.
      public var values: [Double]
      /// L2 norms of the scaled terms' gradients over all trained parameters, without weight.
      public var gradientNorms: [Double]
      /// Between the gradients of the first and second term, the first and third, ..., the second and third, ...
      public var gradientCosines: [Double]
      /// Of the teacher's softened distribution, in nats; nil without soft targets.
      public var teacherEntropy: Double?

      public init(
        step: Int, values: [Double], gradientNorms: [Double], gradientCosines: [Double],
        teacherEntropy: Double?
      ) {
        self.step = step
        self.values = values
        self.gradientNorms = gradientNorms
        self.gradientCosines = gradientCosines
        self.teacherEntropy = teacherEntropy
      }
    }

    /// Which terms the cosines are between.
    public var pairs: [(Int, Int)] {
      terms.indices.flatMap { first in terms.indices.dropFirst(first + 1).map { (first, $0) } }
    }

    /// What is wrong with it; empty if it can be drawn.
    var contradictions: [String] {
      let pairCount = pairs.count
      return points.compactMap { point in
        point.values.count == terms.count && point.gradientNorms.count == terms.count
          && point.gradientCosines.count == pairCount
          ? nil
          : "the account at step \(point.step) has \(point.values.count) values, "
            + "\(point.gradientNorms.count) norms and \(point.gradientCosines.count) cosines "
            + "for \(terms.count) terms"
      }
    }
  }
}
