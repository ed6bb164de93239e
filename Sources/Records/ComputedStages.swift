// Which stages the runs in a folder have computed to their end; all others they found in the cache.

public struct ComputedStages: StrictRecord, Sendable, Equatable {
  public var format: Int
  public private(set) var stages: [String]

  public init(_ stages: [String] = []) {
    format = RunRecord.currentFormat
    self.stages = stages
  }

  public mutating func add(_ id: String) {
    if !stages.contains(id) { stages.append(id) }
  }

  /// Laid out and read as strictly as a run record.
  public func text() throws(RecordError) -> String {
    try RecordText.tree(of: self, source: "the list of computed stages").document
  }
}
