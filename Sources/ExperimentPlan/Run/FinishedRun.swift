// What a finished run left, and which of its models is the one that was asked for.
import RetortRecords

/// What a finished run left.
public struct FinishedRun: Sendable {
  public let record: RunRecord
  /// The run folder, which holds the record too.
  public let folder: String
  /// What the run was for; nil for a run of baselines alone.
  public let result: ResultModel?
}

/// The model that the last of a definition's own stages made.
public struct ResultModel: Sendable, Equatable {
  public let address: RunStage
  public let kind: RunRecord.StageKind
  /// Whether it learned from a teacher, itself or in a stage before.
  public let isStudent: Bool
  /// Whether its task is about pairs of texts.
  public let readsPairs: Bool
  /// Whether its task is a regression.
  public let givesNumbers: Bool

  /// - Parameter stages: of the run, in order.
  init?(of stages: [PlannedStage], in folder: String) {
    let own = stages.filter { $0.role == .main }
    guard let last = own.last else { return nil }
    address = RunStage(run: folder, stage: last.id)
    kind = last.kind
    isStudent = own.contains { !$0.stage.work.teacherInputs.isEmpty }
    readsPairs = last.stage.work.evaluated?.pairColumns != nil
    givesNumbers = last.stage.work.evaluated?.kind == .regression
  }
}
