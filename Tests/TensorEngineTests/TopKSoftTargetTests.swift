import Foundation
import RetortTestSupport
import Testing

@testable import RetortTensorEngine

/// Soft targets from the largest logits: what is kept, the loss over k + 1 outcomes, its gradient.
@Suite struct TopKSoftTargetTests {
  private static let (rows, words, columns) = (9, 301, 24)
  private let temperature = 2.0

  /// A student's head and a teacher's logits.
  private struct Inputs {
    var x: [Float]
    let decoder: Parameter
    let bias: Parameter
    let teacher: [Float]

    init(place: Int, scale: Double = 1) {
      var random = RandomInputs(place)
      x = random.normal(rows * columns)
      decoder = Parameter(
        random.normal(words * columns, scale: 0.4 * scale), shape: [words, columns])
      bias = Parameter(random.normal(words, scale: 0.5), kind: .bias, shape: [words])
      teacher = random.normal(rows * words, scale: 2)
    }

    /// What is kept of the teacher: its logits come through a head that hands them on.
    func kept(_ count: Int, temperatures: [Double]) -> TopLogitSelection {
      let selection = TopLogitSelection(rows: rows, count: count, temperatures: temperatures)
      let scope = ComputeScope(engine: Engine(threadCount: 2), recording: false)
      var identity = [Float](repeating: 0, count: words * words)
      for i in 0..<words { identity[i * words + i] = 1 }
      _ = scope.vocabularyHead(
        hidden: scope.input(teacher, rows: rows, columns: words),
        decoder: Parameter(identity, shape: [words, words]),
        bias: Parameter(
          [Float](repeating: 0, count: words), kind: .bias, shape: [words]),
        objectives: [WeightedObjective(selection, gradientScale: 0)])
      return selection
    }
  }

  private func topLogits(_ selection: TopLogitSelection, temperature: Int = 0) -> TopLogits {
    TopLogits(
      rows: selection.rows, count: selection.count, values: Array(selection.values),
      ids: Array(selection.ids),
      logNormalizers: (0..<selection.rows).map {
        selection.logNormalizers[$0 * selection.temperatures.count + temperature]
      })
  }

  /// T² · KL over the k words kept of each row and one outcome for the rest.
  private func reference(
    _ student: Matrix, _ teacher: Matrix, count: Int
  ) -> Double {
    (0..<Self.rows).reduce(0) { sum, row in
      func shares(_ logits: [Double]) -> [Double] {
        let powers = logits.map { exp($0 / temperature) }
        let total = powers.reduce(0, +)
        return powers.map { $0 / total }
      }
      let (p, q) = (shares(student.row(row)), shares(teacher.row(row)))
      let kept = q.indices.sorted { q[$0] > q[$1] }.prefix(count)
      let rest = Set(q.indices).subtracting(kept)
      var outcomes = kept.map { (p[$0], q[$0]) }
      if !rest.isEmpty {
        outcomes.append(
          (rest.reduce(0) { $0 + p[$1] }, rest.reduce(0) { $0 + q[$1] }))
      }
      return sum + temperature * temperature
        * outcomes.reduce(0) { $0 + $1.1 * log($1.1 / $1.0) }
    }
  }

  @Test("the teacher's entropy is that of the outcomes", arguments: [5, words])
  func entropy(_ count: Int) {
    let inputs = Inputs(place: 4)
    let kept = topLogits(inputs.kept(count, temperatures: [temperature]))
    let scope = ComputeScope(engine: Engine(threadCount: 2), recording: false)
    let entropies = scope.vocabularyHead(
      hidden: scope.input(inputs.x, rows: Self.rows, columns: Self.columns),
      decoder: inputs.decoder, bias: inputs.bias,
      objectives: [
        WeightedObjective(
          TeacherEntropyObjective(temperature: temperature, kept: .stored(kept)), gradientScale: 0)
      ])
    let teacher = Matrix(Self.rows, Self.words, inputs.teacher)
    let expected = (0..<Self.rows).reduce(0.0) { sum, row in
      let powers = teacher.row(row).map { exp($0 / temperature) }.sorted(by: >)
      let total = powers.reduce(0, +)
      let outcomes = powers.prefix(count) + [powers.dropFirst(count).reduce(0, +)]
      return outcomes.reduce(sum) { $1 > 0 ? $0 - $1 / total * log($1 / total) : $0 }
    }
    expectClose(
      entropies, [expected],
      Tolerance(relative: 1e-5, absolute: 0, because: "float32 log-normalisers"),
      "entropy of \(count)")
  }

