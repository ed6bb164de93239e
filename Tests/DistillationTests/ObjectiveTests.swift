// The terms of masked-language training against their definitions.
import Foundation
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Terms of the distillation objective")
struct ObjectiveTests {
  private let engine = Engine(threadCount: 2)
  private let tolerance = Tolerance(
    relative: 2e-5, absolute: 1e-6, because: "float32 logits through two layers, values of order 1")

  private let student = Small.model(.distilbert, layers: 1, heads: [.maskedLanguage])
  private let teacher = Small.model(.bert, layers: 2, heads: [.maskedLanguage], seed: 2)
  /// Two batches of 8 sequences with 0 to 4 masked words each.
  private let group: [MaskedBatch]

  init() {
    let batches = GivenBatches(count: 16, batchSize: 8, period: 5)
    group = [0, 1].map {
      batches.batch(batches.order(ofEpoch: 0)[$0], at: BatchPlace(step: 0, microBatch: $0))
    }
    // A freshly made head has biases of 0, which would hide that one is left out.
    for (model, place) in [(student, 1), (teacher, 2)] {
      var random = RandomInputs(place)
      if let bias = model.maskedLanguageHead?.decoderBias {
        bias.set(random.normal(bias.count, scale: 0.5))
      }
    }
  }

  /// The term sums of both batches and the gradients of the whole.
  private func pass(
    _ objective: Objective
  ) throws -> (sums: [String: Double], gradients: [String: [Float]]) {
    student.clearGradients()
    let scope = ComputeScope(engine: engine, recording: true)
    let live = LiveTeacher(model: teacher, engine: engine)
    let group = group.map(TrainingBatch.init)
    var sums: [String: Double] = [:]
    for (index, batch) in group.enumerated() {
      scope.reset()
      let found = try ObjectivePass(
        student: student, teacher: objective.needsTeacher ? live : nil, objective: objective,
        parameters: objective.terms.map { _ in [] }, weights: objective.weights(step: 0, of: 1),
        counts: RowCounts(group), scope: scope
      ).run(batch, at: BatchPlace(step: 0, microBatch: index), mode: .inference)
      sums.merge(zip(objective.names, found.terms), uniquingKeysWith: +)
      scope.backward()
    }
    let gradients = Dictionary(
      uniqueKeysWithValues: student.parameters.filter(\.hasGradient).map {
        ($0.path, $0.gradientArray)
      })
    return (sums, gradients)
  }

