// The measures of a plan, and the models that they read.

/// A measure with every name led to a model or stage of the plan.
struct PlannedMeasure: Sendable {
  let name: String
  let measure: any Measure
  let text: ResolvedText
  let of: [MeasuredInput]
  let with: MeasuredInput?

  var inputs: [StageInput] { of.map(\.input) + (with.map { [$0.input] } ?? []) }
}

extension ResolvedPlan {
  /// The measures that can be taken when some stages are finished: of the models that are there then.
  /// - Parameter finished: with everything that they need.
  func measures(with finished: [PlannedStage]) -> [PlannedMeasure] {
    let ids = Set(finished.map(\.id))
    func input(_ name: String) -> MeasuredInput? {
      let input: StageInput = stage(id: name) != nil ? .stage(name) : .model(name)
      if case .model = input, model(named: name) == nil { return nil }
      return stagesBehind(input).allSatisfy(ids.contains)
        ? MeasuredInput(name: name, input: input) : nil
    }
    return definition.measures.compactMap { stated in
      let of = stated.measure.of.compactMap(input)
      let with = stated.measure.with.flatMap(input)
      guard !of.isEmpty, (with == nil) == (stated.measure.with == nil),
        let text = definition.resolved(stated.measure.sample)
      else { return nil }
      return PlannedMeasure(
        name: stated.name, measure: stated.measure, text: text, of: of, with: with)
    }
  }

  /// What they read, with what these are made of.
  func measuredInputs(with finished: [PlannedStage]) -> [StageInput] {
    measures(with: finished).flatMap(\.inputs).firstOccurrences
  }
}
