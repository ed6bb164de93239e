// Fifty steps of the training loops against PyTorch's, without dropout: trajectories.h5.
import Foundation
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Fifty steps of training follow PyTorch's")
struct TrajectoryParityTests {
  private let engine = Engine(threadCount: 2)

  @Test("fine-tuning", arguments: ModelFamily.allCases)
  func fineTuning(_ family: ModelFamily) throws {
    let run = try Trajectory("finetune_\(family.rawValue)")
    let model = try run.startingModel(family, heads: [.classification])
    let data = LabelledSequences(sequences: run.sequences, labels: try run.integers("classes"))
    let watcher = TrajectoryWatcher(model, stepCount: run.stepCount)
    let training = FineTuning(
      model: model, training: data, validation: data,
      settings: try run.settings(Objective(WeightedTerm(1, CrossEntropy()))),
      selectBest: .last, order: .sequential,
      engine: engine, observer: watcher)
    #expect(try training.run().step == run.stepCount)
    try run.expectFollowed(by: watcher, terms: ["loss"], family, heads: [.classification])
  }

  @Test("fine-tuning with a teacher's answers")
  func taughtFineTuning() throws {
    let run = try Trajectory("taught")
    let model = try run.startingModel(.distilbert, heads: [.classification])
    let teacher = try run.startingModel(.bert, heads: [.classification])
    let data = LabelledSequences(sequences: run.sequences, labels: try run.integers("classes"))
    let watcher = TrajectoryWatcher(model, stepCount: run.stepCount)
    let objective = Objective(
      WeightedTerm(0.4, ClassSoftTargets(temperature: 2)), WeightedTerm(0.6, CrossEntropy()))
    let training = FineTuning(
      model: model, training: data, validation: data,
      teacher: try ClassifierTeacher(
        model: teacher, training: data.sequences, reads: objective.readsOfTeacher, engine: engine),
      settings: try run.settings(objective),
      selectBest: .last, order: .sequential,
      engine: engine, observer: watcher)
    #expect(try training.run().step == run.stepCount)
    try run.expectFollowed(
      by: watcher, terms: ["divergence", "cross_entropy"], .distilbert, heads: [.classification])
  }

  @Test("pre-training")
  func preTraining() throws {
    let run = try Trajectory("pretrain_bert")
    let model = try run.startingModel(.bert, heads: [.maskedLanguage])
    let watcher = TrajectoryWatcher(model, stepCount: run.stepCount)
    let training = MaskedLanguageTraining(
      student: model, teacher: nil, batches: try TrajectoryBatches(run),
      settings: try run.settings(
        Objective(WeightedTerm(1, MaskedLanguage()))),
      engine: engine, observer: watcher)
    #expect(try training.run().step == run.stepCount)
    try run.expectFollowed(by: watcher, terms: ["loss"], .bert, heads: [.maskedLanguage])
  }

  @Test("distillation with all three terms")
  func distillation() throws {
    let run = try Trajectory("distil")
    let model = try run.startingModel(.distilbert, heads: [.maskedLanguage])
    let teacher = try run.startingModel(.bert, heads: [.maskedLanguage])
    let watcher = TrajectoryWatcher(model, stepCount: run.stepCount)
    let training = MaskedLanguageTraining(
      student: model, teacher: LiveTeacher(model: teacher, engine: engine),
      batches: try TrajectoryBatches(run),
      settings: try run.settings(
        Objective(
          WeightedTerm(5, SoftTargets(temperature: 2, positions: .all)),
          WeightedTerm(2, MaskedLanguage()), WeightedTerm(1, HiddenCosine()))),
      engine: engine, observer: watcher)
    // Its schedule is of 51 steps, of which PyTorch took 50.
    #expect(throws: TrainingError.interrupted(step: 50, checkpoint: nil)) { try training.run() }
    try run.expectFollowed(
      by: watcher, terms: ["divergence", "mlm", "cosine"], .distilbert, heads: [.maskedLanguage])
  }
}

/// One run of the fixture.
private struct Trajectory {
  let name: String
  let fixture: Fixture
  let sequences: TokenSequences
  let stepCount: Int
  let batchSize: Int

  init(_ name: String) throws {
    self.name = name
    fixture = try Fixture("trajectories.h5")
    let ids = try fixture.integers("\(name)/ids")
    let offsets = try fixture.integers("\(name)/offsets").map { Int($0) }
    var sequences = TokenSequences()
    for (start, end) in zip(offsets, offsets.dropFirst()) { sequences.append(ids[start..<end]) }
    self.sequences = sequences
    stepCount = try fixture.doubles("\(name)/loss").count
    let batches = try fixture.integers("\(name)/batch_offsets").map { Int($0) }
    batchSize = batches[1]
    #expect(batches == Array(stride(from: 0, through: sequences.count, by: batchSize)))
    #expect(stepCount == 50)
  }

  func integers(_ array: String) throws -> [Int32] { try fixture.integers("\(name)/\(array)") }

  private func number(_ attribute: String) throws -> Double {
    try fixture.number(attribute, of: name)
  }

  var totalSteps: Int { get throws { Int(try number("total_steps")) } }

  func optimization() throws -> OptimizationSettings {
    OptimizationSettings(
      optimizer: AdamW(
        learningRate: try number("learning_rate"), beta1: try number("beta1"),
        beta2: try number("beta2"), epsilon: try number("epsilon"),
        weightDecay: try number("weight_decay"),
        maximumGradientNorm: try number("max_grad_norm")),
      warmup: .steps(Int(try number("warmup_steps"))), schedule: LinearSchedule())
  }

