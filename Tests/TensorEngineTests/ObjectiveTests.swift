import RetortTensorEngine
import RetortTestSupport
import Testing

/// Losses on whole matrices: values a row, and gradients times the caller's scale.
@Suite struct ObjectiveTests {
  private let tolerance = Tolerance(
    relative: 2e-5, absolute: 2e-6, because: "float32 sums and exponentials of a row")

  /// Runs one loss twice, the second time on top of a gradient that is already there.
  /// - Parameters:
  ///   - student: [rows, columns], differentiated.
  ///   - loss: the engine's values of the rows.
  ///   - reference: the same from matrices.
  private func check(
    _ student: [Float], rows: Int, columns: Int, scale: Double,
    loss: (ComputeScope, Tensor) -> [Double], reference: @escaping (Matrix) -> [Double]
  ) {
    let scope = usedScope(Engine(threadCount: 2))
    let input = scope.input(student, rows: rows, columns: columns, differentiable: true)
    let inputs = [Matrix(rows, columns, student)]
    expectClose(loss(scope, input), reference(inputs[0]), tolerance, "values")
    let check = GradientCheck(at: inputs) { scale * reference($0[0]).reduce(0, +) }
    let once = scope.gradientValues(of: input) ?? []
    check.expect(once, ofInput: 0, tolerance, "gradient")
    _ = loss(scope, input)
    expectClose(
      scope.gradientValues(of: input) ?? [], once.map { 2 * $0 },
      Tolerance(relative: 1e-6, absolute: 1e-7, because: "the same contribution twice"), "twice")

    // Where nobody needs a gradient none is made, and the values are the same.
    for recording in [true, false] {
      let scope = ComputeScope(engine: Engine(threadCount: 1), recording: recording)
      let constant = scope.input(student, rows: rows, columns: columns)
      expectClose(loss(scope, constant), reference(inputs[0]), tolerance, "values")
      #expect(scope.gradientValues(of: constant) == nil)
    }
  }

  static let sizes = [(1, 2), (5, 2), (16, 7), (33, 24), (3, 384)]

  @Test("cross-entropy", arguments: sizes)
  func crossEntropy(rows: Int, columns: Int) {
    var random = RandomInputs(rows)
    let logits = random.normal(rows * columns, scale: 3)
    let labels = random.integers(rows, below: columns)
    let scale = 1 / Double(rows)
    check(
      logits, rows: rows, columns: columns, scale: scale,
      loss: { $0.crossEntropy(logits: $1, labels: labels, gradientScale: scale) },
      reference: { Reference.crossEntropy($0, labels: labels) })
  }

  @Test("squared error", arguments: sizes + [(40, 100)])
  func squaredError(rows: Int, columns: Int) {
    var random = RandomInputs(rows + 100)
    let (s, t) = (random.normal(rows * columns), random.normal(rows * columns))
    check(
      s, rows: rows, columns: columns, scale: 0.25,
      loss: {
        $0.squaredError(
          student: $1, teacher: $0.input(t, rows: rows, columns: columns), gradientScale: 0.25)
      },
      reference: { Reference.squaredError($0, Matrix(rows, columns, t)) })
  }

  @Test("squared distance of directions", arguments: sizes.filter { $0.1 > 1 } + [(40, 100)])
  func normalizedSquaredError(rows: Int, columns: Int) {
    var random = RandomInputs(rows + 300)
    let (s, t) = (random.normal(rows * columns), random.normal(rows * columns))
    check(
      s, rows: rows, columns: columns, scale: 2,
      loss: {
        $0.normalizedSquaredError(
          student: $1, teacher: $0.input(t, rows: rows, columns: columns), gradientScale: 2)
      },
      reference: { Reference.cosineEmbeddingLoss($0, Matrix(rows, columns, t)).map { 2 * $0 } })
    // Close by, where 1 - cos has lost its digits.
    let scope = usedScope(Engine(threadCount: 1))
    let near = scope.normalizedSquaredError(
      student: scope.input([1, 1e-4, 0], rows: 1, columns: 3),
      teacher: scope.input([1, 0, 0], rows: 1, columns: 3), gradientScale: 1)
    expectClose(near, [1e-8], Tolerance(relative: 1e-3, absolute: 0, because: "float32 inputs"))
  }

  @Test("weights of rows multiply losses and gradients")
  func rowWeights() {
    var random = RandomInputs(7)
    let (s, t) = (random.normal(4 * 9), random.normal(4 * 9))
    let weights = [0.5, 1, 0, 2]
    typealias Loss = (ComputeScope, Tensor, Tensor, [Double]?) -> [Double]
    let losses: [Loss] = [
      { $0.squaredError(student: $1, teacher: $2, gradientScale: 3, rowWeights: $3) },
      { $0.cosineEmbeddingLoss(student: $1, teacher: $2, gradientScale: 3, rowWeights: $3) },
      { $0.normalizedSquaredError(student: $1, teacher: $2, gradientScale: 3, rowWeights: $3) },
      {
        $0.softTargets(
          .hinton(temperature: 2), student: $1, teacher: $2, gradientScale: 3, rowWeights: $3)
      },
      {
        $0.crossEntropy(logits: $1, labels: [0, 3, 8, 1], gradientScale: 3, rowWeights: ($2, $3).1)
      },
    ]
    for loss in losses {
      func compute(_ weights: [Double]?) -> (values: [Double], gradient: [Float]) {
        let scope = usedScope(Engine(threadCount: 2))
        let student = scope.input(s, rows: 4, columns: 9, differentiable: true)
        let values = loss(scope, student, scope.input(t, rows: 4, columns: 9), weights)
        return (values, scope.gradientValues(of: student) ?? [])
      }
      let (plain, weighted) = (compute(nil), compute(weights))
      let tolerance = Tolerance(relative: 1e-6, absolute: 1e-12, because: "one more product")
      expectClose(weighted.values, zip(plain.values, weights).map { $0 * $1 }, tolerance)
      expectClose(
        weighted.gradient,
        plain.gradient.enumerated().map { Double($0.element) * weights[$0.offset / 9] }, tolerance)
    }
  }

