// What must hold between the measures of a definition, its models and its texts.
import RetortOptions

extension DefinitionChecks {
  mutating func checkMeasures() {
    // Where models or stages are wrong, names may well be theirs.
    guard !definition.measures.isEmpty, isWhole else { return }
    let plan = ResolvedPlan(definition)
    let names = plan.models.map(\.name) + plan.stages.map(\.id)
    for stated in definition.measures {
      let path = "\(MeasureDefinition.key).\(stated.name)"
      let measure = stated.measure
      let unknown = measure.names.filter { !names.contains($0) }
      for (place, name) in measure.of.enumerated() where unknown.contains(name) {
        report(
          "\(path).of.\(place)", expected: "a model or stage", found: "'\(name)'",
          advice: Spelling.advice(for: name, among: names))
      }
      if let with = measure.with, unknown.contains(with) {
        report(
          "\(path).with", expected: "a model or stage", found: "'\(with)'",
          advice: Spelling.advice(for: with, among: names))
      }
      if let with = measure.with, measure.of.contains(with) {
        report(
          "\(path).of", "has \(with), which the others are compared with",
          advice: "leave it out: it would be compared with itself")
      }
      check(measure.sample, at: path)
      guard unknown.isEmpty, !mistakes.touch(path) else { continue }
      func shape(_ name: String) -> (name: String, shape: ModelShape) {
        (name, plan.shape(of: name, look: context.look))
      }
      let shapes = MeasuredShapes(of: measure.of.map(shape), with: measure.with.map(shape))
      check(measure.need, of: shapes, at: path)
      checkLength(measure.sample, shapes, at: path)
      measure.check(at: path, shapes, in: &self)
    }
  }

  private mutating func check(_ sample: MeasuredSample, at path: String) {
    for name in sample.text.stages {
      report(
        "\(path).text", expected: "a text that is there before any stage runs",
        found: "'\(name)', which a stage makes")
    }
    switch sample.text {
    case .heldOut(let id):
      let stages = definition.holdingOut
      guard definition.stage(holdingOut: sample.text) == nil else { break }
      guard let id else {
        return report(
          "\(path).text", expected: "one stage that holds sentences out",
          found: stages.isEmpty
            ? "none" : "\(stages.map(\.id).joined(separator: ", ")), which differ",
          advice: stages.isEmpty
            ? "give a stage sentences: { from: …, hold_out: … }, or write text: { sentences: … }"
            : "write text: { held_out_of: \(stages[0].id) }")
      }
      let source = definition.stage(id: id)?.work.corpus?.sentences
      return report(
        "\(path).text.held_out_of", expected: "a stage that holds sentences out",
        found: definition.stage(id: id) == nil
          ? "'\(id)'"
          : "'\(id)', which \(source?.part == .heldOut ? "learns from them" : "does not")",
        advice: stages.isEmpty
          ? "give its sentences a hold_out" : Spelling.advice(for: id, among: stages.map(\.id)))
    case .sentences(let source) where source.part == .heldOut:
      checkHeldOut(source, at: "\(path).text.sentences")
    case .sentences, .corpus, .task: break
    }
    if sample.sequenceLength == nil, definition.stage(holdingOut: sample.text) == nil {
      report(
        path, "has no 'sequence_length'", expected: "a number of tokens, as in sequence_length: 128"
      )
    }
  }

  private mutating func check(_ need: ModelNeed, of shapes: MeasuredShapes, at path: String) {
    let all =
      shapes.of.enumerated().map { ("\(path).of.\($0)", $1) }
      + (shapes.with.map { [("\(path).with", $0)] } ?? [])
    for (place, model) in all {
      switch need {
      case .encoder: break
      case .maskedLMHead: requireHead(model.shape, model.name, place)
      case .classifier:
        if model.shape.classifier == nil,
          isKnown(model.name) || definition.model(named: model.name) == nil
        {
          report(
            place, "needs a classifier, but \(model.name) has none",
            advice: "name a stage that trains one, or a model with a stored one")
        }
      }
    }
  }

  private mutating func checkLength(
    _ sample: MeasuredSample, _ shapes: MeasuredShapes, at path: String
  ) {
    guard let length = definition.resolved(sample)?.sequenceLength else { return }
    for (name, shape) in shapes.of + (shapes.with.map { [$0] } ?? []) {
      guard let most = shape.maximumPositions, length > most else { continue }
      return report(
        "\(path).sequence_length", expected: "at most \(most), the positions of \(name)",
        found: "\(length)")
    }
  }
}
