// A training that PyTorch did step by step, and the same training here.
import Foundation
import RetortRandomness
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortDistillation

/// One run of a fixture of trajectories.
struct Trajectory {
  let name: String
  let fixture: Fixture
  let sequences: TokenSequences
  let stepCount: Int
  let batchSize: Int

  init(_ name: String, in file: String = "trajectories.h5") throws {
    self.name = name
    fixture = try Fixture(file)
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

  func number(_ attribute: String) throws -> Double { try fixture.number(attribute, of: name) }

  func labelled() throws -> LabelledSequences {
    LabelledSequences(sequences: sequences, labels: try integers("classes"))
  }

  private func optimization() throws -> OptimizationSettings {
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
      accumulation: 1, limit: .steps(Int(try number("total_steps"))), seed: 0, curve: .steps(500))
  }

  /// The model of tiny_models.h5 that the run began with, or had as a teacher. Its dropout rates are 0.
  func startingModel(
    _ family: ModelFamily, heads: Set<ModelPart>
  ) throws -> TransformerModel {
    try model(family, heads: heads, Fixture("tiny_models.h5"), "\(family.rawValue)/weights")
  }

  /// The model of tiny_models.h5 with weights of a group.
  func model(
    _ family: ModelFamily, heads: Set<ModelPart>, _ weights: Fixture, _ group: String
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

  /// Compares every step with PyTorch's.
  /// - Parameters:
  ///   - terms: the fixture's names of the loop's terms.
  ///   - losses: how far each may be from PyTorch's.
  func expectSteps(_ watcher: TrajectoryWatcher, terms: [String], _ losses: Tolerance) throws {
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
  }
}

/// The batches of a run: masked by PyTorch, or not at all.
struct TrajectoryBatches: MaskedBatchSource {
  let sequences: TokenSequences
  /// [T] over all batches; nil where nothing is masked.
  let labels: [Int32]?
  let batchSize: Int

  init(_ run: Trajectory) throws {
    sequences = run.sequences
    let isMasked = run.fixture.has("\(run.name)/masked_labels")
    labels = isMasked ? try run.integers("masked_labels").map { max($0, -1) } : nil
    batchSize = run.batchSize
  }

  var sequenceCount: Int { sequences.count }

  func length(of sequence: Int) -> Int { sequences.length(of: sequence) }

  func order(ofEpoch epoch: Int) -> EpochOrder {
    .sequential(count: sequences.count, batchSize: batchSize)
  }

  func batch(_ examples: [Int], at place: BatchPlace) -> MaskedBatch {
    let packed = PackedBatch(examples, of: sequences)
    guard let all = labels else { return MaskedBatch(unmasked: packed) }
    let labels = examples.flatMap { all[sequences.offsets[$0]..<sequences.offsets[$0 + 1]] }
    return MaskedBatch(packed: packed, labels: labels, maskedCount: labels.count { $0 >= 0 })
  }
}

/// Keeps every step's numbers and the weights after the last step that PyTorch took.
final class TrajectoryWatcher: TrainingObserver {
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
