import Foundation
import RetortRandomness
import RetortTestSupport
import RetortText
import Testing

// Fine-tunings by Hugging Face's Trainer, dropout on, replayed number by number: trainer.h5, trainer_steps.h5.
@testable import RetortDistillation
@testable import RetortTransformers

@Suite("A replay follows Hugging Face's Trainer")
struct TrainerReplayParityTests {
  private let engine = Engine(threadCount: 2)

  @Test(
    "two epochs with dropout: order, masks, first heads, evaluations",
    arguments: ModelFamily.allCases)
  func replay(_ family: ModelFamily) throws {
    let run = try TrainerRun(family)
    let watcher = StepLossWatcher()
    let progress = try run.training(engine, watcher: watcher).run()
    let reason = "float32 in another order, through fourteen updates"
    expectClose(
      watcher.losses, try run.fixture.floats("\(family.rawValue)/loss").map(Double.init),
      Tolerance(relative: 0, absolute: 1e-5, because: reason), "loss of each step")
    expectClose(
      progress.epochs.compactMap(\.evaluation?.loss),
      try run.fixture.doubles("\(family.rawValue)/evaluation_loss"),
      Tolerance(relative: 0, absolute: 1e-5, because: reason), "evaluation")
  }

  @Test(
    "a regression: eight epochs of squared errors", arguments: ModelFamily.allCases)
  func regression(_ family: ModelFamily) throws {
    let run = try TrainerRun(family, "_regression")
    #expect(run.configuration.isRegression)
    let watcher = StepLossWatcher()
    let progress = try run.training(engine, watcher: watcher).run()
    let reason = "float32 in another order, through fifty-six updates"
    let log = try run.fixture.floats("\(run.group)/loss").map(Double.init)
    #expect(log.count == 56)
    expectClose(
      watcher.losses, log, Tolerance(relative: 0, absolute: 1e-5, because: reason),
      "loss of each step")
    expectClose(
      progress.epochs.compactMap(\.evaluation?.loss),
      try run.fixture.doubles("\(run.group)/evaluation_loss"),
      Tolerance(relative: 0, absolute: 1e-5, because: reason), "evaluation")
  }

  @Test(
    "max_steps, eval_steps, early stopping, label smoothing and rates of layers",
    arguments: ModelFamily.allCases, ["_pair", "_regression"])
  func bySteps(_ family: ModelFamily, _ name: String) throws {
    let run = try TrainerRun(family, name, in: "trainer_steps.h5")
    let watcher = StepLossWatcher()
    let training = try run.training(engine, watcher: watcher)
    let progress = try training.run()
    let fixture = run.fixture
    let close = Tolerance(
      relative: 0, absolute: 1e-5, because: "float32 in another order, through fifty updates")
    let losses = try fixture.floats("\(run.group)/loss").map(Double.init)
    #expect(watcher.losses.count == losses.count, "the Trainer took \(losses.count) steps")
    expectClose(watcher.losses, losses, close, "loss of each step")
    let rows = progress.epochs.filter { $0.evaluation != nil }
    #expect(
      rows.map(\.step) == (try fixture.integers("\(run.group)/evaluation_step")).map { Int($0) })
    expectClose(
      rows.compactMap(\.evaluation?.loss), try fixture.doubles("\(run.group)/evaluation_loss"),
      close, "evaluation")
    let passes = try fixture.doubles("\(run.group)/evaluation_epoch")
    expectClose(
      rows.compactMap(\.passes), passes,
      Tolerance(relative: 1e-12, absolute: 0, because: "a sum and a quotient"), "epochs")
    #expect((training.earlyStop != nil) == (losses.count < Int(try run.number("max_steps"))))
    let best = try #require(SelectionRule.evaluationLoss.best(of: progress.epochs))
    #expect(best.step == Int(try run.number("best_step")))
    let kept = try ClassificationEvaluation.evaluate(
      training.model, on: try run.examples("evaluation_"),
      in: ComputeScope(engine: engine, recording: false),
      labelSmoothing: try run.number("label_smoothing"))
    expectClose([kept.loss], [try run.number("final_loss")], close, "the model that is kept")
  }

  @Test("one of the runs by steps stops early, another does not")
  func stops() throws {
    let fixture = try Fixture("trainer_steps.h5")
    let counts = try ["bert_pair", "bert_regression", "distilbert_pair", "distilbert_regression"]
      .map { try fixture.floats("\($0)/loss").count }
    #expect(counts.contains(50) && counts.contains { $0 < 50 })
  }

  @Test("a seed besides the log's does not follow it")
  func anotherSeed() throws {
    let run = try TrainerRun(.bert, seed: 43)
    let watcher = StepLossWatcher()
    _ = try run.training(engine, watcher: watcher).run()
    let log = try run.fixture.floats("bert/loss").map(Double.init)
    #expect(zip(watcher.losses, log).count { ($0 - $1).magnitude > 1e-3 } > 10)
  }

  @Test("stopped in an epoch and at its end, it goes on to the same bits")
  func resumes() throws {
    let run = try TrainerRun(.distilbert)
    let whole = StepLossWatcher()
    let unbroken = try run.training(engine, watcher: whole)
    _ = try unbroken.run()
    for stop in [3, 7, 9] {
      let folder = try TemporaryFolder()
      let before = StepLossWatcher(stoppingAfter: stop)
      #expect(throws: TrainingError.self) {
        try run.training(engine, watcher: before, in: folder).run()
      }
      let after = StepLossWatcher()
      let resumed = try run.training(engine, watcher: after, in: folder)
      _ = try resumed.run()
      #expect(before.losses + after.losses == whole.losses, "stopped after \(stop)")
      for (one, other) in zip(resumed.model.parameters, unbroken.model.parameters) {
        expectSameBits(Array(one.values), Array(other.values), "\(one.path), stopped after \(stop)")
      }
    }
  }
}

