// Twenty steps with projections in a group of their own against PyTorch's, without dropout: hidden_terms.h5.
import Foundation
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Training with projections of their own rate, decay and clipping follows PyTorch's")
struct ProjectionParityTests {
  private let engine = Engine(threadCount: 2)

  @Test(
    "masked language model and projected hidden states", arguments: ["clip_together", "clip_apart"])
  func trajectory(_ run: String) throws {
    let fixture = try Fixture("hidden_terms.h5")
    func number(_ key: String) throws -> Double { try fixture.number(key, of: run) }
    let student = try model(.distilbert)
    let teacher = try model(.bert)
    let projection = StateProjection(
      isShared: false, hasBias: true, initial: .identity,
      learningRate: try number("own_learning_rate"), weightDecay: try number("own_weight_decay"),
      clipping: run == "clip_together" ? .withStudent : .apart, isForced: true)
    let term = Hidden(
      compare: .mse,
      states: .pairs([LayerPair(teacher: 0, student: 0), LayerPair(teacher: 3, student: 2)]),
      overPairs: .sum, positions: .all, average: .tokens, projection: projection)
    let batches = try Batches(fixture, run)
    let settings = TrainingSettings(
      objective: Objective(WeightedTerm(1, MaskedLanguage()), WeightedTerm(2, term)),
      optimization: OptimizationSettings(
        optimizer: AdamW(
          learningRate: try number("learning_rate"), beta1: try number("beta1"),
          beta2: try number("beta2"), epsilon: try number("epsilon"),
          weightDecay: try number("weight_decay"),
          maximumGradientNorm: try number("max_grad_norm")),
        warmup: .steps(Int(try number("warmup_steps"))), schedule: LinearSchedule()),
      batchSize: 4, limit: .steps(Int(try number("total_steps"))), seed: 0, curve: .steps(500))
    let watcher = Watcher()
    let training = MaskedLanguageTraining(
      student: student, teacher: LiveTeacher(model: teacher, engine: engine), batches: batches,
      settings: settings, engine: engine, observer: watcher)
    let projections = training.trainer.objectiveParameters[1]
    for parameter in projections {
      parameter.set(
        try fixture.floats("\(run)/initial/\(parameter.path.dropFirst("hidden.".count))"))
    }
    // Its schedule is of 21 steps, of which PyTorch took 20.
    #expect(throws: TrainingError.interrupted(step: 20, checkpoint: nil)) { try training.run() }

    let losses = Tolerance(relative: 0, absolute: 1e-5, because: "float32 against float64")
    let totals = try fixture.doubles("\(run)/loss")
    #expect(totals.count == 20)
    expectClose(
      watcher.steps.map(\.losses.total), totals,
      Tolerance(relative: 1e-6, absolute: 1e-5, because: "float32 against float64, of about 20"))
    expectClose(
      watcher.steps.map { $0.losses.terms[1].value }, try fixture.doubles("\(run)/hidden"), losses)
    expectClose(
      watcher.steps.map(\.gradientNorm), try fixture.doubles("\(run)/gradient_norms"),
      Tolerance(relative: 1e-5, absolute: 0, because: "float32 gradients"))
    let weights = Tolerance(relative: 0, absolute: 2e-6, because: "20 steps in float32")
    for parameter in projections {
      expectClose(
        parameter.valueArray,
        try fixture.floats("\(run)/weights/\(parameter.path.dropFirst("hidden.".count))"), weights,
        parameter.path)
    }
    let names = WeightNames.huggingFace(student.configuration).namesByPath(prefixed: true)
    var compared = 0
    for parameter in student.parameters {
      guard let name = names[parameter.path], fixture.has("\(run)/weights/\(name)") else {
        continue
      }
      compared += 1
      expectClose(
        parameter.valueArray, try fixture.floats("\(run)/weights/\(name)"), weights, name)
    }
    #expect(compared == 2)
  }

  /// The model of tiny_models.h5.
  private func model(_ family: ModelFamily) throws -> TransformerModel {
    let models = try Fixture("tiny_models.h5")
    let json = try models.text("config_json", of: family.rawValue)
    let configuration = try ConfigurationFile(
      json: Data(json.utf8), path: "tiny_models.h5"
    ).configuration
    let model = TransformerModel(configuration: configuration, heads: [.maskedLanguage])
    try model.load(
      from: FixtureWeights(fixture: models, group: "\(family.rawValue)/weights"),
      names: .huggingFace(configuration),
      ignoring: Set(ModelPart.allCases).subtracting(model.parts), seed: 0)
    return model
  }
}

/// The batches of a run, masked by PyTorch: five, again and again.
private struct Batches: MaskedBatchSource {
  let sequences: TokenSequences
  /// [T] over all batches.
  let labels: [Int32]

  init(_ fixture: Fixture, _ run: String) throws {
    let ids = try fixture.integers("\(run)/ids")
    let offsets = try fixture.integers("\(run)/offsets").map { Int($0) }
    var sequences = TokenSequences()
    for (start, end) in zip(offsets, offsets.dropFirst()) { sequences.append(ids[start..<end]) }
    self.sequences = sequences
    labels = try fixture.integers("\(run)/masked_labels")
  }

  var sequenceCount: Int { sequences.count }
  func length(of sequence: Int) -> Int { sequences.length(of: sequence) }

  func order(ofEpoch epoch: Int) -> EpochOrder {
    .sequential(count: sequences.count, batchSize: 4)
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

/// Keeps every step's numbers and ends the training where PyTorch did.
private final class Watcher: TrainingObserver {
  private(set) var steps: [StepReport] = []

  var stopIsRequested: Bool { steps.count >= 20 }
  func stepCompleted(_ report: StepReport) { steps.append(report) }
  func epochCompleted(_ result: EpochResult) {}
  func checkpointWritten(path: String, step: Int) {}
}
