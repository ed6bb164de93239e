// What the peers' programs and this one took for the same work, as Tests/Peers/bench recorded it.
import RetortRecords

/// `Results/records/performance/comparison.json`. Rows carry the targets of the day they were recorded.
struct PerformanceRecord: Codable, Sendable, Equatable {
  var format: Int
  /// What was typed.
  var command: String
  /// Rounds in which all sides of a row took their turn.
  var alternations: Int
  var threads: Int
  var machine: RecordedMachine
  /// Program or library to version.
  var versions: [String: String]
  var peers: [Peer]
  var rows: [Row]
  /// Of a fine-tuning step of DistilBERT's size, if that was among the rows.
  var profile: StepProfile?

  /// How another program was run, and what was tried and left out.
  struct Peer: Codable, Sendable, Equatable {
    var name: String
    var settings: String
    var tried: String
  }

  struct Row: Codable, Sendable, Equatable {
    var id: String
    var job: String
    var against: String
    var value: Value
    var unit: Unit
    var atLeast: Double?
    var atMost: Double?
    var hoped: Double?
    /// One a round, in order; empty if the row was not run.
    var pairs: [Pair]
    /// How far the sides agreed on what they computed.
    var checked: String?
    /// Why there are no figures, or not all.
    var notRun: String?
  }

  /// What a row's value is made of.
  enum Value: String, Codable, Sendable {
    /// So many times as fast as the peer.
    case speedup = "peer/retort"
    /// A share of what the peer takes.
    case share = "retort/peer"
    /// A figure of this program alone.
    case own = "retort"
  }

  enum Unit: String, Codable, Sendable {
    case secondsPerThousandSentences = "seconds per 1,000 sentences"
    case seconds
    case bytes
    case none = ""
  }

  struct Pair: Codable, Sendable, Equatable {
    var peer: Double?
    var retort: Double
  }
}

/// The machine that a recording was made on.
public struct RecordedMachine: Codable, Sendable, Equatable {
  public var processor: String
  public var cores: Int
  public var memoryBytes: Int
  /// The operating system's kernel.
  public var system: String
  /// Processes that were running or waiting to, over the minute before.
  public var loadBefore: Double

  public init(
    processor: String, cores: Int, memoryBytes: Int, system: String, loadBefore: Double
  ) {
    (self.processor, self.cores, self.memoryBytes) = (processor, cores, memoryBytes)
    (self.system, self.loadBefore) = (system, loadBefore)
  }
}

extension PerformanceRecord.Row {
  /// The value of each round.
  var values: [Double] {
    pairs.map { pair in
      switch value {
      case .speedup: (pair.peer ?? .nan) / pair.retort
      case .share: pair.retort / (pair.peer ?? .nan)
      case .own: pair.retort
      }
    }
  }

  enum Outcome: Equatable {
    case hoped, met, missed
    /// No target was set.
    case free
    case notRun
  }

  /// The median beside the targets.
  var outcome: Outcome {
    guard let median = MedianRange(values)?.median else { return .notRun }
    if let atLeast {
      return median < atLeast ? .missed : median >= hoped ?? .infinity ? .hoped : .met
    }
    if let atMost {
      return median > atMost ? .missed : median <= hoped ?? -.infinity ? .hoped : .met
    }
    return .free
  }
}

extension PerformanceRecord: StrictRecord {
  func contradictions() -> [String] {
    var facts: [String] = []
    if Set(rows.map(\.id)).count != rows.count { facts.append("two rows of the same id") }
    for row in rows {
      if row.pairs.isEmpty, row.notRun == nil {
        facts.append("\(row.id): neither figures nor a reason why there are none")
      }
      if row.atLeast != nil, row.atMost != nil {
        facts.append("\(row.id): a target from both sides")
      }
      if row.pairs.contains(where: { ($0.peer == nil) != (row.value == .own) }) {
        facts.append(
          "\(row.id): a peer's figure where there is no peer, or none where there is one")
      }
      let figures = row.pairs.flatMap { [$0.peer, $0.retort].compactMap(\.self) }
      if !figures.allSatisfy({ $0.isFinite && $0 > 0 }) {
        facts.append("\(row.id): a figure that is not a positive number")
      }
    }
    if let profile, !profile.isPositive {
      facts.append("profile: a figure that is not a positive number")
    }
    return facts
  }
}
