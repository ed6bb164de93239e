// One variant of a definition, run: stages in order, finished ones from the cache, a record at the end.
import Foundation
import RetortDistillation
import RetortFiles
import RetortRecords
import RetortStorage
import RetortText
import RetortTransformers

/// Runs the stages of one variant of a definition.
public final class ExperimentRunner {
  public let plan: ResolvedPlan

  let variant: DefinitionVariant
  private let variants: [DefinitionVariant]
  let request: RunRequest
  private let locations: Locations
  let engine: Engine
  weak var observer: (any RunObserver)?
  let data: PreparedData
  let cache: StageCache

  /// Nothing is read and nothing written.
  /// - Parameter variants: all of the definition, for the record.
  init(
    _ request: RunRequest, variant: DefinitionVariant, of variants: [DefinitionVariant],
    locations: Locations, engine: Engine, observer: (any RunObserver)?
  ) throws(RunError) {
    plan = ResolvedPlan(variant.definition)
    self.variant = variant
    self.variants = variants
    self.request = request
    self.locations = locations
    self.engine = engine
    self.observer = observer
    data = PreparedData(plan: plan, locations: locations, threads: engine.threadCount) {
      [weak observer] in observer?.note($0)
    }
    cache = StageCache(locations)
    for id in request.stages ?? [] where plan.step(id: id) == nil {
      throw .noSuchStage(id, known: plan.steps.map(\.id))
    }
  }

  /// The stages that a run computes or finds, in order.
  public var steps: [PlanStep] {
    request.stages.map { plan.steps(neededFor: $0) } ?? plan.steps
  }

  /// Of these, those that train a model.
  public var stages: [PlannedStage] { steps.compactMap(\.training) }

  /// Locates and digests what the run reads, and compares the vocabularies of its models unless one has to be trained
  /// first.
  /// - Parameter known: of other variants.
  func gatherFacts(beginningWith known: DigestFacts) throws(LocationError) -> DigestFacts {
    let facts = try DigestFacts.gather(
      for: plan, stages: steps.map(\.id), in: locations,
      numericsVersion: Numerics.version, blasCore: BLASKernel.coreName, beginningWith: known)
    if case .trained = plan.definition.vocabulary.source { return facts }
    do {
      try data.checkVocabularies(of: steps)
    } catch let error as LocationError {
      throw error
    } catch { throw LocationError(problems: ["\(error)"]) }
    return facts
  }

  /// Of the stages that a run computes or finds.
  /// - Parameter facts: gathered for this variant and perhaps for others.
  public func digests(_ facts: DigestFacts) throws(MissingDigest) -> PlanDigests {
    try PlanDigests(plan, facts, steps: steps)
  }

  // MARK: Places

  /// Why its run folder cannot be written; nothing is changed.
  var problemsWithFolder: [String] {
    let folder = folderPath
    let inside = ["checkpoints", "predictions"].map { "\(folder)/\($0)" }.filter(Folder.exists)
    return ([folder] + inside).compactMap { path in
      Folder.problemWithWriting(in: path).map { "\($0); or name another folder with --runs" }
    }
  }

  /// Why something that it will write cannot be written: its folder, and the cache, unless it has every stage.
  func problemsWithPlaces(_ facts: DigestFacts) throws(MissingDigest) -> [String] {
    let digests = try digests(facts)
    let computed = steps.filter { digests.stages[$0.id].flatMap(cache.lookUp) == nil }
    var places = computed.isEmpty ? [] : [locations.stages]
    if computed.contains(where: { $0.text != nil || !$0.work.texts.isEmpty }) {
      places.append(locations.prepared)
    }
    return problemsWithFolder + places.compactMap(locations.problemWithCache).firstOccurrences
  }

  /// Reports what keeps its folder from being used. Nothing is changed.
  public func checkFolder() throws(RunFolderError) {
    try checkSources()
    try RunFolderContents(path: folderPath).check(
      plan.definition.canonicalText, from: request.definitionPath,
      request.resumes ? .resume : .new)
  }

  private var folderPath: String { "\(request.runs)/\(variant.runName)" }

