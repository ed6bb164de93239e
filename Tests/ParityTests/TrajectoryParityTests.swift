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
    let data = try run.labelled()
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
    let data = try run.labelled()
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

extension Trajectory {
  /// Compares every step and the weights after the last.
  /// - Parameter terms: the fixture's names of the loop's terms.
  fileprivate func expectFollowed(
    by watcher: TrajectoryWatcher, terms: [String], _ family: ModelFamily,
    heads: Set<ModelPart>
  ) throws {
    // PyTorch's own float32 strays from its float64 by this much; sums in another order may err by a
    // few times that.
    let lossBound = 10 * (try number("float32_loss_deviation"))
    let weightBound = 10 * (try number("float32_weight_deviation"))
    try expectSteps(
      watcher, terms: terms,
      Tolerance(
        relative: 0, absolute: lossBound, because: "ten times what PyTorch's float32 strays by"))

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
