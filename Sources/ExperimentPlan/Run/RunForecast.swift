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
  public struct Stage: Sendable {
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
    let open = stages.filter { !$0.isCached }
    lines.append(
      "  in all: \(Self.duration(open.reduce(0) { $0 + $1.seconds })), "
        + "memory \(Self.size(open.map(\.memoryBytes).max() ?? 0)), "
        + "disk \(Self.size(open.reduce(0) { $0 + $1.diskBytes }))")
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

/// Runs a stage for a few steps.
private struct StageProbe {
  let plan: ResolvedPlan
  let data: PreparedData
  let engine: Engine

  /// Steps that count; two before them warm caches and memory.
  private static let measuredSteps = 6
  private static let warmUpSteps = 2

  private var models: ModelMaking {
    ModelMaking(plan: plan, data: data) { id in
      guard let stage = plan.stage(id: id), let input = stage.inputs.last else {
        preconditionFailure("the plan names a stage \(id) that it does not have")
      }
      return try models.make(input)
    }
  }

  func measure(
    _ planned: PlannedStage, isCached: Bool
  ) throws -> (RunForecast.Stage, DataSize) {
    let training = planned.stage.training
    switch planned.stage.work {
    case .pretrain(let options):
      return try measure(
        planned, isCached, training, options.corpus, teacher: nil,
        objective: DistillationObjective(softTargets: nil, maskedLanguage: 1, cosine: nil))
    case .distill(let options):
      let objective = options.loss.objective
      let teacher =
        objective.needsTeacher
        ? LiveTeacher(model: try models.make(planned.inputs[0]), engine: engine) : nil
      return try measure(
        planned, isCached, training, options.corpus, teacher: teacher, objective: objective)
    case .finetune(let options):
      return try measure(planned, isCached, training, options)
    }
  }

  private func measure(
    _ planned: PlannedStage, _ isCached: Bool, _ training: TrainingOptions,
    _ options: CorpusOptions, teacher: LiveTeacher?, objective: DistillationObjective
  ) throws -> (RunForecast.Stage, DataSize) {
    guard let input = planned.inputs.last else { preconditionFailure("a stage without input") }
    let model = try models.make(input)
    model.freeze(training.freeze)
    let corpus = try data.corpus(options, sequenceLength: training.sequenceLength)
    let settings = StageExecution.maskedLanguageSettings(
      training, objective: objective, masking: options.masking.rule)
    let batches = MaskedCorpus(
      corpus: corpus, tokenCounts: corpus.tokenCounts, vocabulary: try data.vocabulary(),
      settings: settings)
    func loop(_ settings: MaskedLanguageSettings) -> MaskedLanguageTraining {
      MaskedLanguageTraining(
        student: model, teacher: teacher, batches: batches, settings: settings, engine: engine)
    }
    // A step is an update and some batches: one batch a step and two tell the two apart.
    func secondsPerStep(accumulating batches: Int) throws -> Double {
      var short = settings
      short.accumulation = batches
      short.limit = .steps(Self.warmUpSteps + Self.measuredSteps)
      return mean(try loop(short).run().clock.stepSeconds)
    }
    let total = loop(settings).totalSteps
    let single = try secondsPerStep(accumulating: 1)
    let perBatch =
      settings.accumulation > 1 ? max(0, try secondsPerStep(accumulating: 2) - single) : 0
    let seconds = single + Double(settings.accumulation - 1) * perBatch
    let size = DataSize(sequences: corpus.sequenceCount, tokens: corpus.tokenCount)
    let tokens = Int(
      Double(corpus.tokenCount) * Double(total)
        / Double(
          max(1, MaskedLanguageTraining.stepsPerEpoch(sequences: corpus.count, settings: settings)))
    )
    return (
      stage(
        planned, model, isCached, steps: total, tokens: tokens, secondsPerStep: seconds, rest: 0),
      size
    )
  }

  private func measure(
    _ planned: PlannedStage, _ isCached: Bool, _ training: TrainingOptions,
    _ options: FinetuneOptions
  ) throws -> (RunForecast.Stage, DataSize) {
    let task = try data.task(options.task)
    let model = models.classifier(
      over: try models.make(planned.inputs[0]), labels: task.classNames, seed: training.seed,
      random: plan.definition.random)
    model.freeze(training.freeze)
    let examples = try data.sequences(task.train, maximumLength: training.sequenceLength)
    let validation = try data.sequences(task.dev, maximumLength: training.sequenceLength)
    let settings = StageExecution.fineTuningSettings(
      training, random: plan.definition.random, selectBest: options.selectBest)
    func loop(_ settings: FineTuningSettings, validation: LabelledSequences) -> FineTuning {
      FineTuning(
        model: model, training: examples, validation: validation, settings: settings,
        engine: engine)
    }
    let full = loop(settings, validation: validation)
    let shown = min(64, validation.count)
    var short = settings
    short.limit = .steps(Self.warmUpSteps + Self.measuredSteps)
    short.selectBest = .last
    let clock = try loop(short, validation: validation.prefix(shown)).run().clock
    let stepsPerEpoch = FineTuning.stepsPerEpoch(examples: examples.count, settings: settings)
    let epochs = (full.totalSteps + stepsPerEpoch - 1) / stepsPerEpoch
    let evaluation =
      clock.evaluationSeconds / Double(max(1, shown))
      * Double(validation.count * epochs + task.test.count)
    let size = DataSize(sequences: examples.count, tokens: examples.sequences.tokenCount)
    let tokens = examples.sequences.tokenCount * full.totalSteps / max(1, stepsPerEpoch)
    return (
      stage(
        planned, model, isCached, steps: full.totalSteps, tokens: tokens,
        secondsPerStep: mean(clock.stepSeconds), rest: evaluation), size
    )
  }

  private func mean(_ seconds: [Double]) -> Double {
    let counted = seconds.dropFirst(Self.warmUpSteps)
    return counted.isEmpty ? seconds.last ?? 0 : counted.reduce(0, +) / Double(counted.count)
  }

  private func stage(
    _ planned: PlannedStage, _ model: TransformerModel, _ isCached: Bool, steps: Int, tokens: Int,
    secondsPerStep: Double, rest: Double
  ) -> RunForecast.Stage {
    // Weights in the cache; weights and two moments in the checkpoint; the best epoch's weights.
    let copies = planned.kind == .finetune ? 5 : 4
    return RunForecast.Stage(
      id: planned.id, steps: steps, tokens: tokens, secondsPerStep: secondsPerStep,
      seconds: secondsPerStep * Double(steps) + rest, memoryBytes: ProcessMemory.peakBytes,
      diskBytes: copies * 4 * model.parameterCount, isCached: isCached)
  }
}

extension LabelledSequences {
  /// The first `count` examples.
  fileprivate func prefix(_ count: Int) -> LabelledSequences {
    var first = TokenSequences()
    for index in 0..<min(count, self.count) { first.append(sequences[index]) }
    return LabelledSequences(sequences: first, labels: labels.map { Array($0.prefix(count)) })
  }
}