  func settings(_ objective: Objective) throws -> TrainingSettings {
    TrainingSettings(
      objective: objective, optimization: try optimization(), batchSize: batchSize,
      accumulation: 1, limit: .steps(try totalSteps), seed: 0, curve: .steps(500))
  }

  /// The model of tiny_models.h5 that the run began with. Its dropout rates are 0.
  func startingModel(
    _ family: ModelFamily, heads: Set<ModelPart>
  ) throws -> TransformerModel {
    try model(family, heads: heads, Fixture("tiny_models.h5"), "\(family.rawValue)/weights")
  }

  private func model(
    _ family: ModelFamily, heads: Set<ModelPart>, _ weights: Fixture,
    _ group: String
  ) throws -> TransformerModel {
    let json = try Fixture("tiny_models.h5").text("config_json", of: family.rawValue)
    let configuration = try ConfigurationFile(json: Data(json.utf8), path: group).configuration
    #expect(configuration.hiddenDropout == 0 && configuration.attentionDropout == 0)
    #expect(configuration.effectiveClassifierDropout == 0)
    let model = TransformerModel(configuration: configuration, heads: heads)
    try model.load(
      from: FixtureWeights(fixture: weights, group: group), names: .huggingFace(configuration),
      ignoring: Set(ModelPart.allCases).subtracting(model.parts), seed: 0)
    return model
  }

  /// Compares every step and the weights after the last.
  /// - Parameter terms: the fixture's names of the loop's terms.
  func expectFollowed(
    by watcher: TrajectoryWatcher, terms: [String], _ family: ModelFamily,
    heads: Set<ModelPart>
  ) throws {
    // PyTorch's own float32 strays from its float64 by this much; sums in another order may err by a
    // few times that.
    let lossBound = 10 * (try number("float32_loss_deviation"))
    let weightBound = 10 * (try number("float32_weight_deviation"))
    let losses = Tolerance(
      relative: 0, absolute: lossBound, because: "ten times what PyTorch's float32 strays by")
    #expect(watcher.steps.map(\.step) == Array(1...stepCount))
    #expect(watcher.steps.map(\.learningRate) == (try fixture.doubles("\(name)/learning_rates")))
    expectClose(
      watcher.steps.map(\.losses.total), try fixture.doubles("\(name)/loss"), losses, "loss")
    for (index, term) in terms.enumerated() {
      expectClose(
        watcher.steps.map { $0.losses.terms[index].value },
        try fixture.doubles("\(name)/\(term)"), losses, term)
    }
    expectClose(
      watcher.steps.map(\.gradientNorm), try fixture.doubles("\(name)/gradient_norms"),
      Tolerance(
        relative: 3e-5, absolute: 0,
        because: "float32 gradients at weights that strayed by as much"),
      "gradient norms")

    let reference = try model(family, heads: heads, fixture, "\(name)/weights")
    let weights = Tolerance(
      relative: 0, absolute: weightBound, because: "ten times what PyTorch's float32 strays by")
    #expect(watcher.weights.count == reference.parameters.count)
    for parameter in reference.parameters {
      // AdamW divides rounding by itself there, and no output depends on it.
      if parameter.path.hasSuffix("key.bias") { continue }
      expectClose(
        watcher.weights[parameter.path] ?? [], Array(parameter.values), weights, parameter.path)
    }
  }
}

/// The batches of a run, masked by PyTorch.
private struct TrajectoryBatches: MaskedBatchSource {
  let sequences: TokenSequences
  /// [T] over all batches.
  let labels: [Int32]
  let batchSize: Int

  init(_ run: Trajectory) throws {
    sequences = run.sequences
    labels = try run.integers("masked_labels").map { max($0, -1) }
    batchSize = run.batchSize
  }

  var sequenceCount: Int { sequences.count }

  func length(of sequence: Int) -> Int { sequences.length(of: sequence) }

  func order(ofEpoch epoch: Int) -> EpochOrder {
    .sequential(count: sequences.count, batchSize: batchSize)
  }

  func batch(_ examples: [Int], at place: BatchPlace) -> MaskedBatch {
    let labels = examples.flatMap {
      self.labels[sequences.offsets[$0]..<sequences.offsets[$0 + 1]]
    }
    return MaskedBatch(
      packed: PackedBatch(examples, of: sequences), labels: labels,
      maskedCount: labels.count { $0 >= 0 })
  }
}

/// Keeps every step's numbers and the weights after the last step that PyTorch took.
private final class TrajectoryWatcher: TrainingObserver {
  private let model: TransformerModel
  private let stepCount: Int
  private(set) var steps: [StepReport] = []
  private(set) var weights: [String: [Float]] = [:]

  init(_ model: TransformerModel, stepCount: Int) {
    (self.model, self.stepCount) = (model, stepCount)
  }

  var stopIsRequested: Bool { steps.count >= stepCount }

  func stepCompleted(_ report: StepReport) {
    steps.append(report)
    if report.step == stepCount {
      weights = Dictionary(
        uniqueKeysWithValues: model.parameters.map { ($0.path, $0.valueArray) })
    }
  }

  func epochCompleted(_ result: EpochResult) {}
  func checkpointWritten(path: String, step: Int) {}
}
