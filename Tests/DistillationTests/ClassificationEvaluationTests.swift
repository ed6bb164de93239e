// Evaluation of a classifier: every example once, in order, whatever is computed together.
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Evaluation of a classifier")
struct ClassificationEvaluationTests {
  private let engine = Engine(threadCount: 2)
  private let tolerance = Tolerance(
    relative: 1e-5, absolute: 1e-6, because: "products of other shapes, logits of order 1")

  private func model(_ family: ModelFamily = .bert) -> TransformerModel {
    // Dropout must not show: evaluation is without.
    Small.model(family, layers: 2, heads: [.classification], dropout: 0.4)
  }

  /// Logits and loss of one example, alone.
  private func single(
    _ model: TransformerModel, _ examples: LabelledSequences, _ index: Int
  ) -> (logits: [Float], loss: Double) {
    let scope = ComputeScope(engine: engine, recording: false)
    let ids = Array(examples.sequences[index])
    let logits = model.classify(
      tokenIDs: ids, layout: SequenceLayout(offsets: [0, Int32(ids.count)]), mode: .inference,
      in: scope
    ).copyValues()
    let losses = Reference.crossEntropy(
      Matrix(1, logits.count, logits), labels: [examples.labels?[index] ?? 0])
    return (logits, losses[0])
  }

  @Test("answers to texts of any lengths stand in their order")
  func answers() throws {
    let model = model()
    let examples = Small.labelled(150)
    #expect(Set(examples.sequences.lengths).count > 3)
    #expect(examples.sequences.lengths != examples.sequences.lengths.sorted())
    let scope = ComputeScope(engine: engine, recording: false)
    let result = try ClassificationEvaluation.answers(of: model, to: examples.sequences, in: scope)
    let expected = try ClassificationEvaluation.evaluate(model, on: examples, in: scope)
    #expect(result.predictions == expected.predictions)
    for (found, wanted) in zip(result.logits, expected.logits) {
      #expect((found - wanted).magnitude <= 1e-5 * wanted.magnitude + 1e-6)
    }
    #expect(result.logits.count == expected.logits.count && result.count == 150)
    let none = try ClassificationEvaluation.answers(of: model, to: TokenSequences(), in: scope)
    #expect(none.count == 0)
  }

  @Test("each example as if it were alone", arguments: ModelFamily.allCases)
  func eachAlone(_ family: ModelFamily) throws {
    let model = model(family)
    let examples = Small.labelled(37)
    let result = try ClassificationEvaluation.evaluate(
      model, on: examples, in: ComputeScope(engine: engine, recording: false))
    let alone = (0..<37).map { single(model, examples, $0) }
    expectClose(result.logits, alone.flatMap(\.logits), tolerance, "logits")
    #expect(abs(result.loss - alone.map(\.loss).reduce(0, +) / 37) < 1e-6)
    let predictions = alone.map { $0.logits[1] > $0.logits[0] ? 1 : 0 }
    #expect(result.predictions == predictions)
    #expect(Set(predictions).count == 2)
    #expect(result.correct == zip(predictions, examples.labels ?? []).count { $0 == Int($1) })
    #expect(result.count == 37)
    #expect(result.accuracy == Double(result.correct ?? -1) / 37)
  }

  @Test(
    "values do not depend on how many are computed at a time", arguments: [1, 2, 5, 36, 37, 100])
  func batchSize(_ batchSize: Int) throws {
    let model = model()
    let examples = Small.labelled(37)
    let reference = try ClassificationEvaluation.evaluate(
      model, on: examples, in: ComputeScope(engine: engine, recording: false))
    let result = try ClassificationEvaluation.evaluate(
      model, on: examples, in: ComputeScope(engine: engine, recording: false), batchSize: batchSize)
    expectClose(result.logits, reference.logits, tolerance, "logits")
    #expect(result.predictions == reference.predictions)
    #expect(result.correct == reference.correct)
    #expect(abs(result.loss - reference.loss) < 1e-6)
  }

  @Test("a fine-tuning evaluates as many at a time as it was told", arguments: [1, 5])
  func batchSizeOfTraining(_ batchSize: Int) throws {
    func calls(_ batchSize: Int) throws -> Int {
      let engine = Engine(threadCount: 1)
      let loop = FineTuning(
        model: model(), training: Small.labelled(5), validation: Small.labelled(10),
        settings: Small.fineTuning(.steps(1)), selectBest: .last, evaluationBatchSize: batchSize,
        engine: engine)
      var job = loop.trainer.job
      engine.meter.clear()
      _ = try job.evaluation()
      return engine.meter.totals.reduce(0) { $0 + $1.calls }
    }
    let once = try calls(10)
    #expect(once > 0)
    #expect(try calls(batchSize) == once * (10 / batchSize))
  }

