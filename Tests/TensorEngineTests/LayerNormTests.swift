import RetortTensorEngine
import RetortTestSupport
import Testing

@Suite struct LayerNormTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var rows: Int
    var columns: Int
    var hasResidual = true
    var dropout: Double = 0
    /// Size of the inputs: normalisation makes outputs of size 1 of any.
    var scale = 1.0
    var mean = 0.5
    var testDescription: String {
      """
      [\(rows), \(columns)]\(hasResidual ? " with residual" : ""), dropout \(dropout), \
      inputs of size \(scale) around \(mean)
      """
    }
  }

  static let cases = [
    Case(rows: 1, columns: 24), Case(rows: 13, columns: 24, hasResidual: false),
    Case(rows: 9, columns: 64, scale: 5), Case(rows: 21, columns: 100, scale: 0.1),
    Case(rows: 17, columns: 100, hasResidual: false, scale: 0.1),
    Case(rows: 33, columns: 24, dropout: 0.1), Case(rows: 5, columns: 384, dropout: 0.5),
    Case(rows: 40, columns: 133, dropout: 0.3), Case(rows: 3, columns: 1024, hasResidual: false),
    // Cancellation: a mean a thousand times the deviation.
    Case(rows: 4, columns: 100, hasResidual: false, scale: 1, mean: 1000),
  ]

  @Test("output and gradients", arguments: cases)
  func outputAndGradients(case: Case) {
    let (count, columns) = (`case`.rows * `case`.columns, `case`.columns)
    let tolerance = Tolerance(
      relative: 2e-5, absolute: 1e-5 * max(1, `case`.mean / 10),
      because: "float32 mean and variance; a large mean leaves fewer digits to the differences")
    // Derivatives by inputs of size s have size 1/s.
    let inputTolerance = Tolerance(
      relative: 2e-5, absolute: tolerance.absolute / `case`.scale, because: tolerance.reason)
    var random = RandomInputs(`case`.rows * 1000 + columns)
    let x = random.normal(count, scale: `case`.scale, mean: `case`.mean)
    let r = random.normal(count, scale: `case`.scale)
    let scale = Parameter(
      random.normal(columns, scale: 0.3, mean: 1), kind: .normScale, shape: [columns])
    let shift = Parameter(random.normal(columns), kind: .normShift, shape: [columns])
    let upstream = random.normal(count)
    let layout = SequenceLayout(
      offsets: [0, Int32((`case`.rows + 1) / 2), Int32(`case`.rows)]
        .reduce(into: []) { if $0.last != $1 { $0.append($1) } })
    let source = CounterDropout(seed: 5, step: 2, microBatch: 0)
    let site = DropoutSite(index: 3, probability: `case`.dropout)

    let scope = usedScope(Engine(threadCount: 2))
    let input = scope.input(x, rows: `case`.rows, columns: columns, differentiable: true)
    let residual =
      `case`.hasResidual
      ? scope.input(r, rows: `case`.rows, columns: columns, differentiable: true) : nil
    let y = scope.layerNorm(
      input, adding: residual, scale: scale, shift: shift, epsilon: 1e-12, site: site,
      placement: layout.placement, mode: .training(dropout: source))

    let factors = (0..<`case`.rows).flatMap { row in
      dropoutFactors(
        source, site, sequence: Int(layout.placement.sequences[row]),
        position: Int(layout.placement.positions[row]), count: columns)
    }
    func reference(_ m: [Matrix]) -> Matrix {
      let s =
        `case`.hasResidual
        ? Reference.sum(
          m[0], `case`.dropout > 0 ? Reference.product(m[3], factors: factors) : m[3]) : m[0]
      return Reference.layerNorm(s, scale: m[1], shift: m[2], epsilon: 1e-12)
    }
    let inputs = [
      Matrix(`case`.rows, columns, x), Matrix(1, columns, scale.valueArray),
      Matrix(1, columns, shift.valueArray), Matrix(`case`.rows, columns, r),
    ]
    expectClose(
      y.copyValues(), rows: y.rows, columns: y.columns, reference(inputs), tolerance, "y")

    scope.seedGradient(of: y, with: upstream)
    scope.backward()
    let weights = Matrix(`case`.rows, columns, upstream)
    let check = GradientCheck(at: inputs) { reference($0).projected(on: weights) }
    check.expect(scope.gradientValues(of: input) ?? [], ofInput: 0, inputTolerance, "∂x")
    check.expect(scale.gradientArray, ofInput: 1, tolerance, "∂γ")
    check.expect(shift.gradientArray, ofInput: 2, tolerance, "∂β")
    if let residual {
      let gradient = scope.gradientValues(of: residual) ?? []
      check.expect(gradient, ofInput: 3, inputTolerance, "∂r")
      if `case`.dropout > 0 {
        for (i, factor) in factors.enumerated() where (factor == 0) != (gradient[i] == 0) {
          Issue.record("unit \(i): factor \(factor), gradient \(gradient[i])")
          break
        }
      }
    }
  }

  @Test("a forward-only scope gives the same bits")
  func forwardOnly() {
    var random = RandomInputs(1)
    let (x, r) = (random.normal(9 * 100), random.normal(9 * 100))
    let scale = Parameter(random.normal(100), kind: .normScale, shape: [100])
    let shift = Parameter(random.normal(100), kind: .normShift, shape: [100])
    let layout = SequenceLayout(offsets: [0, 9])
    let outputs = [true, false].flatMap { recording in
      [true, false].map { hasResidual in
        let scope = ComputeScope(engine: Engine(threadCount: 2), recording: recording)
        return scope.layerNorm(
          scope.input(x, rows: 9, columns: 100),
          adding: hasResidual ? scope.input(r, rows: 9, columns: 100) : nil, scale: scale,
          shift: shift, epsilon: 1e-12, site: DropoutSite(index: 0, probability: 0.1),
          placement: layout.placement, mode: .inference
        ).copyValues()
      }
    }
    expectSameBits(outputs[0], outputs[2], "with residual")
    expectSameBits(outputs[1], outputs[3], "without")
  }

  @Test("what is frozen gets no gradient, the rest gets its own", arguments: 0..<8)
  func frozen(which: Int) {
    var random = RandomInputs(2)
    let (x, r) = (random.normal(6 * 24), random.normal(6 * 24))
    let (g, b) = (random.normal(24), random.normal(24))
    let upstream = random.normal(6 * 24)
    let layout = SequenceLayout(offsets: [0, 6])
    func gradients(_ frozen: Int) -> [[Float]?] {
      let scale = Parameter(g, kind: .normScale, shape: [24])
      let shift = Parameter(b, kind: .normShift, shape: [24])
      scale.isTrainable = frozen & 1 == 0
      shift.isTrainable = frozen & 2 == 0
      let scope = usedScope(Engine(threadCount: 1))
      let input = scope.input(x, rows: 6, columns: 24, differentiable: frozen & 4 == 0)
      let residual = scope.input(r, rows: 6, columns: 24, differentiable: true)
      let y = scope.layerNorm(
        input, adding: residual, scale: scale, shift: shift, epsilon: 1e-12,
        site: DropoutSite(index: 1, probability: 0.2), placement: layout.placement,
        mode: .training(dropout: CounterDropout(seed: 1, step: 1, microBatch: 0)))
      scope.seedGradient(of: y, with: upstream)
      scope.backward()
      return [
        scale.gradientValues(), shift.gradientValues(),
        scope.gradientValues(of: input), scope.gradientValues(of: residual),
      ]
    }
    let (all, some) = (gradients(0), gradients(which))
    for i in 0..<4 {
      #expect(some[i] == (i < 3 && which >> i & 1 == 1 ? nil : all[i]))
    }
  }
}
