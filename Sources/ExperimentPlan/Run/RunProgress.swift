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
    /// The step after which this process went on, or will go on; 0 for a stage that it began.
    public var resumedStep: Int?
    /// When this process began to train it, in seconds since 1970.
    public var began: Double?
    /// The step of the last checkpoint that this process wrote.
    public var checkpointStep: Int?
    /// How much it computes compared with the run's other stages; 0 for one that was found in the cache, nil where that is
    /// not known.
    public var effort: Double?
    /// Seconds that `explain` has measured for it on this machine; 0 for one that was found in the cache.
    public var forecastSeconds: Double?

    /// Of its steps, behind the checkpoint that it goes on from; all of them where there is none.
    fileprivate var shareLeft: Double {
      guard let totalSteps, let resumedStep, totalSteps > 0 else { return 1 }
      return Double(totalSteps - resumedStep) / Double(totalSteps)
    }
  }

  public var format: Int
  /// The definition's file, as given to the program.
  public var definition: String
  /// What to type to go on after an interruption, where the program was started; nil where nobody types.
  public var resumingCommand: String?
  public var threads: Int
  /// In the order in which they run.
  public var stages: [Stage]

  init(definition: String, resumingCommand: String? = nil, threads: Int, stages: [Stage]) {
    format = RunRecord.currentFormat
    self.definition = definition
    self.resumingCommand = resumingCommand
    self.threads = threads
    self.stages = stages
  }

  /// Seconds that `explain` has measured for all stages; nil where it has not.
  public var forecastSeconds: Double? {
    stages.reduce(0) { sum, stage in sum.flatMap { sum in stage.forecastSeconds.map { sum + $0 } } }
  }

  /// Of these the seconds that are left to a run that was resumed; nil where they are not known.
  public var forecastSecondsLeft: Double? {
    stages.reduce(0) { sum, stage in
      guard let sum, let seconds = stage.forecastSeconds else { return nil }
      return sum + seconds * stage.shareLeft
    }
  }

  /// Seconds that the stages after one will take, if the machine goes on at the speed of that one; nil where it is not known
  /// how much they compute.
  /// - Parameter totalSteps: of that stage.
  public func secondsAfter(_ id: String, totalSteps: Int, secondsPerStep: Double) -> Double? {
    guard let index = stages.firstIndex(where: { $0.id == id }) else { return nil }
    let isForecast = forecastSeconds != nil
    let shares = stages[index...].map { isForecast ? $0.forecastSeconds : $0.effort }
    if shares.count == 1 { return 0 }
    guard let own = shares[0], own > 0, !shares.contains(nil) else { return nil }
    return secondsPerStep * Double(totalSteps) / own
      * shares.dropFirst().reduce(0) { $0 + ($1 ?? 0) }
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
