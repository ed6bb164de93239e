// What a plan will take: a few steps of every stage are run and scaled up.
import Distillation
import Files
import Foundation
import Text
import Transformers

/// Hours, memory and disk of a plan's stages, foretold from a short probe of each on this machine.
///
/// A probe trains a model of the right shape for a few steps on the stage's own data; models that an earlier stage
/// has yet to make are stood in for by what that stage begins from, which has the same shape.
public struct RunForecast: Sendable {
  public struct Stage: Encodable, Sendable {
    public var id: String
    public var steps: Int
    public var tokens: Int
    public var secondsPerStep: Double
    public var seconds: Double
    /// Largest resident memory of the process by the end of the probe.
    public var memoryBytes: Int
    /// The run's checkpoints and the finished stage in the cache.
    public var diskBytes: Int
    public var isCached: Bool
  }

  public private(set) var stages: [Stage] = []
  /// Of each stage's data, for the explanation's step counts.
  public private(set) var sizes: [String: DataSize] = [:]

  /// - Parameter note: hears what is being measured.
  public init(
    plan: ResolvedPlan, locations: Locations, engine: Engine, note: @escaping (String) -> Void
  ) throws {
    let facts = try DigestFacts.gather(
      for: plan, in: locations, numericsVersion: Numerics.version, blasCore: BLASKernel.coreName)
    let digests = try PlanDigests(plan, facts)
    let cache = StageCache(locations)
    let probe = StageProbe(
      plan: plan,
      data: PreparedData(
        plan: plan, locations: locations, threads: engine.threadCount, note: note),
      engine: engine)
    for planned in plan.stages {
      note("\(planned.id): a few steps, to see how long they take")
      let isCached = digests.stages[planned.id].flatMap(cache.lookUp) != nil
      let (stage, size) = try probe.measure(planned, isCached: isCached)
      stages.append(stage)
      sizes[planned.id] = size
    }
  }

  /// Of the stages that are not in the cache.
  public var seconds: Double { open.reduce(0) { $0 + $1.seconds } }
  public var memoryBytes: Int { open.map(\.memoryBytes).max() ?? 0 }
  public var diskBytes: Int { open.reduce(0) { $0 + $1.diskBytes } }

  private var open: [Stage] { stages.filter { !$0.isCached } }

  /// A table and its sum.
  public var text: String {
    var lines = ["Forecast for this machine"]
    for stage in stages {
      lines.append(
        "  \(stage.id): \(stage.steps) steps of \(Self.fixed(stage.secondsPerStep, 3)) s, "
          + "\(Self.duration(stage.seconds)), memory \(Self.size(stage.memoryBytes)), "
          + "disk \(Self.size(stage.diskBytes))"
          + (stage.isCached ? " (in the cache: nothing to compute)" : ""))
    }
    lines.append(
      "  in all: \(Self.duration(seconds)), memory \(Self.size(memoryBytes)), "
        + "disk \(Self.size(diskBytes))")
    return lines.joined(separator: "\n") + "\n"
  }

  private static func fixed(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }

  private static func duration(_ seconds: Double) -> String {
    seconds < 90
      ? "\(fixed(seconds, 0)) s"
      : seconds < 5400 ? "\(fixed(seconds / 60, 0)) min" : "\(fixed(seconds / 3600, 1)) h"
  }

  private static func size(_ bytes: Int) -> String {
    bytes < 1 << 30
      ? "\(fixed(Double(bytes) / 1048576, 0)) MiB"
      : "\(fixed(Double(bytes) / 1_073_741_824, 1)) GiB"
  }
}

extension RunForecast: Encodable {
  enum CodingKeys: CodingKey { case stages, seconds, memoryBytes, diskBytes }

  public func encode(to encoder: any Swift.Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(stages, forKey: .stages)
    try values.encode(seconds, forKey: .seconds)
    try values.encode(memoryBytes, forKey: .memoryBytes)
    try values.encode(diskBytes, forKey: .diskBytes)
  }
}
