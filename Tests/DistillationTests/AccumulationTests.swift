// Several batches that make one step are one batch.
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Accumulated batches equal one large batch")
struct AccumulationTests {
  private let engine = Engine(threadCount: 2)
  private let tolerance = Tolerance(
    relative: 1e-4, absolute: 2e-5,
    because: "float32 sums of up to 160 tokens in another order, six steps, values of order 1")

  /// Compares how far the weights moved from where they were.
  private func expectSameMove(
    _ a: TransformerModel, _ b: TransformerModel, from start: TransformerModel
  ) {
    var largest: Float = 0
    for ((a, b), start) in zip(zip(a.parameters, b.parameters), start.parameters) {
      let (left, right) = (moves(of: a, from: start), moves(of: b, from: start))
      largest = max(largest, right.map(abs).max() ?? 0)
      if right.contains(where: { abs($0) > 1e-3 }) {
        expectClose(left, right, tolerance, a.path)
      } else {
        expectZero(left, within: 2e-3, because: "it did not move the other way", a.path)
      }
    }
    #expect(largest > 0.05, "a test of training in which nothing moves")
  }

  private func moves(of parameter: Parameter, from start: Parameter) -> [Float] {
    zip(parameter.values, start.values).map { $0 - $1 }
  }

  @Test("fine-tuning: 2 times 4 sentences and 8, the last step smaller")
  func fineTuning() throws {
    func train(_ batchSize: Int, _ accumulation: Int) throws -> (TransformerModel, Onlooker) {
      let model = Small.model(.bert, layers: 2, heads: [.classification])
      var settings = Small.fineTuning(.steps(6))
      settings.optimization = Small.smoothOptimization
      (settings.batchSize, settings.accumulation) = (batchSize, accumulation)
      let observer = Onlooker()
      // 21: steps of 8, 8 and 5, the last in batches of 4 and 1.
      _ = try FineTuning(
        model: model, training: Small.labelled(21), validation: Small.labelled(3, place: 2),
        settings: settings, selectBest: .last, engine: engine, observer: observer
      ).run()
      return (model, observer)
    }
    let (one, whole) = try train(8, 1)
    let (two, parts) = try train(4, 2)
    #expect(parts.steps.map(\.sequences) == [8, 8, 5, 8, 8, 5])
    #expect(parts.steps.map(\.tokens) == whole.steps.map(\.tokens))
    expectClose(
      parts.steps.map(\.losses.total), whole.steps.map(\.losses.total), tolerance, "losses")
    expectClose(
      parts.steps.map(\.gradientNorm), whole.steps.map(\.gradientNorm), tolerance, "norms")
    expectSameMove(two, one, from: Small.model(.bert, layers: 2, heads: [.classification]))
  }

  private static let objectives: [(String, Objective)] = [
    ("all three terms", Small.paperObjective),
    (
      "soft targets on masked positions",
      Objective(
        softTargets: .soft(weight: 3, temperature: 2, positions: .masked), maskedLanguage: 2,
        cosine: 1)
    ),
    (
      "soft targets alone",
      Objective(
        softTargets: .soft(weight: 3, temperature: 2, positions: .all), maskedLanguage: nil,
        cosine: nil)
    ),
    ("masked words alone", Small.maskedLanguage),
    (
      "cosine alone", Objective(softTargets: nil, maskedLanguage: nil, cosine: 2)
    ),
  ]

  @Test(
    "distillation: 2 times 4 sequences and 8, with unequal numbers of masked words",
    arguments: objectives.indices)
  func distillation(_ index: Int) throws {
    let (name, objective) = Self.objectives[index]
    func train(_ batchSize: Int, _ accumulation: Int) throws -> (TransformerModel, Onlooker) {
      let model = Small.model(.distilbert, layers: 1, heads: [.maskedLanguage])
      let teacher = Small.model(.bert, layers: 2, heads: [.maskedLanguage], seed: 2)
      var settings = Small.maskedLanguage(objective, .steps(6))
      settings.optimization = Small.smoothOptimization
      (settings.batchSize, settings.accumulation) = (batchSize, accumulation)
      let observer = Onlooker()
      _ = try MaskedLanguageTraining(
        student: model,
        teacher: objective.needsTeacher ? LiveTeacher(model: teacher, engine: engine) : nil,
        batches: GivenBatches(count: 21, batchSize: batchSize, period: 7), settings: settings,
        engine: engine, observer: observer
      ).run()
      return (model, observer)
    }
    let (one, whole) = try train(8, 1)
    let (two, parts) = try train(4, 2)
    #expect(parts.steps.map(\.tokens) == whole.steps.map(\.tokens))
    for term in objective.names.indices {
      expectClose(
        parts.steps.map { $0.losses.terms[term].value },
        whole.steps.map { $0.losses.terms[term].value }, tolerance,
        "\(name): \(objective.names[term])")
    }
    expectClose(
      parts.steps.map(\.gradientNorm), whole.steps.map(\.gradientNorm), tolerance,
      "\(name): norms")
    expectSameMove(two, one, from: Small.model(.distilbert, layers: 1, heads: [.maskedLanguage]))
  }

  @Test("a batch in which nothing is masked adds nothing to the masked-language loss")
  func nothingMasked() throws {
    let objective = Objective(
      softTargets: .soft(weight: 3, temperature: 2, positions: .masked), maskedLanguage: 2,
      cosine: nil)
    let batches = GivenBatches(count: 16, batchSize: 4, period: 1)
    let model = Small.model(.distilbert, layers: 1, heads: [.maskedLanguage])
    let before = model.valuesByPath
    var settings = Small.maskedLanguage(objective, .steps(2))
    settings.optimization = Small.optimization(weightDecay: 0.1)
    let observer = Onlooker()
    _ = try MaskedLanguageTraining(
      student: model,
      teacher: LiveTeacher(
        model: Small.model(.bert, layers: 2, heads: [.maskedLanguage]), engine: engine),
      batches: batches, settings: settings, engine: engine, observer: observer
    ).run()
    #expect(observer.steps.map(\.losses.total) == [0, 0])
    #expect(observer.steps.map(\.gradientNorm) == [0, 0])
    // Without a gradient there is no update, decay included, as in torch.
    #expect(model.valuesByPath == before)
  }
}
