// Which columns of a file a stage's model has learned from.
import RetortFiles
import RetortRecords

/// The task that a stage trained on, as far as files of the same form can be read by it.
public struct StageTask: Sendable, Equatable {
  public let name: String
  /// The column of the texts, or the two of a pair.
  public let texts: [String]
  public let label: String
}

extension RunStage {
  /// The task of the stage; nil for a stage without one, for generated data, and where the run's definition cannot be
  /// read any more.
  public func task() throws(RecordError) -> StageTask? {
    guard let text = try definition(),
      let loaded = try? LoadedDefinition.load(text: text, path: run)
    else { return nil }
    switch ResolvedPlan(loaded.definition).stages.first(where: { $0.id == stage })?.task {
    case .files(let task):
      return StageTask(name: task.name, texts: task.columns.texts, label: task.columns.label)
    case .glue(let task):
      return StageTask(
        name: task.name, texts: task.labelled.texts.map(\.name),
        label: task.labelled.label?.name ?? "label")
    case .generated, nil: return nil
    }
  }

  /// What the run was made of: from its folder, else from its record.
  private func definition() throws(RecordError) -> String? {
    if Folder.exists(path: run) { return RunFolderContents(path: run).earlierDefinition }
    return try RunRecord.read(path: run).experiment.definition.joined(separator: "\n")
  }
}
