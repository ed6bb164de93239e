// Which columns of a file a stage's model has learned from.
import RetortFiles
import RetortRecords

/// The task that a stage trained on or was evaluated on, as far as files of the same form can be read by it.
public struct StageTask: Sendable, Equatable {
  public let name: String
  /// The column of the texts, or the two of a pair.
  public let texts: [String]
  public let label: String

  /// Nil for generated data.
  fileprivate init?(_ source: TaskSource) {
    name = source.name
    switch source {
    case .files(let task): (texts, label) = (task.columns.texts, task.columns.label)
    case .builtIn(let named): (texts, label) = (named.task.texts, named.task.label)
    case .part(let part):
      guard let whole = StageTask(part.whole) else { return nil }
      (texts, label) = (whole.texts, whole.label)
    case .generated: return nil
    }
  }
}

extension RunStage {
  /// The task of the stage; nil for a stage without one, for generated data, and where the run's definition cannot be
  /// read any more.
  public func task() throws(RecordError) -> StageTask? {
    try Self.knownPlan(ofRun: run)?.stage(id: stage)?.stage.work.evaluated.flatMap(StageTask.init)
  }

  /// Tokens at which texts were cut when its model learned; nil where the run's definition cannot be read any more.
  public func sequenceLength() throws(RecordError) -> Int? {
    try Self.knownPlan(ofRun: run)?.stage(id: stage)?.stage.training.sequenceLength
  }

  /// The stage as it was planned.
  /// - Throws: `RunStageError` where the run has no such stage or its definition cannot be read any more.
  func planned() throws -> PlannedStage {
    let known = try RunStages(run: run).entries.map(\.id)
    let plan = try Self.plan(ofRun: run)
    if plan.text(id: stage) != nil { throw RunStageError.makesText(self, path: nil) }
    guard known.contains(stage), let planned = plan.stage(id: stage) else {
      throw RunStageError.noSuchStage(self, known: known)
    }
    return planned
  }

  /// - Throws: where the run's definition cannot be read any more.
  static func plan(ofRun run: String) throws -> ResolvedPlan {
    guard let plan = try knownPlan(ofRun: run) else { throw RunStageError.noDefinition(run: run) }
    return plan
  }

  private static func knownPlan(ofRun run: String) throws(RecordError) -> ResolvedPlan? {
    guard let text = try definition(ofRun: run) else { return nil }
    return (try? LoadedDefinition.load(text: text, path: run)).map { ResolvedPlan($0.definition) }
  }

  /// What the run was made of: from its folder, else from its record.
  private static func definition(ofRun run: String) throws(RecordError) -> String? {
    if Folder.exists(path: run) { return RunFolderContents(path: run).earlierDefinition }
    return try RunRecord.read(path: run).experiment.definition.joined(separator: "\n")
  }
}