  @Test("one example")
  func one() throws {
    let model = model()
    let examples = Small.labelled(1)
    let result = try ClassificationEvaluation.evaluate(
      model, on: examples, in: ComputeScope(engine: engine, recording: false))
    let alone = single(model, examples, 0)
    expectClose(result.logits, alone.logits, tolerance, "logits")
    #expect(abs(result.loss - alone.loss) < 1e-6)
    #expect(result.count == 1)
    #expect(result.accuracy == 0 || result.accuracy == 1)
  }

  @Test(
    "all examples as long as the model has positions, and all of two tokens", arguments: [24, 2])
  func extremeLengths(_ length: Int) throws {
    let model = model()
    var random = RandomInputs(length)
    var sequences = TokenSequences()
    for _ in 0..<34 {
      sequences.append([2] + random.integers(length - 2, below: 35).map { $0 + 5 } + [3])
    }
    let examples = LabelledSequences(
      sequences: sequences, labels: (0..<34).map { Int32($0 % 2) })
    let result = try ClassificationEvaluation.evaluate(
      model, on: examples, in: ComputeScope(engine: engine, recording: false))
    let alone = (0..<34).map { single(model, examples, $0) }
    expectClose(result.logits, alone.flatMap(\.logits), tolerance, "logits")
    #expect(abs(result.loss - alone.map(\.loss).reduce(0, +) / 34) < 1e-6)
  }

  @Test("without labels: predictions, no loss")
  func unlabelled() throws {
    let model = model()
    let labelled = Small.labelled(7)
    let examples = LabelledSequences(sequences: labelled.sequences, labels: nil)
    let result = try ClassificationEvaluation.evaluate(
      model, on: examples, in: ComputeScope(engine: engine, recording: false))
    let reference = try ClassificationEvaluation.evaluate(
      model, on: labelled, in: ComputeScope(engine: engine, recording: false))
    #expect(result.predictions == reference.predictions)
    expectSameBits(result.logits, reference.logits)
    #expect(result.loss.isNaN)
    #expect(result.correct == 0)
  }

  @Test("of equal logits the first class")
  func equalLogits() throws {
    let model = model()
    model.classificationHead?.visitParameters { $0.values.update(repeating: 0) }
    let result = try ClassificationEvaluation.evaluate(
      model, on: Small.labelled(5), in: ComputeScope(engine: engine, recording: false))
    #expect(result.predictions == [0, 0, 0, 0, 0])
    #expect(abs(result.loss - 0.693_147_18) < 1e-6)
  }

  @Test("neither weights nor gradients are touched")
  func changesNothing() throws {
    let model = model()
    let before = model.valuesByPath
    _ = try ClassificationEvaluation.evaluate(
      model, on: Small.labelled(9), in: ComputeScope(engine: engine, recording: false))
    #expect(model.valuesByPath == before)
    #expect(model.parameters.allSatisfy { !$0.hasGradient })
  }

  @Test("scores that are not numbers have no highest one", arguments: [Float.nan, .infinity])
  func notFinite(_ value: Float) throws {
    let model = model()
    let examples = Small.labelled(40)
    let scope = ComputeScope(engine: engine, recording: false)
    // A word that the first two examples do not have.
    let seen = Set((0..<2).flatMap { Array(examples.sequences[$0]) })
    let word = try #require(
      (2..<40).flatMap { Array(examples.sequences[$0]) }.first { !seen.contains($0) })
    let words = model.encoder.embeddings.words
    words.values[Int(word) * words.shape[1]] = value
    let bad = (0..<40).first { examples.sequences[$0].contains(word) } ?? 0
    let error = #expect(throws: EvaluationError.self) {
      try ClassificationEvaluation.evaluate(model, on: examples, in: scope)
    }
    guard case .notFinite(let example, let logits)? = error else {
      Issue.record("expected the example, found \(String(describing: error))")
      return
    }
    #expect(example == bad && example >= 2)
    #expect(logits.contains { !$0.isFinite })
    #expect(error?.description.contains("example \(bad + 1)") ?? false)
    #expect(error?.counted(from: 100).description.contains("example \(bad + 101)") ?? false)
  }
}