  @Test("the largest logits and the log-normalisers of every temperature are kept")
  func selection() {
    let inputs = Inputs(place: 1)
    let kept = inputs.kept(8, temperatures: [1, 2.5])
    for row in 0..<Self.rows {
      let logits = Array(inputs.teacher[row * Self.words..<(row + 1) * Self.words])
      let order = logits.indices.sorted { logits[$0] > logits[$1] }.prefix(8)
      #expect(kept.ids[row * 8..<row * 8 + 8].map(Int.init) == Array(order))
      #expect(Array(kept.values[row * 8..<row * 8 + 8]) == order.map { logits[$0] })
      for (i, temperature) in [1, 2.5].enumerated() {
        let expected = log(logits.reduce(0) { $0 + exp(Double($1) / temperature) })
        #expect(abs(Double(kept.logNormalizers[row * 2 + i]) - expected) < 2e-6 * expected)
      }
    }
  }

  @Test("of equal logits the first words are kept")
  func ties() {
    let scope = ComputeScope(engine: Engine(threadCount: 1), recording: false)
    let selection = TopLogitSelection(rows: 1, count: 3, temperatures: [1])
    _ = scope.vocabularyHead(
      hidden: scope.input([1], rows: 1, columns: 1),
      decoder: Parameter([1, 5, 5, 2, 5, 5], shape: [6, 1]),
      bias: Parameter([Float](repeating: 0, count: 6), kind: .bias, shape: [6]),
      objectives: [WeightedObjective(selection, gradientScale: 0)])
    #expect(Array(selection.ids) == [1, 2, 4])
  }

  @Test("values and gradients", arguments: [1, 2, 16, 300, 301])
  func valuesAndGradients(count: Int) {
    let inputs = Inputs(place: count)
    let scale = 5 / Double(Self.rows)
    let objective = WeightedObjective(
      TopKSoftTargetObjective(
        teacher: .stored(
          topLogits(inputs.kept(count, temperatures: [1, temperature]), temperature: 1)),
        temperature: temperature, scale: .tSquared), gradientScale: scale)
    let scope = ComputeScope(engine: Engine(threadCount: 2), recording: true)
    let hidden = scope.input(
      inputs.x, rows: Self.rows, columns: Self.columns, differentiable: true)
    let totals = scope.vocabularyHead(
      hidden: hidden, decoder: inputs.decoder, bias: inputs.bias, objectives: [objective])
    let teacher = Matrix(Self.rows, Self.words, inputs.teacher)
    func loss(_ m: [Matrix]) -> Double {
      reference(Reference.linear(m[0], weight: m[1], bias: m[2]), teacher, count: count)
    }
    let matrices = [
      Matrix(Self.rows, Self.columns, inputs.x),
      Matrix(Self.words, Self.columns, inputs.decoder.valueArray),
      Matrix(1, Self.words, inputs.bias.valueArray),
    ]
    expectClose(
      totals, [loss(matrices)],
      Tolerance(relative: 1e-5, absolute: 1e-5, because: "float32 logits and normalisers"), "sum")
    let tolerance = Tolerance(
      relative: 2e-5, absolute: 3e-6, because: "float32 softmax of float32 logits")
    var check = GradientCheck(at: matrices) { scale * loss($0) }
    check.sampleCount = 12
    check.expect(scope.gradientValues(of: hidden) ?? [], ofInput: 0, tolerance, "∂x")
    check.expect(inputs.decoder.gradientArray, ofInput: 1, tolerance, "∂W")
    check.expect(inputs.bias.gradientArray, ofInput: 2, tolerance, "∂b")
  }

