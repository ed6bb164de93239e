// A stage's part of the record on its own, as the stage cache keeps it beside the weights.

import Foundation

public struct StageRecord: Codable, Sendable, Equatable {
  public var format: Int
  public var stage: RunRecord.Stage
  public var measured: RunRecord.StageMeasurement

  public init(stage: RunRecord.Stage, measured: RunRecord.StageMeasurement) {
    self.format = RunRecord.currentFormat
    self.stage = stage
    self.measured = measured
  }

  /// Laid out and read as strictly as a run record.
  public func text() throws(RecordError) -> String {
    try RecordText.tree(of: self, source: "record of stage \(stage.id)").text
  }

  public init(text: String, source: String) throws(RecordError) {
    self = try RecordText.decode(Self.self, from: text, source: source)
  }

  public static func read(path: String) throws(RecordError) -> StageRecord {
    try StageRecord(text: RecordText.read(path: path), source: path)
  }
}
