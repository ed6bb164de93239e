// The teachers of a stage whose outputs are stored, and what is kept of each.
import RetortDistillation
import RetortFormatting
import RetortStorage
import RetortText
import RetortTransformers

/// A teacher and its columns.
struct RecordedTeacher {
  let model: TransformerModel
  let outputs: ModelOutputs
  /// Whether its logits over the vocabulary are computed again from what is stored.
  let computesLogits: Bool
}

/// Those that a stage's loss reads.
struct RecordedTeachers {
  private let request: StageActivationRequest
  private let planned: PlannedStage
  private let also: AlsoStored
  private let models: ModelMaking
  private let made: [(name: String?, model: TransformerModel)]

  /// Makes the teachers, with the heads whose logits are kept.
  /// - Parameter look: what is known of the model under an address.
  init(
    _ request: StageActivationRequest, planned: PlannedStage, plan: ResolvedPlan,
    models: ModelMaking, look: (ModelAddress) -> ModelLook
  ) throws {
    (self.request, self.planned, self.models) = (request, planned, models)
    let objective = planned.stage.work.objective
    let also = try AlsoStored(request.also, teachers: planned.readTeachers.map(\.name))
    self.also = also
    made = try planned.readTeachers.map { name, input in
      let reads = objective.reads(of: name)
      let answers = reads.classLogits || also.wantsClasses(of: name)
      if answers, plan.shape(of: input.name, look: look).classifier == nil {
        throw RunError.hasNoClassifier(input.name)
      }
      if answers, reads.vocabularyLogits != nil { throw RunError.logitsOfTwoHeads(input.name) }
      let model =
        answers
        ? try models.storedClassifier(input, labels: nil, trains: false) : try models.make(input)
      if planned.stage.work.task?.pairColumns != nil,
        let problem = model.configuration.problemWithPairs
      {
        throw RunError.noPairs(model: input.name, problem: problem)
      }
      return (name: name, model: model)
    }
  }

  /// What is kept of each, and the stage's objective with the layers settled that it leaves to the models.
  /// - Parameters:
  ///   - text: on which the nearest layers are found.
  ///   - note: told which are found.
  func outputs(
    on text: any SequenceSource, engine: Engine, note: (String) -> Void
  ) throws -> (teachers: [RecordedTeacher], objective: Objective) {
    let objective = try settledObjective(on: text, engine: engine, note: note)
    if let count = request.keptLogits {
      guard made.contains(where: { objective.reads(of: $0.name).vocabularyLogits != nil }) else {
        throw RunError.noTeacherLogits(stage: request.stage)
      }
      _ = try objective.keeping(logits: count)
    }
    // One store has rows of logits at the same positions for all; those of all tokens serve the masked ones.
    let positions = Set(made.compactMap { objective.reads(of: $0.name).vocabularyLogits })
    let temperatures = (objective.temperaturesOfKeptLogits + (request.temperatures ?? []))
      .firstOccurrences
    let teachers = try made.map { name, model in
      let reads = objective.reads(of: name)
      var topLogits: ModelOutputs.TopLogits?
      if let count = request.keptLogits, let own = reads.vocabularyLogits {
        guard count <= model.configuration.vocabularySize else {
          throw RunError.tooManyLogits(count, words: model.configuration.vocabularySize)
        }
        topLogits = .init(
          count: count, temperatures: temperatures, positions: positions.count > 1 ? .all : own,
          precision: .f32)
      }
      let read = reads.outputs(
        layerCount: model.configuration.layerCount, keepsLogits: topLogits != nil)
      let more = try also.outputs(of: name, model).filter { !read.contains($0) }
      return RecordedTeacher(
        model: model,
        outputs: ModelOutputs(
          read + more, topLogits: topLogits, name: name, dimensions: model.dimensions,
          precision: request.precision),
        computesLogits: reads.vocabularyLogits != nil && topLogits == nil)
    }
    return (teachers, objective)
  }

  private func settledObjective(
    on text: any SequenceSource, engine: Engine, note: (String) -> Void
  ) throws -> Objective {
    let objective = planned.stage.work.objective
    guard objective.leavesLayersOpen else { return objective }
    let student = try models.make(planned.model)
    let live = TeacherGroup.of(made) { _, model in LiveTeacher(model: model, engine: engine) }
    let (found, findings) = try LayerSearch(
      student: student, teacher: live, text: text, seed: planned.stage.training.seed,
      engine: engine
    ).objective(objective)
    for finding in findings { note(finding.words) }
    return found.resolved(student: student.dimensions) { ($0.map(live.named) ?? live).dimensions }
  }
}

/// Columns that are kept besides those that the loss reads.
private struct AlsoStored {
  private let wanted: [(teacher: String?, text: String, output: ModelOutput)]

  /// - Parameter paths: such as `hidden/3`, or `teachers/a/hidden/3`.
  init(_ paths: [String], teachers: [String?]) throws {
    wanted = try paths.map { path in
      let parts = path.split(separator: "/", maxSplits: 2).map(String.init)
      let isOfOne = parts.count == 3 && parts[0] == "teachers"
      guard let output = ModelOutput(path: isOfOne ? parts[2] : path) else {
        throw RunError.noSuchOutput(path)
      }
      if isOfOne, !teachers.contains(parts[1]) {
        throw RunError.noSuchTeacher(
          path, known: teachers.map { $0.map { "teachers/\($0)" } ?? "one without a name" })
      }
      return (isOfOne ? parts[1] : nil, path, output)
    }
  }

  func wantsClasses(of teacher: String?) -> Bool {
    wanted.contains { $0.output == .classLogits && ($0.teacher ?? teacher) == teacher }
  }

  /// Each once, the last hidden states under the name that the loss has for them.
  func outputs(of teacher: String?, _ model: TransformerModel) throws -> [ModelOutput] {
    let count = model.configuration.layerCount
    var found: [ModelOutput] = []
    for (name, text, output) in wanted where (name ?? teacher) == teacher {
      var output = output
      switch output {
      case .hiddenState(let layer):
        if let number = Int(layer) {
          guard number <= count else {
            throw RunError.noSuchLayer(text, expected: "hidden states 0 to \(count)")
          }
          if number == count { output = .hiddenState(ModelOutput.lastLayer) }
        }
      case .projection(_, let block):
        guard block < count else {
          throw RunError.noSuchLayer(text, expected: "blocks 0 to \(count - 1)")
        }
      case .pooled, .classLogits: break
      }
      if !found.contains(output) { found.append(output) }
    }
    return found
  }
}
