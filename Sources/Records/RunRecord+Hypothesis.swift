// What was expected of an experiment before it was run, and what a run has found of it.

extension RunRecord {
  /// The hypothesis of a definition. Each record of a sweep has the whole of it, with what its own run has found.
  public struct Hypothesis: Codable, Sendable, Equatable {
    /// In the words of the definition.
    public var text: String
    /// SHA-256 of the definition's `hypothesis`, in hexadecimal: equal for runs that were made under the same one.
    public var digest: String
    /// What has to hold.
    public var claims: [Claim]

    public init(text: String, digest: String, claims: [Claim]) {
      self.text = text
      self.digest = digest
      self.claims = claims
    }

    /// How a claim limits a figure or a difference.
    public enum Bound: String, Codable, Sendable, CaseIterable {
      case atLeast = "at_least"
      case atMost = "at_most"
      case moreBy = "more_by"
      case lessBy = "less_by"
      /// A difference that is small, whatever its sign.
      case within

      /// Whether it limits the difference of two models, and not a figure of one.
      public var isOfDifference: Bool {
        switch self {
        case .atLeast, .atMost: false
        case .moreBy, .lessBy, .within: true
        }
      }
    }

    /// A statement on a figure of a model, or on the difference of two models, that can be decided.
    public struct Claim: Codable, Sendable, Equatable {
      /// The model or stage.
      public var of: String
      /// The model or stage that it is compared with; nil for a claim on a figure.
      public var than: String?
      /// The measure that takes the figure; nil for one of a task.
      public var measure: String?
      /// The task on whose development set the stages are evaluated; nil for a figure of a measure.
      public var task: String?
      /// As the measure's figures are called in records: `masked-LM loss`; of a task the metric's name.
      public var figure: String
      public var bound: Bound
      /// Of the bound, in units of the figure.
      public var value: Double
      /// The sweep's keys and values at which it is taken; nil for every condition.
      public var settings: [Variant.Setting]?
      /// Of a measure, in this run; nil where there is no such figure, and for a task, whose answers are in the record.
      public var found: Found?

      public init(
        of: String, than: String? = nil, measure: String? = nil, task: String? = nil,
        figure: String, bound: Bound, value: Double, settings: [Variant.Setting]? = nil,
        found: Found? = nil
      ) {
        self.of = of
        self.than = than
        self.measure = measure
        self.task = task
        self.figure = figure
        self.bound = bound
        self.value = value
        self.settings = settings
        self.found = found
      }
    }

    /// A figure, or a difference example by example on the same examples, with its interval at 95 %; without ends where
    /// there is no interval.
    public struct Found: Codable, Sendable, Equatable {
      public var value: Double
      public var low: Double?
      public var high: Double?

      public init(value: Double, low: Double?, high: Double?) {
        (self.value, self.low, self.high) = (value, low, high)
      }
    }
  }
}

extension RunRecord.Hypothesis.Claim {
  /// Whether it is taken in a run of the variant. What an ablation leaves out is no part of a hypothesis.
  public func isTaken(in variant: RunRecord.Variant?) -> Bool {
    variant?.ablation == nil
      && (settings ?? []).allSatisfy { variant?.settings.contains($0) ?? false }
  }

  /// The bound's value, without a decimal point where it is whole.
  public var valueText: String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }

  /// "cosine of distil (in_domain) is at least 0.92"
  public var words: String {
    let place = measure.map { " (\($0))" } ?? task.map { " on \($0)" } ?? ""
    let subject = "\(figure.replacing("_", with: " ")) of \(of)\(place)"
    let other = than.map { "that of \($0)" } ?? "0"
    let relation =
      switch bound {
      case .atLeast: "is at least \(valueText)"
      case .atMost: "is at most \(valueText)"
      case .moreBy: "is higher than \(other)" + (value == 0 ? "" : " by more than \(valueText)")
      case .lessBy: "is lower than \(other)" + (value == 0 ? "" : " by more than \(valueText)")
      case .within: "differs from \(other) by less than \(valueText)"
      }
    let taken = (settings ?? []).map { "\($0.path) = \($0.value)" }.joined(separator: ", ")
    return "\(subject) \(relation)" + (taken.isEmpty ? "" : ", where \(taken)")
  }
}

extension RunRecord.Hypothesis {
  /// What cannot be: a claim on nothing or on two things, a difference without its second model.
  var contradictions: [String] {
    claims.enumerated().flatMap { place, claim -> [String] in
      var facts: [String] = []
      if (claim.measure == nil) == (claim.task == nil) {
        facts.append("claim \(place + 1) of the hypothesis: neither a measure nor a task, or both")
      }
      if (claim.than == nil) == claim.bound.isOfDifference {
        facts.append(
          "claim \(place + 1) of the hypothesis: \(claim.bound.rawValue) "
            + (claim.than == nil ? "without another model" : "with another model"))
      }
      if let found = claim.found, (found.low == nil) != (found.high == nil) {
        facts.append("claim \(place + 1) of the hypothesis: an interval with one end")
      }
      return facts
    }
  }
}
