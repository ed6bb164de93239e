// Computing a stage that trains a model, and keeping it in the cache.
import Foundation
import RetortDistillation
import RetortFiles
import RetortRecords
import RetortStorage
import RetortText
import RetortTransformers

extension ExperimentRunner {
  /// Trains the stage's model, and puts it into the cache.
  func execute(
    _ planned: PlannedStage, digest: String, digests: PlanDigests, _ folder: RunFolder,
    _ events: RunEvents
  ) throws -> StageRecord {
    let checkpoint = folder.checkpoint(ofStage: planned.id)
    let attributes = try attributes(of: planned, digest: digest, digests: digests)
    let watcher = try events.watch(planned, checkpoint: request.resumes ? checkpoint : nil)
    if let line = planned.stage.work.remark { events.note("\(planned.id): \(line)") }
    for line in try planned.task.map({ try data.task($0).accounts.flatMap(\.lines) }) ?? [] {
      events.note("\(planned.id): \(line)")
    }
    if let source = planned.stage.work.sentences {
      let files = try data.sentenceFiles(of: source)
      events.note("\(planned.id): \(files.counts.words(source.rule))")
      files.heldOut.map { events.note("\(planned.id): held-out sentences, one a line: \($0)") }
    }
    let start = ContinuousClock.now
    let execution = StageExecution(
      planned: planned, plan: plan, digests: digests, digest: digest, data: data,
      models: modelMaking(digests), engine: engine, checkpointPath: checkpoint,
      bestPath: folder.bestWeights(ofStage: planned.id), attributes: attributes,
      resumes: request.resumes, observer: watcher,
      began: { total in
        events.stageBegan(planned, totalSteps: total, resumedAt: watcher.resumedStep)
        for line in planned.stage.lossNotes(totalSteps: total) {
          events.note("\(planned.id): \(line)")
        }
      }, note: { events.note("\(planned.id): \($0)") })
    let result = try execution.run()
    var record = result.record
    record.experiment = variant.runName
    let stored = try cache.store(digest) { place in
      var attributes = attributes
      attributes[CheckpointAttribute.host.rawValue] = nil
      try Checkpoint.write(
        path: "\(place)/\(Self.modelName)",
        content: ModelCheckpoint.content(
          of: result.model, attributes: attributes,
          files: execution.modelFiles(of: result.model)))
      try AtomicFile.replace(
        path: "\(place)/\(Self.stageRecordName)", with: record.text())
      try AtomicFile.replace(
        path: "\(place)/\(Self.metricsName)", with: events.metrics(ofStage: planned.id))
      if let predictions = result.testPredictions {
        try AtomicFile.replace(path: "\(place)/\(Self.predictionsName)", with: predictions)
      }
    }
    try leavePredictions(of: planned, from: stored, folder)
    try folder.finish(stage: planned.id, keepingCheckpoint: request.keepsCheckpoints)
    try events.stageFinished(planned, seconds: (.now - start) / .seconds(1))
    return result.record
  }

  /// Copies a finished stage's predictions for the test split, if it has any, to the run folder.
  func leavePredictions(
    of planned: PlannedStage, from stored: String, _ folder: RunFolder
  ) throws {
    let path = "\(stored)/\(Self.predictionsName)"
    guard Locations.exists(path) else { return }
    try Folder.create(path: folder.predictions)
    try AtomicFile.replace(
      path: "\(folder.predictions)/\(planned.id)-test.tsv", with: MappedFile.contents(path: path))
  }

  private func attributes(
    of planned: PlannedStage, digest: String, digests: PlanDigests
  ) throws -> [String: StoredValue] {
    var content = CheckpointContent()
    content[.definition] = .text(plan.definition.canonicalText)
    content[.stage] = .text(planned.id)
    content[.dataDigest] = .text(digest)
    content[.vocabularyDigest] = .text(digests.vocabulary)
    content[.parentDigest] = .text(
      planned.inputs.compactMap(digests.of).joined(separator: " "))
    content[.programVersion] = .text(ProgramVersion.current)
    content[.coreType] = .text(BLASKernel.coreName)
    content[.host] = .text(ProcessInfo.processInfo.hostName)
    return content.attributes
  }
}
