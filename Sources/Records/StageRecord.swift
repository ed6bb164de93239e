// A stage's part of the record on its own, as the stage cache keeps it beside the weights.

public struct StageRecord: StrictRecord, Sendable, Equatable {
  public var format: Int
  public var stage: RunRecord.Stage
  public var measured: RunRecord.StageMeasurement
  /// The run that computed it; nil in those of earlier versions.
  public var experiment: String?

  public init(stage: RunRecord.Stage, measured: RunRecord.StageMeasurement) {
    self.format = RunRecord.currentFormat
    self.stage = stage
    self.measured = measured
  }

  /// Laid out and read as strictly as a run record.
  public func text() throws(RecordError) -> String {
    try RecordText.tree(of: self, source: "record of stage \(stage.id)").document
  }
}