  @Test("cosine", arguments: sizes + [(40, 100)])
  func cosine(rows: Int, columns: Int) {
    var random = RandomInputs(rows + 200)
    let (s, t) = (random.normal(rows * columns), random.normal(rows * columns))
    check(
      s, rows: rows, columns: columns, scale: 2,
      loss: {
        $0.cosineEmbeddingLoss(
          student: $1, teacher: $0.input(t, rows: rows, columns: columns), gradientScale: 2)
      },
      reference: { Reference.cosineEmbeddingLoss($0, Matrix(rows, columns, t)) })
  }

  @Test("cosine of equal, opposite and vanishing rows")
  func cosineExtremes() {
    let scope = usedScope(Engine(threadCount: 1))
    let s = scope.input([1, 2, 1, 2, 0, 0, 3, 4], rows: 4, columns: 2, differentiable: true)
    let t = scope.input([2, 4, -1, -2, 1, 1, 0, 0], rows: 4, columns: 2)
    let values = scope.cosineEmbeddingLoss(student: s, teacher: t, gradientScale: 1)
    expectClose(
      values, [0, 2, 1, 1], Tolerance(relative: 1e-7, absolute: 1e-7, because: "float32 products"))
    expectZero(
      Array((scope.gradientValues(of: s) ?? []).prefix(4)), within: 1e-6,
      because: "extremes of the cosine")
    #expect((scope.gradientValues(of: s) ?? []).allSatisfy { $0.isFinite })
  }

  @Test(
    "soft targets, T² included", arguments: sizes + [(4, 301)], [1, 2, 8, 0.5] as [Float])
  func softTargets(size: (rows: Int, columns: Int), temperature: Float) {
    let (rows, columns) = size
    var random = RandomInputs(rows + 300)
    let (s, t) = (random.normal(rows * columns, scale: 3), random.normal(rows * columns, scale: 3))
    let scale = 1 / Double(rows)
    check(
      s, rows: rows, columns: columns, scale: scale,
      loss: {
        $0.softTargets(
          .hinton(temperature: temperature), student: $1,
          teacher: $0.input(t, rows: rows, columns: columns), gradientScale: scale)
      },
      reference: {
        Reference.softTargetDivergence(
          $0, Matrix(rows, columns, t), temperature: Double(temperature))
      })
  }

  @Test("soft targets of equal and of very distant logits")
  func softTargetExtremes() {
    let scope = usedScope(Engine(threadCount: 1))
    let equal = scope.input([5, -3, 900, 1], rows: 1, columns: 4, differentiable: true)
    let same = scope.softTargets(
      .hinton(temperature: 2), student: equal, teacher: equal, gradientScale: 1)
    #expect(same[0].magnitude < 1e-6)
    expectZero(scope.gradientValues(of: equal) ?? [], within: 1e-7, because: "the minimum")

    let student = scope.input([1000, 0], rows: 1, columns: 2, differentiable: true)
    let teacher = scope.input([0, 1000], rows: 1, columns: 2)
    let values = scope.softTargets(
      .hinton(temperature: 2), student: student, teacher: teacher, gradientScale: 1)
    expectClose(
      values, [4 * 500], Tolerance(relative: 1e-6, absolute: 0, because: "float32 logits"))
    expectClose(
      scope.gradientValues(of: student) ?? [], [2, -2] as [Double],
      Tolerance(relative: 1e-6, absolute: 0, because: "one-hot softmaxes"))
  }

  @Test("not-a-number in logits reaches the loss")
  func notANumber() {
    let scope = ComputeScope(engine: Engine(threadCount: 1), recording: false)
    let bad = scope.input([1, .nan, 2], rows: 1, columns: 3)
    let good = scope.input([1, 0, 2], rows: 1, columns: 3)
    #expect(scope.crossEntropy(logits: bad, labels: [0], gradientScale: 1)[0].isNaN)
    #expect(scope.squaredError(student: bad, teacher: good, gradientScale: 1)[0].isNaN)
    #expect(scope.cosineEmbeddingLoss(student: bad, teacher: good, gradientScale: 1)[0].isNaN)
    #expect(scope.normalizedSquaredError(student: bad, teacher: good, gradientScale: 1)[0].isNaN)
    let layout = SequenceLayout(offsets: [0, 1])
    for kind in GramKind.allCases {
      #expect(
        scope.gramLoss(
          of: kind, student: (bad, bad), teacher: (good, good), layout: layout, gradientScale: 1)[0]
          .isNaN)
    }
    for comparison in [SimilarityComparison.squaredError, .contrastive(temperature: 1)] {
      #expect(
        scope.similarityLoss(student: bad, teacher: good, comparison, gradientScale: 1)[0].isNaN)
    }
    for divergence in Divergences.all {
      let loss = SoftTargetLoss(
        divergence.init(numbers: divergence.numbers.map { _ in 0.5 }), temperature: 2,
        scale: .tSquared, targets: .soft)
      for (s, t) in [(bad, good), (good, bad)] {
        #expect(
          scope.softTargets(loss, student: s, teacher: t, labels: [0], gradientScale: 1)[0].isNaN,
          "\(divergence.key)")
      }
    }
  }
}