  /// Refuses to replace a run of which a model is taken.
  private func checkSources() throws(RunFolderError) {
    guard let own = FileIdentity(path: folderPath) else { return }
    for case .path(let written) in plan.definition.modelAddresses {
      guard let stage = RunStage(locations.place(of: written)) else { continue }
      let folder =
        Folder.exists(path: stage.run) ? stage.run : Folder.parent(of: stage.run) ?? "."
      if FileIdentity(path: folder) == own {
        throw .replacesSource(path: folderPath, address: written)
      }
    }
  }

  /// Runs everything that was asked for.
  /// - Parameter facts: gathered for this variant and perhaps for others.
  func run(_ facts: DigestFacts) throws -> FinishedRun {
    let digests = try digests(facts)
    data.stageTexts = CachedTexts(
      digests: digests, cache: cache, definitionPath: request.definitionPath)
    try checkSources()
    let earlier = request.resumes ? try RunProgress.read(run: folderPath) : nil
    try data.checkVocabularies(of: steps)
    let folder = try RunFolder(
      runs: request.runs, name: variant.runName,
      resolvedDefinition: plan.definition.canonicalText, from: request.definitionPath,
      digests: digests.stages, opening: request.resumes ? .resume : .new)
    let events = RunEvents(folder: folder, observer: observer)
    defer { events.close() }
    try events.begin(
      RunProgress(
        definition: request.definitionPath, resumingCommand: request.resumingCommand,
        threads: engine.threadCount,
        stages: plannedProgress(digests, after: earlier, in: folder)), isNew: !request.resumes)

    if let differences = folder.replaced {
      events.note(
        "another finished run that was in \(folder.path) is replaced "
          + "(\(differences.joined(separator: "; "))); its stages stay in the cache, its record is now "
          + (folder.replacedRecord ?? "gone"))
    }
    for note in plan.definition.modelNotes(look: locations.look) { events.note(note) }
    for stage in earlier?.stages ?? [] where stage.state == .running {
      guard let step = stage.checkpointStep, step > 0,
        !Locations.exists(folder.checkpoint(ofStage: stage.id)),
        plan.text(id: stage.id) == nil
      else { continue }
      events.note(
        "\(stage.id): its checkpoint of step \(step.grouped) is no longer in \(folder.checkpoints), so it begins anew"
      )
    }
    var results: [StageRecord] = []
    var texts: [TextRecord] = []
    let measuring = MeasureRunner(
      plan: plan, digests: digests, data: data, models: modelMaking(digests), engine: engine,
      observer: observer, note: events.note)
    try measuring.check(plan.measures(with: stages))
    var checks: [RunRecord.TeacherCheck] = []
    for (place, step) in steps.enumerated() {
      guard let digest = digests.stages[step.id] else { continue }
      let planned: PlannedStage
      switch step {
      case .text(let text):
        texts.append(try make(text, digest: digest, digests: digests, folder, events))
        continue
      case .training(let stage): planned = stage
      }
      for answer in try measuring.answers(
        before: planned, finished: steps[..<place].compactMap(\.training), results: results,
        examples: { try data.task($0).dev.labels?.map { Int($0) } })
      {
        events.note("\(planned.id): \(answer.finding)")
        checks.append(answer.record)
      }
      if let cached = cache.lookUp(digest) {
        var record = try StageRecord.read(path: "\(cached)/\(Self.stageRecordName)")
          .named(for: planned)
          .evaluated(
            by: planned.stage.work.metrics,
            on: try planned.stage.work.evaluated.map { try data.task($0).dev })
        record.measured.fromCache = try !wasComputedHere(planned.id, folder)
        events.note("\(planned.id): found in the cache")
        try events.recallMetrics(of: planned, from: "\(cached)/\(Self.metricsName)")
        try leavePredictions(of: planned, from: cached, folder)
        // Of a run that was killed here with the stage just finished, or stopped before another finished it.
        try folder.finish(stage: planned.id, keepingCheckpoint: false)
        events.update(planned.id) { $0.state = .finished }
        results.append(record)
        continue
      }
      results.append(try execute(planned, digest: digest, digests: digests, folder, events))
    }
    let planned = plan.measures(with: stages)
    let measures = try measuring.records(of: planned)
    let hypothesis = try measuring.found(
      for: variant.hypothesis, at: variant.point, in: planned)
    let record = try RecordMaking(
      plan: plan, variant: variant, variants: variants, request: request, facts: facts,
      digests: digests, data: data, models: modelMaking(digests), engine: engine
    ).record(
      of: results, texts: texts, steps: steps, hypothesis: hypothesis, measures: measures,
      teacherChecks: checks,
      timings: try timeInference(of: results, digests))
    try AtomicFile.replace(path: folder.record, with: record.text())
    events.log("the run has finished: \(folder.record)")
    return FinishedRun(
      record: record, folder: folder.path, result: ResultModel(of: stages, in: folder.path))
  }

