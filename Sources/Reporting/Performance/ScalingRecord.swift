// Time per token of a training step as its size changes, beside what arithmetic predicts.
import RetortRecords

/// `Results/records/performance/scaling.json`, written by `Tests/Peers/bench --scaling`.
struct ScalingRecord: Codable, Sendable, Equatable {
  var format: Int
  var command: String
  /// Turns that each point had.
  var alternations: Int
  var machine: RecordedMachine
  var versions: [String: String]
  /// What was trained.
  var model: String
  var sweeps: [Sweep]

  /// One quantity changes, the others stay.
  struct Sweep: Codable, Sendable, Equatable {
    var over: Quantity
    /// What stays.
    var fixed: String
    /// By growing `x`.
    var points: [Point]
  }

  enum Quantity: String, Codable, Sendable {
    case length, batch, threads
  }

  struct Point: Codable, Sendable, Equatable {
    var x: Int
    /// Of one step, [CLS] and [SEP] included.
    var tokens: Int
    /// What a step must do: counted from the model's sizes, not by the program.
    var flops: Double
    /// What clipping and the optimizer must move from and to memory.
    var bytes: Double
    /// The machine's rates with as many threads, measured in the same runs.
    var gflops: Double
    var bytesPerSecond: Double
    /// Of a step, one for each turn.
    var seconds: [Double]
  }
}

extension ScalingRecord.Point {
  /// Products at the machine's full rate, and then the optimizer at memory's.
  var predictedSeconds: Double { flops / (gflops * 1e9) + bytes / bytesPerSecond }
}

extension ScalingRecord: StrictRecord {
  func contradictions() -> [String] {
    var facts: [String] = []
    if Set(sweeps.map(\.over)).count != sweeps.count {
      facts.append("two sweeps over the same quantity")
    }
    for sweep in sweeps {
      let name = sweep.over.rawValue
      if sweep.points.isEmpty { facts.append("\(name): no points") }
      if zip(sweep.points, sweep.points.dropFirst()).contains(where: { $0.x >= $1.x }) {
        facts.append("\(name): points out of order")
      }
      for point in sweep.points {
        let figures =
          [point.flops, point.bytes, point.gflops, point.bytesPerSecond] + point.seconds
        let whole = point.x > 0 && point.tokens > 0 && !point.seconds.isEmpty
        if !whole || !figures.allSatisfy({ $0.isFinite && $0 > 0 }) {
          facts.append("\(name) \(point.x): a figure that is not a positive number, or none")
        }
      }
    }
    return facts
  }
}
