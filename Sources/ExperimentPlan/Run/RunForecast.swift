// What a definition will take: a few steps of every stage are run and scaled up.
import Foundation
import RetortDistillation
import RetortFiles
import RetortFormatting
import RetortText
import RetortTransformers

/// Hours, memory and disk of all stages of a definition's variants, foretold from a short probe of each on this machine.
///
/// A probe trains a model of the right shape for a few steps on the stage's own data; models that an earlier stage
/// has yet to make are stood in for by what that stage begins from, which has the same shape. Stages that differ
/// in their seeds alone take the same time, and those that several variants share are counted once.
public struct RunForecast: Sendable {
  public struct Stage: Encodable, Sendable {
    /// With the variant's name where an earlier one has a stage of this id.
    public var id: String
    public var steps: Int
    public var tokens: Int
    public var secondsPerStep: Double
    public var seconds: Double
    /// Largest resident memory of the process by the end of the probe.
    public var memoryBytes: Int
    /// Of the finished stage, in the cache.
    public var keptBytes: Int
    /// At the most while it runs: its checkpoints and the finished stage.
    public var diskBytes: Int
    public var isCached: Bool
    /// Whether it may end before these steps, in less time.
    public var mayStopEarly: Bool
  }

  /// A measure of all its models.
  public struct Measure: Encodable, Sendable {
    /// With the variant's name where an earlier one has a measure of this name.
    public var name: String
    public var models: Int
    public var sequences: Int
    /// That each model reads.
    public var tokens: Int
    public var seconds: Double
    public var isCached: Bool
  }

  public private(set) var stages: [Stage] = []
  /// Measures whose models the stages leave; empty where the definition asks for none.
  public private(set) var measures: [Measure] = []
  /// Of each stage's data, for the explanation's step counts.
  public private(set) var sizes: [String: DataSize] = [:]

  /// - Parameter note: hears what is being measured.
  public init(
    variants: [DefinitionVariant], locations: Locations, engine: Engine,
    note: @escaping (String) -> Void
  ) throws {
    let cache = StageCache(locations)
    let memory = ForecastMemory(locations, threads: engine.threadCount)
    var facts = DigestFacts(numericsVersion: Numerics.version, blasCore: BLASKernel.coreName)
    var counted: [String: DataSize] = [:]  // by digest
    var foretold: Set<String> = []  // figures of measures, by digest
    var measured: [String: (stage: Stage, size: DataSize)] = [:]  // by what bears on the time
    for variant in variants {
      let plan = ResolvedPlan(variant.definition)
      facts = try DigestFacts.gather(
        for: plan, in: locations, numericsVersion: Numerics.version,
        blasCore: BLASKernel.coreName, beginningWith: facts)
      let digests = try PlanDigests(plan, facts, stages: plan.stages)
      let probe = StageProbe(
        plan: plan,
        data: PreparedData(
          plan: plan, locations: locations, threads: engine.threadCount, note: note),
        engine: engine)
      for planned in plan.stages {
        guard let digest = digests.stages[planned.id] else { continue }
        if let size = counted[digest] {
          sizes[planned.id] = sizes[planned.id] ?? size
          continue
        }
        let isCached = cache.lookUp(digest) != nil
        let work = plan.workWithoutSeeds(of: planned)
        if measured[work] == nil {
          note("\(planned.id): a few steps, to see how long they take")
          let (stage, size) = try probe.measure(planned, isCached: isCached)
          measured[work] = (stage, size)
        }
        guard let known = measured[work] else { continue }
        var stage = known.stage
        let isRepeated = stages.contains { $0.id == planned.id }
        stage.id = isRepeated ? "\(planned.id), \(variant.title)" : planned.id
        stage.isCached = isCached
        stages.append(stage)
        memory.keep(stage.seconds, ofStage: digest)
        counted[digest] = known.size
        sizes[planned.id] = sizes[planned.id] ?? known.size
      }
      let measuring = MeasureRunner(
        plan: plan, digests: digests, data: probe.data, models: probe.models, engine: engine,
        observer: nil, note: note)
      for planned in plan.measures(with: plan.stages) {
        note("\(planned.name): a few sequences, to see how long they take")
        guard var measure = try measuring.forecast(planned, after: &foretold)
        else { continue }
        if measures.contains(where: { $0.name == planned.name }) {
          measure.name = "\(planned.name), \(variant.title)"
        }
        measures.append(measure)
      }
    }
  }

  /// Of the stages and measures that are not in the cache.
  public var seconds: Double {
    open.reduce(0) { $0 + $1.seconds } + measures.reduce(0) { $0 + $1.seconds }
  }
  public var memoryBytes: Int { open.map(\.memoryBytes).max() ?? 0 }
  /// The most at any time: what earlier stages leave, and all that the one at hand needs.
  public var diskBytes: Int {
    var (kept, most) = (0, 0)
    for stage in open {
      most = max(most, kept + stage.diskBytes)
      kept += stage.keptBytes
    }
    return most
  }

  private var open: [Stage] { stages.filter { !$0.isCached } }

  /// A table and its sum.
  public var text: String {
    var lines = ["Forecast for this machine"]
    for stage in stages {
      lines.append(
        "  \(stage.id): \(stage.mayStopEarly ? "at most " : "")\(stage.steps.grouped) steps of \(stage.secondsPerStep.fixed(3)) s, "
          + "\(stage.seconds.durationText), memory \(stage.memoryBytes.memoryText), "
          + "disk \(stage.diskBytes.memoryText)"
          + (stage.isCached ? " (in the cache: nothing to compute)" : ""))
    }
    for measure in measures {
      lines.append(
        "  \(measure.name): \(measure.models) model\(measure.models == 1 ? "" : "s") on "
          + "\(measure.sequences.grouped) sequences, \(measure.tokens.grouped) tokens, about "
          + measure.seconds.durationText
          + (measure.isCached ? " (in the cache: nothing to compute)" : ""))
    }
    lines.append(
      "  in all: \(open.contains(where: \.mayStopEarly) ? "at most " : "")\(seconds.durationText), memory \(memoryBytes.memoryText), "
        + "disk \(diskBytes.memoryText)")
    return lines.joined(separator: "\n") + "\n"
  }
}

extension RunForecast: Encodable {
  enum CodingKeys: CodingKey { case stages, measures, seconds, memoryBytes, diskBytes }

  public func encode(to encoder: any Swift.Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(stages, forKey: .stages)
    if !measures.isEmpty { try values.encode(measures, forKey: .measures) }
    try values.encode(seconds, forKey: .seconds)
    try values.encode(memoryBytes, forKey: .memoryBytes)
    try values.encode(diskBytes, forKey: .diskBytes)
  }
}

extension ResolvedPlan {
  /// A text that two stages of a definition's variants share when nothing but seeds tells their work apart.
  fileprivate func workWithoutSeeds(of planned: PlannedStage) -> String {
    var stage = planned.stage
    stage.training.seed = 0
    let models = models.map { model in
      var model = model
      model.seed = 0
      return model
    }
    return "\(stage) \(models)"
  }
}
