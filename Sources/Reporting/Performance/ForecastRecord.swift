// What was foretold of some runs, and what they took.
import RetortRecords

/// `Results/records/performance/forecast.json`, written by `Tests/Peers/bench --forecast`.
struct ForecastRecord: Codable, Sendable, Equatable {
  var format: Int
  var command: String
  var threads: Int
  var machine: RecordedMachine
  var versions: [String: String]
  var runs: [Run]

  struct Run: Codable, Sendable, Equatable {
    /// Its file's name in Experiments/.
    var definition: String
    /// As given to `--set`.
    var changes: [String]
    /// Of all stages.
    var steps: Int
    /// By `retort explain`.
    var foretold: Cost
    var measured: Cost
  }

  struct Cost: Codable, Sendable, Equatable {
    var seconds: Double
    /// Largest resident memory of the process.
    var memoryBytes: Double
    /// The most that checkpoints and the models that the cache keeps take at any time.
    var diskBytes: Double
  }
}

extension ForecastRecord: StrictRecord {
  func contradictions() -> [String] {
    runs.flatMap { run in
      [run.foretold, run.measured].flatMap { [$0.seconds, $0.memoryBytes, $0.diskBytes] }
        .allSatisfy { $0.isFinite && $0 > 0 }
        ? [] : ["\(run.definition): a figure that is not a positive number"]
    }
  }
}
