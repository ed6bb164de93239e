import RetortTensorEngine
import RetortTestSupport
import Testing

@Suite struct LinearTests {
  struct Size: CustomTestStringConvertible, Sendable {
    let rows, inner, outer: Int
    var testDescription: String { "[\(rows), \(inner)] to \(outer)" }
  }

  static let sizes = [
    Size(rows: 1, inner: 8, outer: 8), Size(rows: 1, inner: 100, outer: 1),
    Size(rows: 7, inner: 24, outer: 40), Size(rows: 52, inner: 64, outer: 33),
    Size(rows: 19, inner: 100, outer: 16),
    // Several tiles along either side, the last of them narrow.
    Size(rows: 5, inner: 200, outer: 400),
  ]

  private let tolerance = Tolerance(
    relative: 1e-5, absolute: 5e-6, because: "float32 sums of up to 400 products of size 1")

  @Test("output and gradients", arguments: sizes, [LinearActivation.identity, .gelu])
  func outputAndGradients(size: Size, activation: LinearActivation) {
    var random = RandomInputs(size.rows * 1000 + size.inner + size.outer)
    let scale = 1 / Double(size.inner).squareRoot()
    let x = random.normal(size.rows * size.inner)
    let weight = Parameter(
      random.normal(size.outer * size.inner, scale: scale), shape: [size.outer, size.inner])
    let bias = Parameter(random.normal(size.outer), shape: [size.outer])
    let upstream = random.normal(size.rows * size.outer)

    let scope = usedScope(Engine(threadCount: 2))
    let input = scope.input(x, rows: size.rows, columns: size.inner, differentiable: true)
    let y = scope.linear(
      input, weight: ParameterSpan(weight), bias: ParameterSpan(bias), activation: activation)

    func reference(_ m: [Matrix]) -> Matrix {
      let y = Reference.linear(m[0], weight: m[1], bias: m[2])
      return activation == .gelu ? Reference.gelu(y) : y
    }
    let inputs = [
      Matrix(size.rows, size.inner, x), Matrix(size.outer, size.inner, weight.valueArray),
      Matrix(1, size.outer, bias.valueArray),
    ]
    expectClose(
      y.copyValues(), rows: y.rows, columns: y.columns, reference(inputs), tolerance, "y")

    scope.seedGradient(of: y, with: upstream)
    scope.backward()
    let weights = Matrix(size.rows, size.outer, upstream)
    let check = GradientCheck(at: inputs) { reference($0).projected(on: weights) }
    check.expect(scope.gradientValues(of: input) ?? [], ofInput: 0, tolerance, "∂x")
    check.expect(weight.gradientArray, ofInput: 1, tolerance, "∂W")
    check.expect(bias.gradientArray, ofInput: 2, tolerance, "∂b")
  }

