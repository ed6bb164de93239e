// Which columns of a file a stage's model has learned from.
import RetortFiles
import RetortRecords
import RetortText

/// The task that a stage trained on, as far as files of the same form can be read by it.
public struct StageTask: Sendable, Equatable {
  public let name: String
  /// The column of the texts, or the two of a pair.
  public let texts: [String]
  public let label: String

  /// Nil for generated data, which are in no file.
  fileprivate init?(_ source: TaskSource) {
    name = source.name
    switch source {
    case .files(let task): (texts, label) = (task.columns.texts, task.columns.label)
    case .builtIn(let named):
      texts = named.task.texts
      label = (named.task as? GLUETask)?.labelled.label?.name ?? "label"
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
    guard let text = try definition(),
      let loaded = try? LoadedDefinition.load(text: text, path: run)
    else { return nil }
    return ResolvedPlan(loaded.definition).stages.first { $0.id == stage }?.task
      .flatMap(StageTask.init)
  }

  /// What the run was made of: from its folder, else from its record.
  private func definition() throws(RecordError) -> String? {
    if Folder.exists(path: run) { return RunFolderContents(path: run).earlierDefinition }
    return try RunRecord.read(path: run).experiment.definition.joined(separator: "\n")
  }
}
