// `stages.json` of a run folder: the stages that a run goes through, and how far each has come.
import RetortRecords

/// What a run writes down about its stages while it goes on.
public struct RunProgress: StrictRecord, Sendable, Equatable {
  public static let fileName = "stages.json"

  public enum State: String, Codable, Sendable {
    case waiting, running, finished
  }

  public struct Stage: Codable, Sendable, Equatable {
    public var id: String
    public var kind: RunRecord.StageKind
    /// The stage cache's.
    public var digest: String
    public var state = State.waiting
    /// Optimizer steps of the whole stage; nil before it has begun.
    public var totalSteps: Int?
    /// True where it may end before them; nil for any other.
    public var mayStopEarly: Bool?
    /// The step after which this process went on; 0 for a stage that it began.
    public var resumedStep: Int?
    /// When this process began to train it, in seconds since 1970.
    public var began: Double?
    /// The step of the last checkpoint that this process wrote.
    public var checkpointStep: Int?
  }

  public var format: Int
  /// The definition's file, as given to the program.
  public var definition: String
  public var threads: Int
  /// In the order in which they run.
  public var stages: [Stage]

  init(definition: String, threads: Int, stages: [Stage]) {
    format = RunRecord.currentFormat
    self.definition = definition
    self.threads = threads
    self.stages = stages
  }

  /// - Returns: nil where the run folder has none, as those of earlier versions.
  /// - Throws: for a file that is there and cannot be read.
  static func read(run folder: String) throws(RecordError) -> RunProgress? {
    let path = "\(folder)/\(fileName)"
    return Locations.exists(path) ? try read(path: path) : nil
  }

  func text() throws(RecordError) -> String {
    try RecordText.tree(of: self, source: Self.fileName).document
  }

  /// Changes the entry of a stage, if there is one.
  mutating func update(_ id: String, _ change: (inout Stage) -> Void) {
    guard let index = stages.firstIndex(where: { $0.id == id }) else { return }
    change(&stages[index])
  }
}
