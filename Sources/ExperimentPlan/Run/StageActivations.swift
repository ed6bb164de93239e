// The outputs of a stage's teachers, computed ahead of its training.
import Foundation
import RetortDistillation
import RetortFiles
import RetortStorage
import RetortText
import RetortTransformers

/// What is asked of a recording of a stage's teacher outputs.
public struct StageActivationRequest: Sendable {
  /// The definition's file.
  public var definitionPath: String
  /// `key.path=value` texts.
  public var overrides: [String]
  /// One whose loss reads a teacher.
  public var stage: String
  /// Nil for binary16 of what has a row a token, and float32 of what has one a sequence; logits are always float32.
  public var precision: ActivationPrecision?
  /// Keep this many logits of a row in place of hidden states; nil for hidden states, the exact route.
  public var keptLogits: Int?
  /// With a log-normaliser each; nil for the stage's own.
  public var temperatures: [Double]?
  /// What is kept besides, for other stages and variants: paths of columns, below `teachers/<name>/` for one of several
  /// teachers alone.
  public var also: [String]
  /// Where to; nil for a place in the cache that what is stored decides.
  public var path: String?

  public init(
    definitionPath: String, overrides: [String] = [], stage: String,
    precision: ActivationPrecision? = nil, keptLogits: Int? = nil, temperatures: [Double]? = nil,
    also: [String] = [], path: String? = nil
  ) {
    self.definitionPath = definitionPath
    self.overrides = overrides
    self.stage = stage
    self.precision = precision
    self.keptLogits = keptLogits
    self.temperatures = temperatures
    self.also = also
    self.path = path
  }
}

/// Records what the teachers of a stage say to all its inputs: by example where these never change, by training step
/// where words are masked anew in every epoch. The stage's own training then reads it, given `targets: {store: path}`.
public final class StageActivations {
  public let path: String
  /// What is kept of each teacher.
  public let outputs: [ModelOutputs]
  /// Files and folders that are read: the definition, its texts, models and stores.
  public let inputs: [String]
  /// Sequences of the stage's text or task.
  public let sequenceCount: Int
  /// Tokens that the teachers read.
  public let tokenCount: Int
  /// Bytes of the finished store's columns; about, where masked words are counted.
  public let byteCount: Int

  private let identity: TeacherOutputIdentity
  private let recording: Recording
  private let teachers: [RecordedTeacher]
  /// What is computed together first.
  private let firstBatch: PackedBatch
  private let engine: Engine

  private enum Recording {
    case bySteps(StageActivationRecording)
    case byExample(ExampleActivationRecording, any SequenceSource)
  }

  /// Reads and checks the definition, prepares the text and reads the teachers. Stages that they come from
  /// must have been run.
  /// - Parameter note: told what is prepared.
  public init(
    _ request: StageActivationRequest, locations: Locations, engine: Engine,
    note: @escaping (String) -> Void
  ) throws {
    let locations = locations.startingFrom(definition: request.definitionPath)
    let context = DefinitionContext(
      locations: locations, definitionPath: request.definitionPath)
    let loaded = try LoadedDefinition.load(
      path: request.definitionPath, overrides: request.overrides, context: context)
    // Where the stage's own training will read from is not there yet.
    let plan = ResolvedPlan(loaded.definition.runningTeacher(ofStage: request.stage))
    guard let planned = plan.stage(id: request.stage) else {
      throw RunError.noSuchStage(request.stage, known: plan.stages.map(\.id))
    }
    guard planned.stage.work.loss.readsTeacher else {
      throw RunError.noTeacher(stage: request.stage)
    }
    let facts = try DigestFacts.gather(
      for: plan, stages: [planned.id], in: locations, numericsVersion: Numerics.version,
      blasCore: BLASKernel.coreName)
    inputs =
      try [request.definitionPath]
      + facts.folders.keys.map { try locations.locate($0, needing: []).path }
      + facts.corpora.keys.flatMap(\.origins).compactMap { corpus in
        if case .generated = corpus { nil } else { try locations.locate(corpus) }
      } + facts.stores.keys.map(locations.place)
    let digests = try PlanDigests(plan, facts, stages: [planned])
    let data = PreparedData(
      plan: plan, locations: locations, threads: engine.threadCount, note: note)
    data.stageTexts = CachedTexts(
      digests: digests, cache: StageCache(locations), definitionPath: request.definitionPath)
    try data.checkVocabularies(of: [.training(planned)])
    let models = ModelMaking(
      plan: plan, data: data,
      stages: CachedStages(
        digests: digests, cache: StageCache(locations), definitionPath: request.definitionPath))
    let made = try RecordedTeachers(
      request, planned: planned, plan: plan, models: models, look: context.look)
    let training = planned.stage.training
    let text = try TaughtText(of: planned, in: data)
    let objective: Objective
    (teachers, objective) = try made.outputs(on: text.sequences, engine: engine, note: note)
    outputs = teachers.map(\.outputs)
    identity = TeacherOutputIdentity(
      of: text, by: digests.ofTeachers(of: planned), vocabulary: digests.vocabulary,
      training: training)
    self.engine = engine
    sequenceCount = text.sequences.count
    let recorded = teachers.map(\.model)
    if case .corpus(let corpus, let masking?) = text {
      let batches = training.batches(
        of: corpus, masking: masking, vocabulary: try data.vocabulary())
      let recording = StageActivationRecording(
        teachers: recorded, batches: batches,
        settings: training.settings(objective, curve: .maskedLanguage), engine: engine)
      self.recording = .bySteps(recording)
      let amount = recording.amount
      tokenCount = amount.tokens
      byteCount = StageActivationLayout(models: outputs).byteCount(
        batches: amount.batches, tokens: amount.tokens, sequences: amount.sequences,
        masked: Int(masking.probability * Double(amount.tokens)))
      firstBatch =
        batches.batch(batches.order(ofEpoch: 0)[0], at: .init(step: 0, microBatch: 0)).packed
    } else {
      recording = .byExample(
        ExampleActivationRecording(models: recorded, engine: engine), text.sequences)
      tokenCount = text.sequences.tokenCount
      byteCount = ExampleActivationLayout(models: outputs).byteCount(
        tokens: tokenCount, sequences: sequenceCount)
      firstBatch = PackedBatch(Array(0..<min(32, sequenceCount)), of: text.sequences)
    }
    path =
      request.path
      ?? "\(locations.cache)/activations/"
      + identity.digest(with: [outputs.words] + Self.length(of: recording)) + ".h5"
  }