  @Test("settled weights that are kept packed give the same bits", arguments: [1, 13, 30, 90])
  func keptPacked(rows: Int) {
    var random = RandomInputs(rows)
    let x = random.normal(rows * 600)
    let weight = Parameter(random.normal(70 * 600), shape: [70, 600])
    let scope = ComputeScope(engine: Engine(threadCount: 2), recording: false)
    func output() -> [Float] {
      scope.reset()
      let input = scope.input(x, rows: rows, columns: 600)
      return scope.linear(input, weight: ParameterSpan(weight), bias: nil).copyValues()
    }
    let expected = output()
    weight.keepPacked()
    for use in 1...3 { #expect(output() == expected, "use \(use)") }
    // The packed form is what is read: values that change nevertheless do not show.
    weight.values[0] += 1
    #expect(output() == expected)
  }

  @Test("a forward-only scope gives the same bits", arguments: [LinearActivation.identity, .gelu])
  func forwardOnly(activation: LinearActivation) {
    var random = RandomInputs(1)
    let x = random.normal(9 * 40)
    let weight = ParameterSpan(Parameter(random.normal(70 * 40), shape: [70, 40]))
    let engine = Engine(threadCount: 2)
    let outputs = [true, false].map { recording in
      let scope = ComputeScope(engine: engine, recording: recording)
      return scope.linear(
        scope.input(x, rows: 9, columns: 40), weight: weight, bias: nil, activation: activation
      ).copyValues()
    }
    expectSameBits(outputs[0], outputs[1])
  }

  @Test("adjacent parameters make one projection")
  func adjacentParameters() {
    var random = RandomInputs(2)
    let weights = Parameter.contiguous([
      ("query", .weight, [24, 16]), ("key", .weight, [24, 16]), ("value", .weight, [24, 16]),
    ])
    let biases = Parameter.contiguous([
      ("query", .bias, [24]), ("key", .bias, [24]), ("value", .bias, [24]),
    ])
    for parameter in weights + biases { parameter.set(random.normal(parameter.count)) }
    let x = random.normal(5 * 16)
    let upstream = random.normal(5 * 72)

    let scope = usedScope(Engine(threadCount: 2))
    let y = scope.linear(
      scope.input(x, rows: 5, columns: 16), weight: ParameterSpan(contiguous: weights),
      bias: ParameterSpan(contiguous: biases))
    scope.seedGradient(of: y, with: upstream)
    scope.backward()

    for (i, (weight, bias)) in zip(weights, biases).enumerated() {
      let range = i * 24..<(i + 1) * 24
      let alone = usedScope(Engine(threadCount: 1))
      let (w, b) = (
        Parameter(weight.valueArray, shape: [24, 16]), Parameter(bias.valueArray, shape: [24])
      )
      let z = alone.linear(
        alone.input(x, rows: 5, columns: 16), weight: ParameterSpan(w), bias: ParameterSpan(b))
      alone.seedGradient(of: z, with: columns(range, of: upstream, width: 72))
      alone.backward()
      let ours = columns(range, of: y.copyValues(), width: 72)
      expectClose(ours, z.copyValues(), tolerance, "y of \(weight.path)")
      expectClose(weight.gradientArray, w.gradientArray, tolerance, "∂W of \(weight.path)")
      expectClose(bias.gradientArray, b.gradientArray, tolerance, "∂b of \(weight.path)")
    }
  }

  @Test("what is frozen gets no gradient, the rest gets its own", arguments: 0..<8)
  func frozen(which: Int) {
    let (freezesWeight, freezesBias, constantInput) = (
      which & 1 != 0, which & 2 != 0, which & 4 != 0
    )
    var random = RandomInputs(3)
    let x = random.normal(6 * 20)
    let w = random.normal(30 * 20)
    let b = random.normal(30)
    let upstream = random.normal(6 * 30)

    func gradients(frozen: Bool) -> (x: [Float]?, weight: [Float]?, bias: [Float]?) {
      let weight = Parameter(w, shape: [30, 20])
      let bias = Parameter(b, shape: [30])
      weight.isTrainable = !(frozen && freezesWeight)
      bias.isTrainable = !(frozen && freezesBias)
      let scope = usedScope(Engine(threadCount: 2))
      let input = scope.input(
        x, rows: 6, columns: 20, differentiable: !(frozen && constantInput))
      let y = scope.linear(
        input, weight: ParameterSpan(weight), bias: ParameterSpan(bias), activation: .gelu)
      scope.seedGradient(of: y, with: upstream)
      scope.backward()
      return (
        scope.gradientValues(of: input), weight.gradientValues(),
        bias.gradientValues()
      )
    }
    let (all, some) = (gradients(frozen: false), gradients(frozen: true))
    #expect(some.x == (constantInput ? nil : all.x))
    #expect(some.weight == (freezesWeight ? nil : all.weight))
    #expect(some.bias == (freezesBias ? nil : all.bias))
  }

  @Test("one frozen of adjacent parameters gets no gradient either")
  func frozenAmongAdjacent() {
    let parameters = Parameter.contiguous([("a", .weight, [4, 3]), ("b", .weight, [4, 3])])
    parameters[0].isTrainable = false
    let scope = usedScope(Engine(threadCount: 1))
    let y = scope.linear(
      scope.input([Float](repeating: 1, count: 6), rows: 2, columns: 3),
      weight: ParameterSpan(contiguous: parameters), bias: nil)
    scope.seedGradient(of: y, with: [Float](repeating: 1, count: 16))
    scope.backward()
    #expect(parameters[0].gradientValues() == nil)
    #expect(parameters[1].gradientArray == [Float](repeating: 2, count: 12))
  }
}