  /// Every row's logits and last hidden state, the plain way.
  private func outputs(_ model: TransformerModel, _ batch: MaskedBatch) throws -> (Matrix, Matrix) {
    let scope = ComputeScope(engine: engine, recording: false)
    let head = try #require(model.maskedLanguageHead)
    let (last, selection) = try #require(
      model.encoder.encode(
        tokenIDs: batch.packed.tokenIDs, layout: SequenceLayout(offsets: batch.packed.offsets),
        request: .all, mode: .inference, in: scope
      ).last)
    let logits = head.logits(last, placement: selection.placement, mode: .inference, in: scope)
    return (
      Matrix(logits.rows, logits.columns, logits.copyValues()),
      Matrix(last.rows, last.columns, last.copyValues())
    )
  }

  @Test(
    "beside the soft targets the teacher's entropy can be measured",
    arguments: TokenPositions.allCases)
  func teacherEntropy(_ positions: TokenPositions) throws {
    let objective = Objective(
      softTargets: .soft(weight: 3, temperature: 2, positions: positions), maskedLanguage: nil,
      cosine: nil)
    let batch = group[0]
    let (logits, _) = try outputs(teacher, batch)
    let rows = batch.labels.indices.filter { positions == .all || batch.labels[$0] >= 0 }
    let expected = rows.reduce(0.0) { sum, row in
      let powers = logits.row(row).map { exp($0 / 2) }
      let total = powers.reduce(0, +)
      return powers.reduce(sum) { $0 - $1 / total * log($1 / total) }
    }
    for isRecording in [false, true] {
      let batch = TrainingBatch(batch)
      let measurements = try ObjectivePass(
        student: student, teacher: LiveTeacher(model: teacher, engine: engine),
        objective: objective, parameters: [[]], weights: [1], counts: RowCounts([batch]),
        scope: ComputeScope(engine: engine, recording: isRecording), measures: true
      ).run(batch, at: BatchPlace(step: 0, microBatch: 0), mode: .inference).measurements
      #expect(Set(measurements.keys) == ["teacher_entropy"])
      expectClose(
        [measurements["teacher_entropy"]?.sum ?? .nan], [expected], tolerance, "entropy")
      #expect(
        measurements["teacher_entropy"]?.rows
          == TermRows(TermPositions(positions), average: .tokens))
    }
  }

  @Test(
    "each is the sum over its rows of its formula, whatever else is computed",
    arguments: TokenPositions.allCases, [0.5, 1, 2])
  func formulas(_ positions: TokenPositions, _ temperature: Double) throws {
    var (soft, masked, cosine) = (0.0, 0.0, 0.0)
    var (tokens, maskedRows) = (0, 0)
    for batch in group {
      let (student, hidden) = try outputs(student, batch)
      let (teacher, taught) = try outputs(teacher, batch)
      let rows = batch.labels.indices.filter { batch.labels[$0] >= 0 }
      let divergences = Reference.softTargetDivergence(student, teacher, temperature: temperature)
      soft += (positions == .all ? Array(batch.labels.indices) : rows)
        .reduce(0) { $0 + divergences[$1] }
      masked += Reference.crossEntropy(student, labels: batch.labels.map { max($0, 0) })
        .enumerated().filter { rows.contains($0.offset) }.reduce(0) { $0 + $1.element }
      cosine += Reference.cosineEmbeddingLoss(hidden, taught).reduce(0, +)
      tokens += batch.packed.tokenCount
      maskedRows += rows.count
    }
    let terms = WeightedTerm.soft(
      weight: 3, temperature: temperature, positions: positions)
    for objective in [
      Objective(softTargets: terms, maskedLanguage: 2, cosine: 1),
      Objective(softTargets: terms, maskedLanguage: 2, cosine: nil),
      Objective(softTargets: terms, maskedLanguage: nil, cosine: 1),
      Objective(softTargets: nil, maskedLanguage: 2, cosine: 1),
      Objective(softTargets: terms, maskedLanguage: nil, cosine: nil),
      Objective(softTargets: nil, maskedLanguage: 2, cosine: nil),
      Objective(softTargets: nil, maskedLanguage: nil, cosine: 1),
    ] {
      let sums = try pass(objective).sums
      #expect(Set(sums.keys) == Set(objective.names))
      for (name, sum) in sums {
        let expected = ["soft_targets": soft, "masked_lm": masked, "cosine": cosine][name] ?? .nan
        expectClose([sum], [expected], tolerance, "\(name) of \(objective.formula)")
      }
    }
    let counts = RowCounts(group.map(TrainingBatch.init))
    let rows = positions == .all ? tokens : maskedRows
    for (term, count) in [
      (terms.term, rows), (MaskedLanguage(), maskedRows), (HiddenCosine(), tokens),
    ] as [(any LossTerm, Int)] {
      #expect(counts.mean(over: term.rows, of: 6) == 6 / Double(count))
      #expect(counts.gradientScale(over: term.rows, weight: 3) == 3 / Double(count))
    }
    #expect(maskedRows > 10 && maskedRows < tokens / 2)
  }

  @Test("a term without rows is 0, not a division by 0")
  func noRows() {
    let batches = GivenBatches(count: 4, batchSize: 4, period: 1)
    let batch = batches.batch([0, 1, 2, 3], at: BatchPlace(step: 0, microBatch: 0))
    let counts = RowCounts([TrainingBatch(batch)])
    let masked = TermRows(.masked, average: .tokens)
    #expect(counts.mean(over: masked, of: 0) == 0)
    #expect(counts.gradientScale(over: masked, weight: 3) == 0)
    #expect(counts.mean(over: TermRows(.masked, average: .sequences), of: 0) == 0)
    #expect(counts.gradientScale(over: TermRows(.all, average: .tokens), weight: 1) > 0)
  }

  /// A term of weight 0 makes the loop compute all rows of the last layer instead of the masked ones.
  @Test("computing the masked rows alone gives the values and gradients of computing all")
  func maskedRowsOnly() throws {
    let soft = WeightedTerm.soft(weight: 3, temperature: 2, positions: .masked)
    let few = try pass(.init(softTargets: soft, maskedLanguage: 2, cosine: nil))
    let all = try pass(.init(softTargets: soft, maskedLanguage: 2, cosine: 0))
    expectSameTraining(few, all)
    #expect((all.sums["cosine"] ?? 0) > 1)
  }

  @Test("a term of weight 0 is measured and teaches nothing")
  func zeroWeights() throws {
    let alone = try pass(.init(softTargets: nil, maskedLanguage: 2, cosine: nil))
    let measured = try pass(
      .init(
        softTargets: .soft(weight: 0, temperature: 2, positions: .all), maskedLanguage: 2,
        cosine: 0))
    expectSameTraining(alone, measured)
    let whole = try pass(Small.paperObjective)
    for term in ["soft_targets", "cosine"] {
      expectClose(
        [try #require(measured.sums[term])], [try #require(whole.sums[term])], tolerance, term)
    }
  }

  private func expectSameTraining(
    _ one: (sums: [String: Double], gradients: [String: [Float]]),
    _ other: (sums: [String: Double], gradients: [String: [Float]])
  ) {
    for (name, sum) in one.sums {
      expectClose([other.sums[name] ?? .nan], [sum], tolerance, name)
    }
    #expect(one.gradients.keys == other.gradients.keys)
    for (path, gradient) in one.gradients where !path.hasSuffix("key.bias") {
      let largest = gradient.reduce(0) { max($0, Double(abs($1))) }
      #expect(largest > 0)
      expectClose(
        other.gradients[path] ?? [], gradient,
        Tolerance(
          relative: 1e-4, absolute: 1e-5 * largest, because: "float32 sums in another order"), path)
    }
  }

  @Test("weights scale gradients, and gradients of terms add up")
  func linearity() throws {
    let terms = WeightedTerm.soft(weight: 5, temperature: 2, positions: .all)
    let parts = [
      try pass(.init(softTargets: terms, maskedLanguage: nil, cosine: nil)),
      try pass(.init(softTargets: nil, maskedLanguage: 2, cosine: nil)),
      try pass(.init(softTargets: nil, maskedLanguage: nil, cosine: 1)),
    ].map(\.gradients)
    for (path, gradient) in try pass(Small.paperObjective).gradients
    where !path.hasSuffix("key.bias") {
      let sum = gradient.indices.map { i in
        parts.reduce(Float(0)) { $0 + ($1[path]?[i] ?? 0) }
      }
      let largest = sum.reduce(0) { max($0, Double(abs($1))) }
      expectClose(
        gradient, sum,
        Tolerance(
          relative: 1e-4, absolute: 1e-5 * largest, because: "float32 sums in another order"), path)
    }
  }

  @Test("an objective says what it is in numbers")
  func formula() {
    #expect(
      Small.paperObjective.formula
        == "loss = 5 · 2² · KL(softmax(teacher / 2) ‖ softmax(student / 2)), mean over all positions "
        + "+ 2 · CE(masked tokens), mean over masked tokens "
        + "+ 1 · (1 - cos(h_teacher, h_student)), last layer, mean over all positions")
    #expect(Small.maskedLanguage.formula == "loss = CE(masked tokens), mean over masked tokens")
    #expect(Small.paperObjective.names == ["soft_targets", "masked_lm", "cosine"])
    #expect(!Small.maskedLanguage.needsTeacher && Small.paperObjective.needsTeacher)
  }
}
