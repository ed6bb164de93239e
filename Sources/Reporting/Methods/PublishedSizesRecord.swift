// What distillations of published methods take at published size.
import RetortRecords

/// `Results/records/performance/published_sizes.json`, written by `Tests/Peers/bench --published-sizes`.
struct PublishedSizesRecord: Codable, Sendable, Equatable {
  var format: Int
  var command: String
  var threads: Int
  var machine: RecordedMachine
  var versions: [String: String]
  var runs: [Run]

  struct Run: Codable, Sendable, Equatable {
    /// Its file's name in Experiments/methods, without the ending.
    var definition: String
    var stage: String
    /// As given to `--set`.
    var changes: [String]
    /// Family and sizes, in words.
    var teacher: String
    var student: String
    var steps: Int
    /// Of all steps together.
    var sequences: Int
    var tokens: Int
    /// In steps, without what comes before and after them.
    var seconds: Double
    /// Largest resident memory of the process.
    var memoryBytes: Double
    var firstLoss: Double
    var lastLoss: Double
  }
}

extension PublishedSizesRecord: StrictRecord {
  func contradictions() -> [String] {
    runs.flatMap { run in
      run.steps > 0 && run.sequences > 0 && run.tokens > 0
        && [run.seconds, run.memoryBytes, run.firstLoss, run.lastLoss].allSatisfy {
          $0.isFinite && $0 > 0
        }
        ? [] : ["\(run.definition): a figure that is not a positive number"]
    }
  }
}
