// A loss as it is at one step of a stage: weights and temperatures may change.

extension WeightedTerm {
  /// What of it changes from step to step, by its keys: its weight and what its term has.
  public var schedules: [(key: String, value: StepValue)] {
    (weight.constant == nil ? [(key: "weight", value: weight)] : []) + term.schedules
  }
}

extension Objective {
  /// The weights of a step.
  /// - Parameters:
  ///   - step: steps done before.
  ///   - total: steps of the whole stage.
  public func weights(step: Int, of total: Int) -> [Double] {
    terms.map { $0.weight.value(step: step, of: total) }
  }

  /// The same as it is at a step, with what changes in its terms settled.
  func at(step: Int, of total: Int) -> Objective {
    terms.contains { !$0.term.schedules.isEmpty }
      ? mappingTerms { $0.at(step: step, of: total) } : self
  }

  /// The factors in the terms' values at a step, by term; nil for none, and for one that is not the same of all rows.
  public func scales(step: Int, of total: Int) -> [ValueScale?] {
    at(step: step, of: total).terms.map { $0.term.scale.flatMap { $0.changes == nil ? $0 : nil } }
  }

  /// What changes from step to step, as it is at one: by the term's name and the key, as in `warm.temperature`.
  func scheduled(step: Int, of total: Int) -> [String: Double] {
    var values: [String: Double] = [:]
    for weighted in terms {
      for (key, value) in weighted.schedules {
        values["\(weighted.name).\(key)"] = value.value(step: step, of: total)
      }
    }
    return values
  }
}