  /// Steps of the stage; nil for a store that has no steps.
  public var totalSteps: Int? {
    if case .bySteps(let recording) = recording { recording.totalSteps } else { nil }
  }

  /// What a store by step reaches to is in its name.
  private static func length(of recording: Recording) -> [String] {
    if case .bySteps(let recording) = recording { ["\(recording.totalSteps) steps"] } else { [] }
  }

  /// What is computed together, for progress: steps or sequences.
  public var unit: String { totalSteps == nil ? "sequence" : "step" }

  /// Computes what is not there yet.
  /// - Returns: values too large for binary16, and whether the store was there before.
  public func run(
    observer: (any RecordingObserver)? = nil
  ) throws -> (overflowCount: Int, wasThere: Bool) {
    if let known = try finishedStore() { return (known, true) }
    let folder = Folder.parent(of: path) ?? "."
    try Folder.create(path: folder)
    switch recording {
    case .bySteps(let recording):
      let writer = try StageActivationWriter(
        path: path, layout: StageActivationLayout(models: outputs), source: identity.values)
      try checkRoom(in: folder, written: writer.finishedByteCount)
      try recording.run(into: writer, observer: observer)
      try writer.finish()
      return (writer.overflowCount, false)
    case .byExample(let recording, let sequences):
      let writer = try ExampleActivationWriter(
        path: path, layout: ExampleActivationLayout(models: outputs), source: identity.values)
      try checkRoom(in: folder, written: writer.finishedByteCount)
      try recording.run(over: sequences, into: writer, observer: observer)
      try writer.finish()
      return (writer.overflowCount, false)
    }
  }

  /// What binary16 changes in what each teacher says, on the first sequences; nothing for float32.
  public func roundingErrors() throws -> [(name: String?, RoundingError)] {
    try teachers.compactMap { teacher in
      try RoundingError(
        of: teacher.outputs, model: teacher.model, computesLogits: teacher.computesLogits,
        on: firstBatch, engine: engine
      ).map { (teacher.outputs.name, $0) }
    }
  }

  /// How much of each teacher's probability the kept logits have, on the first sequences; nothing where none are kept.
  public func keptShares() throws -> [(name: String?, KeptShare)] {
    try teachers.flatMap { teacher in
      try KeptShare.all(
        of: teacher.outputs, model: teacher.model, on: firstBatch, engine: engine
      ).map { (teacher.outputs.name, $0) }
    }
  }

  /// Values beyond binary16 in the store that is at the path already; nil if that is none, or one of something else.
  /// - Throws: for a store of the same that has what would be lost, if another was written in its place.
  private func finishedStore() throws -> Int? {
    guard Locations.exists(path) else { return nil }
    let found: (store: any ActivationStore, overflowCount: Int)
    switch recording {
    case .bySteps(let recording):
      guard let store = try? StageActivationStore(path: path),
        store.stepCount >= recording.totalSteps
      else { return nil }
      found = (store, store.overflowCount)
    case .byExample:
      guard let store = try? ExampleActivationStore(path: path),
        store.sequenceCount == sequenceCount
      else { return nil }
      found = (store, store.overflowCount)
    }
    guard found.store.source == identity.values else { return nil }
    let stored = found.store.outputs.models
    if outputs.isContained(in: stored) { return found.overflowCount }
    guard stored.isContained(in: outputs) else {
      throw RunError.wouldLoseOutputs(path: path, found: stored.words, wanted: outputs.words)
    }
    return nil
  }

  /// The pieces are there until the whole file is.
  private func checkRoom(in folder: String, written: Int) throws {
    let needed = 2 * byteCount - written
    guard let free = Folder.freeByteCount(at: folder), free < needed else { return }
    throw RunError.noRoom(path: path, bytes: byteCount, needed: needed, free: free)
  }
}

extension ResolvedDefinition {
  /// The definition with the stage's teachers run live.
  fileprivate func runningTeacher(ofStage id: String) -> ResolvedDefinition {
    var definition = self
    for index in definition.stages.indices where definition.stages[index].id == id {
      definition.stages[index].work = definition.stages[index].work.withLiveTeacher
    }
    return definition
  }
}
