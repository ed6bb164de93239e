// A distillation's gradient breakdown by loss term: each term's value and gradient, every few steps.

extension RunRecord {
  public struct GradientBreakdowns: Codable, Sendable, Equatable {
    /// Steps from one breakdown to the next.
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
      /// At the first step.
      public var weight: Double
      /// What the raw term is multiplied by before the weight: T² for soft targets, else 1.
      public var scale: Double
      /// Which of the term's options the scale comes from; nil for a scale of 1 and in earlier records.
      public var scaledBy: Option?
      /// Names of the term's further measurements; nil for none and in earlier records.
      public var measures: [String]?
      /// Whether it and its measurements are taken of the teacher's kept logits, all other words being one; nil in earlier
      /// records.
      public var readsKeptLogits: Bool?

      /// An option of a term, such as the temperature, and its value.
      public struct Option: Codable, Sendable, Equatable {
        public var name: String
        public var value: Double

        public init(name: String, value: Double) { (self.name, self.value) = (name, value) }
      }

      public init(
        name: String, weight: Double, scale: Double, scaledBy: Option? = nil,
        measures: [String]? = nil, readsKeptLogits: Bool? = nil
      ) {
        self.name = name
        self.weight = weight
        self.scale = scale
        self.scaledBy = scaledBy
        self.measures = measures
        self.readsKeptLogits = readsKeptLogits
      }
    }

    /// What soft targets measure: the entropy of the teacher's softened distribution, in nats.
    public static let teacherEntropy = "teacher_entropy"

    /// At one step, before its update.
    public struct Point: Codable, Sendable, Equatable {
      /// Counted from 1.
      public var step: Int
      /// Scaled and without weight, in the order of the terms, as in the loss curve.
      public var values: [Double]
      /// The terms' weights at this step; nil where they are the same at all steps.
      public var weights: [Double]?
      /// What the raw terms are multiplied by before their weights at this step; nil where that is the same at all steps.
      public var scales: [Double]?
      /// L2 norms of the scaled terms' gradients over all trained parameters, without weight.
      public var gradientNorms: [Double]
      /// Between the gradients of the first and second term, the first and third, ..., the second and third, ...
      public var gradientCosines: [Double]
      /// Further measurements of the terms, by name.
      public var measurements: [String: Double]

      public init(
        step: Int, values: [Double], weights: [Double]? = nil, scales: [Double]? = nil,
        gradientNorms: [Double], gradientCosines: [Double], measurements: [String: Double] = [:]
      ) {
        self.step = step
        self.values = values
        self.weights = weights
        self.scales = scales
        self.gradientNorms = gradientNorms
        self.gradientCosines = gradientCosines
        self.measurements = measurements
      }

      /// The teacher's entropy has a key of its own, as in records from before there were other measurements.
      private enum CodingKeys: CodingKey {
        case step, values, weights, scales, gradientNorms, gradientCosines, teacherEntropy,
          measurements
      }

      public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        step = try container.decode(Int.self, forKey: .step)
        values = try container.decode([Double].self, forKey: .values)
        weights = try container.decodeIfPresent([Double].self, forKey: .weights)
        scales = try container.decodeIfPresent([Double].self, forKey: .scales)
        gradientNorms = try container.decode([Double].self, forKey: .gradientNorms)
        gradientCosines = try container.decode([Double].self, forKey: .gradientCosines)
        measurements =
          try container.decodeIfPresent([String: Double].self, forKey: .measurements) ?? [:]
        if let entropy = try container.decodeIfPresent(Double.self, forKey: .teacherEntropy) {
          measurements[GradientBreakdowns.teacherEntropy] = entropy
        }
      }

      public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(step, forKey: .step)
        try container.encode(values, forKey: .values)
        try container.encodeIfPresent(weights, forKey: .weights)
        try container.encodeIfPresent(scales, forKey: .scales)
        try container.encode(gradientNorms, forKey: .gradientNorms)
        try container.encode(gradientCosines, forKey: .gradientCosines)
        var others = measurements
        others[GradientBreakdowns.teacherEntropy] = nil
        try container.encodeIfPresent(
          measurements[GradientBreakdowns.teacherEntropy], forKey: .teacherEntropy)
        if !others.isEmpty { try container.encode(others, forKey: .measurements) }
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
          && point.weights?.count ?? terms.count == terms.count
          && point.scales?.allSatisfy { $0 > 0 } ?? true
          && point.scales?.count ?? terms.count == terms.count
          && point.gradientCosines.count == pairCount
          ? nil
          : "the breakdown at step \(point.step) has \(point.values.count) values, "
            + "\(point.gradientNorms.count) norms and \(point.gradientCosines.count) cosines "
            + "for \(terms.count) terms"
      }
    }
  }
}
