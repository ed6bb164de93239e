import RetortStorage

/// Running sums of the losses of steps: each term unweighted, and the weighted total that is minimised.
public struct LossSums: Sendable, Equatable {
  public private(set) var steps = 0
  public private(set) var total = 0.0
  /// In the order of the objective's terms.
  public private(set) var terms: [Double]

  public init(termCount: Int) { terms = [Double](repeating: 0, count: termCount) }

  mutating func add(_ losses: StepLosses) {
    precondition(losses.terms.count == terms.count, "the terms of an objective do not change")
    steps += 1
    total += losses.total
    for i in terms.indices { terms[i] += losses.terms[i].value }
  }

  /// Means over the steps, as the Trainer of transformers reports them: every step counts alike.
  public var meanTotal: Double { steps == 0 ? .nan : total / Double(steps) }
  public var meanTerms: [Double] { terms.map { steps == 0 ? .nan : $0 / Double(steps) } }

  var storedValues: [Double] { [Double(steps), total] + terms }

  init(storedValues: [Double], termCount: Int) throws(TrainingError) {
    guard storedValues.count == termCount + 2 else {
      throw .foreignProgress("\(storedValues.count) loss sums, expected \(termCount + 2)")
    }
    steps = Int(storedValues[0])
    total = storedValues[1]
    terms = Array(storedValues[2...])
  }
}

/// What one optimizer step found.
public struct StepLosses: Sendable, Equatable {
  public struct Term: Sendable, Equatable {
    public var name: String
    /// Mean over what the term is a mean over, without its weight.
    public var value: Double

    public init(name: String, value: Double) { (self.name, self.value) = (name, value) }
  }

  public var terms: [Term]
  /// Σ weight · value
  public var total: Double

  public init(terms: [Term], total: Double) { (self.terms, self.total) = (terms, total) }
}