/// One run of the fixture.
private struct TrainerRun {
  let fixture: Fixture
  /// Of the fixture.
  let group: String
  let configuration: TransformerConfiguration
  let seed: UInt64

  /// - Parameters:
  ///   - run: what the fixture adds to the family's name.
  ///   - file: of the fixture.
  init(
    _ family: ModelFamily, _ run: String = "", in file: String = "trainer.h5", seed: UInt64? = nil
  ) throws {
    group = family.rawValue + run
    fixture = try Fixture(file)
    let json = try fixture.text("config_json", of: group)
    configuration = try ConfigurationFile(json: Data(json.utf8), path: file).configuration
    #expect(configuration.hiddenDropout == 0.1 && configuration.attentionDropout == 0.1)
    let stored = UInt64(try fixture.number("seed", of: group))
    self.seed = seed ?? stored
  }

  func number(_ name: String) throws -> Double { try fixture.number(name, of: group) }

  /// Whether it goes by steps: with max_steps, eval_steps and all that comes with them.
  private var isBySteps: Bool { fixture.has("\(group)/evaluation_step") }

  func examples(_ prefix: String) throws -> LabelledSequences {
    let group = "\(self.group)/\(prefix)"
    let ids = try fixture.integers("\(group)ids")
    let offsets = try fixture.integers("\(group)offsets").map { Int($0) }
    var sequences = TokenSequences()
    let seconds =
      fixture.has("\(group)second_starts") ? try fixture.integers("\(group)second_starts") : nil
    for (index, (start, end)) in zip(offsets, offsets.dropFirst()).enumerated() {
      sequences.append(ids[start..<end], secondStart: seconds.map { Int($0[index]) })
    }
    guard !configuration.isRegression else {
      return LabelledSequences(
        sequences: sequences, labels: nil, numbers: try fixture.floats("\(group)numbers"))
    }
    return LabelledSequences(
      sequences: sequences, labels: try fixture.integers("\(group)classes"))
  }

  private func model() throws -> TransformerModel {
    let model = TransformerModel(configuration: configuration, heads: [.classification])
    let names = WeightNames.huggingFace(configuration).namesByPath(prefixed: true)
    for parameter in model.encoder.parameters {
      parameter.fill(from: IntegerHash(name: try #require(names[parameter.path])))
    }
    var generator = TorchGenerator(seed: seed)
    model.initialize(model.parts.subtracting([.encoder]), drawingFrom: &generator)
    return model
  }

  func training(
    _ engine: Engine, watcher: StepLossWatcher, in folder: TemporaryFolder? = nil
  ) throws -> FineTuning {
    let labels: any LossTerm =
      configuration.isRegression
      ? LabelMSE()
      : CrossEntropy(labelSmoothing: isBySteps ? try number("label_smoothing") : 0)
    let settings = TrainingSettings(
      objective: Objective(WeightedTerm(1, labels)),
      optimization: OptimizationSettings(
        optimizer: AdamW(
          learningRate: try number("learning_rate"), beta1: 0.9, beta2: 0.999, epsilon: 1e-8,
          weightDecay: try number("weight_decay"), maximumGradientNorm: 1), warmup: .steps(0),
        schedule: LinearSchedule(),
        rates: isBySteps
          ? LayerRates(layerDecay: try number("layer_decay"), head: try number("head"))
          : LayerRates()),
      batchSize: Int(try number("batch_size")), accumulation: 1,
      limit: isBySteps
        ? .steps(Int(try number("max_steps"))) : .epochs(Int(try number("epochs"))), seed: seed,
      curve: .steps(500))
    return FineTuning(
      model: try model(), training: try examples(""), validation: try examples("evaluation_"),
      settings: settings, selectBest: isBySteps ? .evaluationLoss : .last,
      evaluateEvery: isBySteps ? .steps(Int(try number("eval_steps"))) : .epochs(1),
      earlyStopping: isBySteps
        ? EarlyStopping(
          patience: Int(try number("patience")), threshold: try number("threshold")) : nil,
      random: .torch24CPU,
      engine: engine,
      checkpointing: folder.map {
        TrainingCheckpointing(
          path: $0.file("latest.h5"), bestPath: $0.file("best.h5"), interval: .never,
          attributes: [:], files: [:], resumes: true)
      }, observer: watcher)
  }
}

/// Keeps the losses, and asks to stop after a step.
private final class StepLossWatcher: TrainingObserver {
  private let last: Int
  private(set) var losses: [Double] = []

  init(stoppingAfter last: Int = .max) { self.last = last }

  func stepCompleted(_ report: StepReport) { losses.append(report.losses.total) }
  func epochCompleted(_ result: EpochResult) {}
  func checkpointWritten(path: String, step: Int) {}
  var stopIsRequested: Bool { losses.count >= last }
}
