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

  /// Of a stage that makes a text.
  public struct Text: Encodable, Sendable {
    /// With the variant's name where an earlier one has a stage of this id.
    public var id: String
    /// At most so many are read.
    public var sentences: Int
    /// At most so many are written.
    public var lines: Int
    public var seconds: Double
    /// Largest resident memory of the process by the end of the probe.
    public var memoryBytes: Int
    /// Of the finished text, in the cache.
    public var keptBytes: Int
    /// At the most while it is made.
    public var diskBytes: Int
    /// Whether there is nothing to compute.
    public var isCached = false
  }

  public private(set) var stages: [Stage] = []
  /// Measures whose models the stages leave; empty where the definition asks for none.
  public private(set) var measures: [Measure] = []
  /// Nil where no stage makes a text.
  public private(set) var texts: [Text]?
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
    var foretoldTexts: Set<String> = []  // by digest
    var measuredTexts: [String: Text] = [:]  // by what bears on the time
    for variant in variants {
      let plan = ResolvedPlan(variant.definition)
      facts = try DigestFacts.gather(
        for: plan, in: locations, numericsVersion: Numerics.version,
        blasCore: BLASKernel.coreName, beginningWith: facts)
      let digests = try PlanDigests(plan, facts, steps: plan.steps)
      let data = PreparedData(
        plan: plan, locations: locations, threads: engine.threadCount, note: note)
      data.stageTexts = ForecastTexts(
        cached: CachedTexts(digests: digests, cache: cache, definitionPath: ""), plan: plan,
        data: .init(data: data))
      let probe = StageProbe(plan: plan, data: data, engine: engine)
      for step in plan.steps {
        guard let digest = digests.stages[step.id] else { continue }
        let planned: PlannedStage
        switch step {
        case .training(let stage): planned = stage
        case .text(let text):
          guard foretoldTexts.insert(digest).inserted else { continue }
          let work = plan.workWithoutSeeds(of: text)
          if measuredTexts[work] == nil {
            note("\(text.id): a few sentences, to see how long they take")
            measuredTexts[work] = try text.stage.work.probe(text, in: probe)
          }
          guard var known = measuredTexts[work] else { continue }
          let isRepeated = (texts ?? []).contains { $0.id == text.id }
          known.id = isRepeated ? "\(text.id), \(variant.title)" : text.id
          known.isCached = cache.lookUp(digest) != nil
          texts = (texts ?? []) + [known]
          memory.keep(known.seconds, ofStage: digest)
          continue
        }
        if let size = counted[digest] {
          sizes[planned.id] = sizes[planned.id] ?? size
          continue
        }
        let isCached = cache.lookUp(digest) != nil
        let work = plan.workWithoutSeeds(of: planned)
        if measured[work] == nil {
          note("\(planned.id): a few steps, to see how long they take")
          var (stage, size) = try probe.measure(planned, isCached: isCached)
          if StepCounts(planned.stage.training, data: size)?.isAtMost ?? false {
            stage.mayStopEarly = true
          }
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
    open.reduce(0) { $0 + $1.seconds } + openTexts.reduce(0) { $0 + $1.seconds }
      + measures.reduce(0) { $0 + $1.seconds }
  }
  public var memoryBytes: Int {
    (open.map(\.memoryBytes) + openTexts.map(\.memoryBytes)).max() ?? 0
  }
  /// The most at any time: what earlier stages leave, and all that the one at hand needs.
  public var diskBytes: Int {
    var (kept, most) = (0, 0)
    for text in openTexts {
      most = max(most, kept + text.diskBytes)
      kept += text.keptBytes
    }
    for stage in open {
      most = max(most, kept + stage.diskBytes)
      kept += stage.keptBytes
    }
    return most
  }

  private var open: [Stage] { stages.filter { !$0.isCached } }
  private var openTexts: [Text] { (texts ?? []).filter { !$0.isCached } }

  /// A table and its sum.
  public var text: String {
    var lines = ["Forecast for this machine"]
    for text in texts ?? [] {
      lines.append(
        "  \(text.id): \(text.sentences.grouped) sentences to at most \(text.lines.grouped) lines, "
          + "\(text.seconds.durationText), memory \(text.memoryBytes.memoryText), "
          + "disk \(text.diskBytes.memoryText)"
          + (text.isCached ? " (in the cache: nothing to compute)" : ""))
    }
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
  enum CodingKeys: CodingKey { case stages, texts, measures, seconds, memoryBytes, diskBytes }

  public func encode(to encoder: any Swift.Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(stages, forKey: .stages)
    try values.encodeIfPresent(texts, forKey: .texts)
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
    return "\(stage) \(withoutSeeds)"
  }

  fileprivate func workWithoutSeeds(of planned: PlannedText) -> String {
    "\(planned.stage.withoutSeed) \(withoutSeeds)"
  }

  /// What a stage may begin from or read.
  private var withoutSeeds: String {
    let models = models.map { model in
      var model = model
      model.seed = 0
      return model
    }
    return "\(models) \(steps.compactMap(\.text?.stage.withoutSeed))"
  }
}
