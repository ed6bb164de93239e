// What stored teacher outputs depend on, and a teacher that reads them.
import RetortDistillation
import RetortFiles
import RetortOptions
import RetortStorage
import RetortText
import RetortTransformers

/// Everything that decides what a teacher says to the batches of a stage. How long the stage is and what its
/// loss makes of the outputs is not in it: a store may serve stages that differ in those.
struct TeacherOutputIdentity {
  let values: [String: String]

  /// - Parameters:
  ///   - teacher: digest of the model, or of the stage that made it.
  ///   - corpus: as cut for the stage.
  ///   - vocabulary: digest.
  init(
    teacher: String, corpus: TokenizedCorpus, vocabulary: String, masking: MaskingRule?,
    training: TrainingOptions
  ) {
    let batching = training.batching
    values = [
      "core_type": BLASKernel.coreName, "numerics_version": "\(Numerics.version)",
      "teacher": teacher, "data": corpus.digest, "vocabulary": vocabulary,
      "masking": masking.map {
        "probability \($0.probability), smoothing \($0.smoothing), "
          + "mask \($0.mask), keep \($0.keep), random \($0.random)"
      } ?? "none",
      "batching": "\(batching.batchSize) sequences"
        + (batching.accumulate == 1 ? "" : ", \(batching.accumulate) batches a step")
        + (batching.groupByLength ? ", grouped by length" : ""),
      "seed": "\(training.seed)",
    ]
  }

  /// Names a store of these outputs in the form that `form` says.
  func digest(with form: [String]) -> String {
    let lines = values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" } + form
    return String(SHA256.hexDigest(of: lines.joined(separator: "\n")).prefix(32))
  }
}

extension PlanDigests {
  /// Of a model, or of the stage that makes it.
  func of(_ input: StageInput) -> String? {
    switch input {
    case .model(let name): models[name]
    case .stage(let id): stages[id]
    }
  }
}

/// The teacher of one stage, with the objective that it can teach.
struct StageTeaching {
  let objective: Objective
  /// Nil where the objective needs none.
  let source: (any TeacherSource)?
  /// What is recorded as where the targets came from.
  let description: String?

  /// - Parameters:
  ///   - path: of the store.
  ///   - teacher: is called, and its head alone kept, if logits must be computed; also where its number of layers says which
  ///     are compared.
  static func stored(
    _ objective: Objective, path: String, identity: TeacherOutputIdentity,
    student: TransformerModel, teacher: () throws -> TransformerModel, engine: Engine
  ) throws -> StageTeaching {
    guard objective.needsTeacher else {
      return StageTeaching(objective: objective, source: nil, description: nil)
    }
    let store = try StageActivationStore(path: path)
    var objective = try objective.taught(from: store.layout)
    if objective.leavesLayersOpen {
      objective = objective.resolved(
        student: student.dimensions, teacher: try teacher().dimensions)
    }
    let needsHead =
      objective.readsOfTeacher.vocabularyLogits != nil && store.layout.topLogits == nil
    return StageTeaching(
      objective: objective,
      source: try StoredTeacher(
        store: store, identity: identity.values, objective: objective,
        head: needsHead ? try teacher().maskedLanguageHead : nil,
        vocabularySize: student.configuration.vocabularySize, engine: engine),
      description: "activation store: \(store.layout.text)")
  }
}

extension StageActivationLayout {
  /// What a store has, in words.
  public var text: String {
    [
      topLogits.map {
        "\($0.count) largest logits of \($0.positions.rawValue) positions, "
          + $0.precision.rawValue
          + ($0.temperatures.isEmpty
            ? "" : ", T = " + $0.temperatures.map(PlainNumber.text).joined(separator: ", "))
      },
      hiddenStates.map { states in
        (states.layers == ["last"]
          ? "last hidden states" : "hidden states \(states.layers.joined(separator: ", "))")
          + " of \(states.hiddenSize), \(states.precision.rawValue)"
      },
    ].compactMap { $0 }.joined(separator: "; ")
  }
}