  @Test("with every word kept it is the divergence over the whole vocabulary")
  func everyWord() {
    let inputs = Inputs(place: 7)
    let labels = (0..<Self.rows).map { Int32($0 * 30) }
    let language = WeightedObjective(MaskedLanguageObjective(labels: labels), gradientScale: 0.5)
    func run(_ objective: WeightedObjective, teacher: Bool) -> ([Double], [Float]) {
      let scope = ComputeScope(engine: Engine(threadCount: 2), recording: true)
      let hidden = scope.input(
        inputs.x, rows: Self.rows, columns: Self.columns, differentiable: true)
      var identity = [Float](repeating: 0, count: Self.words * Self.words)
      for i in 0..<Self.words { identity[i * Self.words + i] = 1 }
      let source = TeacherVocabulary(
        hidden: scope.input(inputs.teacher, rows: Self.rows, columns: Self.words),
        decoder: Parameter(identity, shape: [Self.words, Self.words]),
        bias: Parameter(
          [Float](repeating: 0, count: Self.words), kind: .bias, shape: [Self.words]))
      let values = scope.vocabularyHead(
        hidden: hidden, decoder: inputs.decoder, bias: inputs.bias,
        teacher: teacher ? source : nil, objectives: [language, objective])
      return (values, scope.gradientValues(of: hidden) ?? [])
    }
    let kept = topLogits(inputs.kept(Self.words, temperatures: [temperature]))
    let (all, allGradient) = run(
      WeightedObjective(
        SoftTargetObjective(.hinton(temperature: Float(temperature))), gradientScale: 0.3),
      teacher: true)
    let (top, topGradient) = run(
      WeightedObjective(
        TopKSoftTargetObjective(
          teacher: .stored(kept), temperature: temperature, scale: .tSquared), gradientScale: 0.3),
      teacher: false)
    #expect(top[0] == all[0])
    // Hard targets need the largest logit alone; the entropy is that of all words.
    let hard = SoftTargetLoss(
      ForwardKL(), temperature: Float(temperature), scale: .tSquared, targets: .hard)
    let (answers, ofAnswers) = run(
      WeightedObjective(SoftTargetObjective(hard), gradientScale: 0.3), teacher: true)
    let (keptAnswers, ofKeptAnswers) = run(
      WeightedObjective(
        HardTargetObjective(hard, teacher: topLogits(inputs.kept(1, temperatures: [temperature]))),
        gradientScale: 0.3), teacher: false)
    #expect(answers == keptAnswers && ofAnswers == ofKeptAnswers)
    let entropies = [nil, .stored(kept)].map { (kept: KeptLogits?) in
      run(
        WeightedObjective(
          TeacherEntropyObjective(temperature: temperature, kept: kept), gradientScale: 0),
        teacher: kept == nil
      ).0[1]
    }
    expectClose(
      [entropies[0]], [entropies[1]],
      Tolerance(relative: 1e-5, absolute: 0, because: "float32 log-normalisers"), "entropy")
    expectClose(
      [top[1]], [all[1]],
      Tolerance(relative: 1e-6, absolute: 1e-6, because: "the same sum in another order"), "loss")
    expectClose(
      topGradient, allGradient,
      Tolerance(relative: 1e-5, absolute: 2e-6, because: "float32 normalisers"), "gradient")
  }

  @Test("shares of all but nothing have finite losses and gradients")
  func extremes() {
    for (kept, rest) in [(Float(80), Float(-80)), (-80, 80)] {
      let scope = ComputeScope(engine: Engine(threadCount: 1), recording: true)
      let hidden = scope.input([1], rows: 1, columns: 1, differentiable: true)
      let decoder = Parameter([kept, rest, rest, kept], shape: [4, 1])
      let bias = Parameter([Float](repeating: 0, count: 4), kind: .bias, shape: [4])
      let teacher = TopLogits(
        rows: 1, count: 2, values: [1, 0], ids: [0, 3], logNormalizers: [1.8])
      let value = scope.vocabularyHead(
        hidden: hidden, decoder: decoder, bias: bias,
        objectives: [
          WeightedObjective(
            TopKSoftTargetObjective(
              teacher: .stored(teacher), temperature: 1, scale: .tSquared), gradientScale: 1)
        ])[0]
      let q = [exp(1 - 1.8), exp(0 - 1.8)]
      let left = 1 - q[0] - q[1]
      // One side of the outcomes is at e^-160 of the other.
      let expected =
        q[0] * log(q[0]) + q[1] * log(q[1]) + left * log(left)
        + (kept > 0
          ? (q[0] + q[1]) * log(2) + left * (160 + log(2) - log(2))
          : (q[0] + q[1]) * (160 + log(2)) + 0)
      #expect(abs(value - expected) < 1e-4 * abs(expected), "\(value), expected \(expected)")
      #expect(decoder.gradientArray.allSatisfy { $0.isFinite })
    }
  }

  @Test("what is not a number stays one")
  func notANumber() {
    for place in [0, 2] {
      var logits: [Float] = [1, 2, 3, 4]
      logits[place] = .nan
      let scope = ComputeScope(engine: Engine(threadCount: 1), recording: false)
      let value = scope.vocabularyHead(
        hidden: scope.input([1], rows: 1, columns: 1),
        decoder: Parameter(logits, shape: [4, 1]),
        bias: Parameter([Float](repeating: 0, count: 4), kind: .bias, shape: [4]),
        objectives: [
          WeightedObjective(
            TopKSoftTargetObjective(
              teacher: .stored(
                TopLogits(
                  rows: 1, count: 2, values: [1, 0], ids: [0, 3], logNormalizers: [1.8])),
              temperature: 1, scale: .tSquared), gradientScale: 1)
        ])[0]
      #expect(value.isNaN)
    }
  }
}
