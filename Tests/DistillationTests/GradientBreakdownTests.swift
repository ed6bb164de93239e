// The gradient breakdown by loss term: its parts are those of the step, and the training does not change.
import RetortStorage
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Gradients broken down by term")
struct GradientBreakdownTests {
  @Test("weights, moments and losses are the same to the bit with and without")
  func trainingIsTheSame() throws {
    let without = try TrainingKind.distillation.run()
    let with = try TrainingKind.distillation.run(breakdownSteps: 5)
    #expect(with.model.valuesByPath == without.model.valuesByPath)
    #expect(with.progress.breakdowns.map(\.step) == [1, 6, 11])
    var progress = with.progress
    progress.breakdowns = []
    #expect(progress == without.progress)
  }

  @Test("terms are the step's, and their gradients by weight make the step's gradient")
  func partsMakeTheWhole() throws {
    let observer = Onlooker()
    _ = try TrainingKind.distillation.run(breakdownSteps: 1, observer: observer)
    let weights = [5.0, 2, 1]
    let tolerance = Tolerance(
      relative: 2e-5, absolute: 1e-6, because: "float32 sums of the same values in another order")
    #expect(observer.steps.count == 12)
    for report in observer.steps {
      let breakdown = try #require(report.breakdown)
      expectClose(
        breakdown.terms, report.losses.terms.map(\.value), tolerance, "terms of step \(report.step)"
      )
      let pulls = zip(weights, breakdown.gradientNorms).map { $0 * $1 }
      let pairs = GradientBreakdown.pairs(termCount: 3)
      let square =
        pulls.reduce(0) { $0 + $1 * $1 }
        + zip(pairs, breakdown.cosines).reduce(0) { $0 + 2 * pulls[$1.0.0] * pulls[$1.0.1] * $1.1 }
      expectClose(
        [square.squareRoot()], [report.gradientNorm], tolerance, "gradient of step \(report.step)")
      #expect(breakdown.cosines.allSatisfy { abs($0) <= 1 + 1e-12 && $0 != 0 })
      #expect(try #require(breakdown.measurements["teacher_entropy"]) > 0)
    }
  }

  /// Of sequences of which every third has nothing masked, on masked positions alone.
  private func maskedTraining(
    _ student: TransformerModel, objective: Objective, breakdownSteps: Int?,
    observer: Onlooker? = nil
  ) throws -> TrainingProgress {
    var settings = Small.maskedLanguage(objective, .epochs(1))
    (settings.batchSize, settings.accumulation, settings.breakdownSteps) = (1, 1, breakdownSteps)
    let engine = Engine(threadCount: 2)
    let teacher = Small.model(.bert, layers: 2, heads: [.maskedLanguage], seed: 2)
    var progress = try MaskedLanguageTraining(
      student: student, teacher: LiveTeacher(model: teacher, engine: engine),
      batches: GivenBatches(count: 9, batchSize: 1, period: 3), settings: settings,
      engine: engine, observer: observer
    ).run()
    progress.clock = TrainingClock()
    return progress
  }

  @Test("on masked positions, with frozen parameters and batches without a masked word")
  func maskedAndFrozen() throws {
    let objective = Objective(
      softTargets: .soft(weight: 5, temperature: 2, positions: .masked), maskedLanguage: 2,
      cosine: 1)
    func student() -> TransformerModel {
      let model = Small.model(.distilbert, layers: 1, heads: [.maskedLanguage], dropout: 0.1)
      for parameter in model.parameters where parameter.path.hasPrefix("embeddings.") {
        parameter.isTrainable = false
      }
      return model
    }
    let (one, other) = (student(), student())
    let observer = Onlooker()
    let with = try maskedTraining(one, objective: objective, breakdownSteps: 1, observer: observer)
    let without = try maskedTraining(other, objective: objective, breakdownSteps: nil)
    #expect(one.valuesByPath == other.valuesByPath)
    #expect(with.curve == without.curve)
    let tolerance = Tolerance(
      relative: 2e-5, absolute: 1e-6, because: "float32 sums of the same values in another order")
    for (index, report) in observer.steps.enumerated() {
      let breakdown = try #require(report.breakdown)
      let pulls = zip([5, 2, 1], breakdown.gradientNorms).map { $0 * $1 }
      let square =
        pulls.reduce(0) { $0 + $1 * $1 }
        + zip(GradientBreakdown.pairs(termCount: 3), breakdown.cosines)
        .reduce(0) { $0 + 2 * pulls[$1.0.0] * pulls[$1.0.1] * $1.1 }
      expectClose(
        [square.squareRoot()], [report.gradientNorm], tolerance, "gradient of step \(report.step)")
      // The first of every three has nothing masked.
      #expect((breakdown.gradientNorms[0] == 0) == (index % 3 == 0))
      #expect((breakdown.measurements["teacher_entropy"] == nil) == (index % 3 == 0))
      #expect(breakdown.gradientNorms[2] > 0)
    }
  }

  @Test("a training that was interrupted has all of them, each once")
  func resumed() throws {
    let whole = try TrainingKind.distillation.run(breakdownSteps: 2)
    let folder = try TemporaryFolder()
    let observer = Onlooker()
    observer.failsAtStep = 6
    #expect(throws: Onlooker.Failure.self) {
      try TrainingKind.distillation.run(
        breakdownSteps: 2, checkpointing: Small.checkpointing(folder, every: .steps(3)),
        observer: observer)
    }
    let resumed = try TrainingKind.distillation.run(
      breakdownSteps: 2, checkpointing: Small.checkpointing(folder, resumes: true))
    #expect(resumed.progress.breakdowns.count == 6)
    #expect(resumed.progress == whole.progress)
  }

  @Test("measurements are kept by name, and those of earlier checkpoints are read")
  func stored() throws {
    var progress = TrainingProgress(termCount: 2)
    progress.breakdowns = [
      GradientBreakdown(
        step: 1, terms: [1, 2], gradientNorms: [3, 4], cosines: [0.5],
        measurements: ["teacher_entropy": 6, "agreement": 0.25]),
      GradientBreakdown(
        step: 3, terms: [5, 6], gradientNorms: [7, 8], cosines: [-0.5],
        measurements: ["agreement": 0.75]),
    ]
    var values = progress.storedValues
    #expect(try TrainingProgress(storedValues: values).breakdowns == progress.breakdowns)
    for index in progress.breakdowns.indices {
      progress.breakdowns[index].measurements["agreement"] = nil
    }
    (values["breakdowns"], values["breakdown_measurements"]) = (nil, nil)
    values["accounts"] = .reals([1, 6, 1, 2, 3, 4, 0.5, 3, .nan, 5, 6, 7, 8, -0.5])
    #expect(try TrainingProgress(storedValues: values).breakdowns == progress.breakdowns)
  }

  @Test("a damaged list of breakdowns is refused")
  func damaged() throws {
    var values = try TrainingKind.distillation.run(breakdownSteps: 4).progress.storedValues
    guard case .reals(let reals)? = values["breakdowns"] else {
      Issue.record("no breakdowns are stored")
      return
    }
    values["breakdowns"] = .reals(Array(reals.dropLast()))
    #expect(throws: TrainingError.self) { try TrainingProgress(storedValues: values) }
  }
}
