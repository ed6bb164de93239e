// What stored teacher outputs depend on, and a teacher that reads them.
import RetortDistillation
import RetortFiles
import RetortOptions
import RetortStorage
import RetortText
import RetortTransformers

/// Everything that decides what teachers say to the inputs of a stage. How long the stage is and what its
/// loss makes of the outputs is not in it: a store may serve stages that differ in those. Where inputs never change, no seed
/// and no batch is in it either.
struct TeacherOutputIdentity {
  let form: ActivationForm
  let values: [String: String]

  /// - Parameters:
  ///   - text: as cut for the stage.
  ///   - teachers: digests of the models, or of the stages that made them, by what terms call them.
  ///   - vocabulary: digest.
  ///   - training: the stage's.
  init(
    of text: TaughtText, by teachers: [(name: String?, digest: String)], vocabulary: String,
    training: TrainingOptions
  ) {
    let own: [String: String]
    switch text {
    case .corpus(let corpus, let masking?):
      form = .bySteps
      let batching = training.batching
      own = [
        "data": corpus.digest,
        "masking": "probability \(masking.probability), smoothing \(masking.smoothing), "
          + "mask \(masking.mask), keep \(masking.keep), random \(masking.random)",
        "batching": "\(batching.batchSize) sequences"
          + (batching.accumulate == 1 ? "" : ", \(batching.accumulate) batches a step")
          + (batching.groupByLength ? ", grouped by length" : ""),
        "seed": "\(training.seed)",
      ]
    case .corpus(let corpus, nil):
      form = .byExample
      own = [
        "text": SHA256.hexDigest(of: corpus.textDigests.joined(separator: "\n")),
        "cut": corpus.rule.description,
      ]
    case .examples(let examples, let length):
      form = .byExample
      own = ["text": examples.digest, "cut": "sequence_length=\(length)"]
    }
    values = Self.common(teachers, vocabulary).merging(own) { first, _ in first }
  }

  private static func common(
    _ teachers: [(name: String?, digest: String)], _ vocabulary: String
  ) -> [String: String] {
    let digests = teachers.map { (TeacherNames.role($0.name), $0.digest) }
    return Dictionary(digests) { first, _ in first }.merging([
      "core_type": BLASKernel.coreName, "numerics_version": "\(Numerics.version)",
      "vocabulary": vocabulary,
    ]) { first, _ in first }
  }

  /// Names a store of these outputs in the form that `form` says.
  func digest(with form: [String]) -> String {
    let lines = values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" } + form
    return String(SHA256.hexDigest(of: lines.joined(separator: "\n")).prefix(32))
  }
}

extension TokenSequences {
  /// SHA-256 of all ids and of where each sequence and each second text begins.
  fileprivate var digest: String {
    var sum = SHA256()
    tokenIDs.withUnsafeBytes { sum.update($0) }
    offsets.withUnsafeBytes { sum.update($0) }
    (0..<count).map { secondStart(of: $0) ?? -1 }.withUnsafeBytes { sum.update($0) }
    return sum.hexDigest()
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

  /// Of a stage's teachers that are read.
  func ofTeachers(of planned: PlannedStage) -> [(name: String?, digest: String)] {
    planned.readTeachers.map { name, input in
      guard let digest = of(input) else {
        preconditionFailure("no digest of \(input.name), which teaches \(planned.id)")
      }
      return (name, digest)
    }
  }
}

extension PlannedStage {
  /// Its teachers that a term of the loss reads.
  var readTeachers: [(name: String?, input: StageInput)] {
    let objective = stage.work.objective
    return teachers.filter { !objective.reads(of: $0.name).isEmpty }
  }
}

extension Objective {
  /// What the only teacher must compute, or one of several.
  func reads(of teacher: String?) -> Observations {
    teacher.map(reads(ofTeacher:)) ?? readsOfTeacher
  }
}

/// The teachers of one stage, with the objective that they can teach.
struct StageTeaching {
  let objective: Objective
  /// Nil where the objective needs none.
  let source: (any TeacherSource)?
  /// What is recorded as where the targets came from.
  let description: String?

  /// Teachers that are run for the training.
  static func live(_ objective: Objective, _ source: (any TeacherSource)?) -> StageTeaching {
    StageTeaching(objective: objective, source: source, description: nil)
  }
}

extension StageExecution {
  /// Teachers whose answers are read from a store. One of them is made where its head computes logits again, where it says
  /// which layers are compared, and where the nearest of them are to be found.
  /// - Parameters:
  ///   - path: as the definition has it.
  ///   - text: what the store must be of.
  ///   - student: as it begins.
  func storedTeaching(
    _ objective: Objective, path: String, text: TaughtText, student: TransformerModel
  ) throws -> StageTeaching {
    guard objective.needsTeacher else { return .live(objective, nil) }
    let teachers = planned.readTeachers
    let identity = TeacherOutputIdentity(
      of: text, by: digests.ofTeachers(of: planned), vocabulary: digests.vocabulary,
      training: training)
    let store: any ActivationStore = try identity.form.open(data.locations.place(of: path))
    let teachable = try objective.taught(from: store.outputs.models)
    for (stated, term) in zip(objective.terms, teachable.terms)
    where stated.term.formula != term.term.formula {
      note("\(stated.name) is another loss from this store: \(term.term.formula)")
    }
    var taught = try findingLayers(of: teachable, student: student, text: text.sequences) {
      try TeacherGroup.of(teachers) { _, input in
        LiveTeacher(model: try models.make(input), engine: engine)
      }
    }
    if taught.leavesLayersOpen {
      var dimensions: [String?: ModelDimensions] = [:]
      for (name, input) in teachers {
        let stored = store.outputs.model(name)?.layerCount
        dimensions[name] =
          try stored.map { ModelDimensions(layerCount: $0) } ?? models.make(input).dimensions
      }
      taught = taught.resolved(student: student.dimensions) {
        dimensions[$0] ?? ModelDimensions()
      }
    }
    return StageTeaching(
      objective: taught,
      source: try TeacherGroup.of(teachers) { name, input in
        let computes =
          taught.reads(of: name).vocabularyLogits != nil
          && store.outputs.model(name)?.topLogits == nil
        return try StoredTeacher(
          store: store, name: name, identity: identity.values, objective: taught,
          head: computes ? models.make(input).maskedLanguageHead : nil,
          vocabularySize: student.configuration.vocabularySize, engine: engine)
      },
      description: "activation store: \(store.outputs.models.words)")
  }
}

extension ActivationForm {
  fileprivate func open(_ path: String) throws(ActivationStoreError) -> any ActivationStore {
    switch self {
    case .bySteps: try StageActivationStore(path: path)
    case .byExample: try ExampleActivationStore(path: path)
    }
  }
}
