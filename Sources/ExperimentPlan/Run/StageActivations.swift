// The teacher outputs of a definition's stage, computed ahead of its training.
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
  /// A distill stage.
  public var stage: String
  /// Of hidden states; logits are float32.
  public var precision: ActivationPrecision
  /// Keep this many logits of a row in place of hidden states; nil for hidden states, the exact route.
  public var keptLogits: Int?
  /// With a log-normaliser each; nil for the stage's own.
  public var temperatures: [Double]?
  /// Where to; nil for a place in the cache that what is stored decides.
  public var path: String?

  public init(
    definitionPath: String, overrides: [String] = [], stage: String,
    precision: ActivationPrecision, keptLogits: Int? = nil, temperatures: [Double]? = nil,
    path: String? = nil
  ) {
    self.definitionPath = definitionPath
    self.overrides = overrides
    self.stage = stage
    self.precision = precision
    self.keptLogits = keptLogits
    self.temperatures = temperatures
    self.path = path
  }
}

/// Records what the teacher of a distill stage says to all its batches. The stage's own training then reads
/// it, given `targets: {store: path}`.
public final class StageActivations {
  public let path: String
  public let layout: StageActivationLayout
  /// Sequences of the stage's text.
  public let sequenceCount: Int
  public var totalSteps: Int { recording.totalSteps }
  /// Files and folders that are read: the definition, its texts, models and stores.
  public let inputs: [String]

  private let identity: TeacherOutputIdentity
  private let recording: StageActivationRecording

  /// Reads and checks the definition, prepares the text and reads the teacher. Stages that the teacher comes from
  /// must have been run.
  /// - Parameter note: told what is prepared.
  public init(
    _ request: StageActivationRequest, locations: Locations, engine: Engine,
    note: @escaping (String) -> Void
  ) throws {
    let locations = locations.startingFrom(definition: request.definitionPath)
    let loaded = try LoadedDefinition.load(
      path: request.definitionPath, overrides: request.overrides,
      context: DefinitionContext(locations: locations, definitionPath: request.definitionPath))
    // Where the stage's own training will read from is not there yet.
    let plan = ResolvedPlan(loaded.definition.runningTeacher(ofStage: request.stage))
    guard let planned = plan.stage(id: request.stage) else {
      throw RunError.noSuchStage(request.stage, known: plan.stages.map(\.id))
    }
    guard var objective = planned.stage.work.distillation?.loss.objective, objective.needsTeacher,
      let text = planned.stage.work.corpus
    else { throw RunError.noTeacher(stage: request.stage) }
    guard planned.teachers.count == 1, planned.teachers[0].name == nil,
      let teacherInput = planned.teachers.first?.input
    else {
      throw RunError.severalTeachers(stage: request.stage)
    }
    guard !objective.readsOfTeacher.classLogits else {
      throw RunError.classLogitsAreNotStored(stage: request.stage)
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
    try data.checkVocabularies(of: [planned])
    let models = ModelMaking(
      plan: plan, data: data,
      stages: CachedStages(
        digests: digests, cache: StageCache(locations), definitionPath: request.definitionPath))
    let teacher = try models.make(teacherInput)
    let corpus = try data.corpus(
      text, sequenceLength: planned.stage.training.sequenceLength)
    guard corpus.count > 0 else {
      throw TrainingError.noData(
        "\(text.texts.map(\.name).joined(separator: ", ")): all sequences were "
          + "removed by cleaning")
    }
    let training = planned.stage.training
    if objective.leavesLayersOpen {
      let student = try models.make(planned.model)
      let (found, findings) = try LayerSearch(
        student: student, teacher: LiveTeacher(model: teacher, engine: engine), text: corpus,
        seed: training.seed, engine: engine
      ).objective(objective)
      for finding in findings { note(finding.words) }
      objective = found.resolved(student: student.dimensions, teacher: teacher.dimensions)
    }
    sequenceCount = corpus.count
    layout = try request.layout(
      for: objective, hiddenSize: teacher.configuration.hiddenSize,
      vocabularySize: teacher.configuration.vocabularySize)
    identity = TeacherOutputIdentity(
      teacher: digests.of(teacherInput) ?? "", corpus: corpus,
      vocabulary: digests.vocabulary, masking: text.masking, training: planned.stage.training)
    recording = StageActivationRecording(
      teacher: teacher,
      batches: training.batches(
        of: corpus, masking: text.masking, vocabulary: try data.vocabulary()),
      settings: training.settings(objective, curve: .maskedLanguage), engine: engine)
    path =
      request.path
      ?? "\(locations.cache)/activations/"
      + identity.digest(with: ["\(layout.text)", "\(recording.totalSteps) steps"]) + ".h5"
  }

  /// Computes what is not there yet.
  /// - Returns: the finished store, and whether it was there before.
  public func run(
    observer: (any RecordingObserver)? = nil
  ) throws -> (store: StageActivationStore, wasThere: Bool) {
    if Locations.exists(path), let store = try? StageActivationStore(path: path),
      store.source == identity.values, store.layout == layout, store.stepCount >= totalSteps
    {
      return (store, true)
    }
    if let folder = Folder.parent(of: path) { try Folder.create(path: folder) }
    let writer = try StageActivationWriter(
      path: path, layout: layout, source: identity.values)
    try recording.run(into: writer, observer: observer)
    try writer.finish()
    return (try StageActivationStore(path: path), false)
  }
}

extension StageActivationRequest {
  /// What will be stored for an objective.
  fileprivate func layout(
    for objective: Objective, hiddenSize: Int, vocabularySize: Int
  ) throws -> StageActivationLayout {
    let asked = objective.readsOfTeacher
    guard asked.projections.isEmpty else {
      throw RunError.projectionsAreNotStored(stage: stage)
    }
    // Logits that are not kept are computed again from the last hidden states.
    let computesLogits = asked.vocabularyLogits != nil && keptLogits == nil
    let layers = asked.hiddenStates.union(computesLogits ? [.last] : [])
    let states =
      layers.isEmpty
      ? nil
      : StageActivationLayout.HiddenStates(
        layers: layers.sorted().map(\.description), hiddenSize: hiddenSize, precision: precision)
    guard let keptLogits else { return StageActivationLayout(hiddenStates: states) }
    guard let positions = asked.vocabularyLogits else {
      throw RunError.noTeacherLogits(stage: stage)
    }
    guard keptLogits <= vocabularySize else {
      throw RunError.tooManyLogits(keptLogits, words: vocabularySize)
    }
    _ = try objective.keeping(logits: keptLogits)
    return StageActivationLayout(
      hiddenStates: states,
      topLogits: .init(
        count: keptLogits, temperatures: temperatures ?? objective.temperaturesOfKeptLogits,
        positions: positions, precision: .f32))
  }
}

extension ResolvedDefinition {
  /// The definition with the stage's teacher run live.
  fileprivate func runningTeacher(ofStage id: String) -> ResolvedDefinition {
    var definition = self
    for index in definition.stages.indices where definition.stages[index].id == id {
      guard let live = definition.stages[index].work.distillation?.live else { continue }
      definition.stages[index].work = live
    }
    return definition
  }
}