  /// Every stage, with what is known of the time that it will take.
  /// - Parameter earlier: of the process whose run goes on; nil of a new run.
  private func plannedProgress(
    _ digests: PlanDigests, after earlier: RunProgress?, in folder: RunFolder
  ) -> [RunProgress.Stage] {
    let memory = ForecastMemory(locations, threads: engine.threadCount)
    let computed = steps.filter { digests.stages[$0.id].flatMap(cache.lookUp) == nil }
    return steps.compactMap { planned in
      guard let digest = digests.stages[planned.id] else { return nil }
      var stage = RunProgress.Stage(id: planned.id, kind: planned.kind, digest: digest)
      if !computed.contains(planned) {
        (stage.effort, stage.forecastSeconds) = (0, 0)
      } else if computed.count > 1, let training = planned.training,
        !training.stage.work.textStages.contains(where: { id in computed.contains { $0.id == id } })
      {
        // What is wrong with its data is said when the stage begins.
        stage.effort = (try? data.size(of: training)).flatMap {
          plan.effort(of: training, on: $0, look: locations.look)
        }
      }
      stage.forecastSeconds = stage.forecastSeconds ?? memory.seconds(ofStage: digest)
      if let begun = earlier?.stages.first(where: { $0.digest == digest && $0.state == .running }),
        Locations.exists(
          planned.text == nil
            ? folder.checkpoint(ofStage: planned.id) : folder.partialText(ofStage: planned.id))
      {
        stage.totalSteps = begun.totalSteps
        stage.resumedStep = begun.checkpointStep ?? begun.resumedStep
      }
      return stage
    }
  }

  /// As often as the definition says, of every fine-tuned model.
  private func timeInference(
    of results: [StageRecord], _ digests: PlanDigests
  ) throws -> [RunRecord.Timing] {
    guard let passes = plan.definition.inferencePasses else { return [] }
    return try zip(stages, results).compactMap { planned, result in
      guard let source = planned.stage.work.evaluated,
        let folder = digests.stages[planned.id].flatMap(cache.lookUp)
      else { return nil }
      let task = try data.task(source)
      observer?.note("\(planned.id): timed over \(task.name) dev, one sentence at a time")
      return try InferenceTiming(
        model: StoredModel(path: "\(folder)/\(Self.modelName)").classifier(mapping: true),
        validation: data.sequences(
          of: source, .dev, maximumLength: planned.stage.training.sequenceLength),
        data: "\(task.name) dev", engine: engine
      ).timing(of: result.stage, passes: passes)
    }
  }

  func modelMaking(_ digests: PlanDigests) -> ModelMaking {
    ModelMaking(
      plan: plan, data: data,
      stages: CachedStages(
        digests: digests, cache: cache, definitionPath: request.definitionPath))
  }

  /// Whether the run folder shows that the stage was computed by this run.
  func wasComputedHere(_ id: String, _ folder: RunFolder) throws -> Bool {
    try request.resumes && RunEvents.computedStages(in: folder).stages.contains(id)
  }

  static let modelName = "model.h5"
  static let stageRecordName = "stage.json"
  static let predictionsName = "test.tsv"
  static let metricsName = "metrics.jsonl"
  static let textName = "text.txt"
  static let textRecordName = "text.json"
}
