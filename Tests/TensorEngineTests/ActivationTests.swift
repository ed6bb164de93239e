import RetortTensorEngine
import RetortTestSupport
import Testing

@Suite struct ActivationTests {
  @Test("output and gradient", arguments: [Activation.tanh, .relu], [(1, 5), (7, 37), (3, 16)])
  func outputAndGradient(function: Activation, size: (rows: Int, columns: Int)) {
    let tolerance = Tolerance(
      relative: 1e-6, absolute: 5e-7, because: "one float32 evaluation; 1 - y² cancels near 1")
    let (rows, columns) = size
    var random = RandomInputs(rows * columns)
    // Away from ReLU's corner, where a finite difference means nothing.
    let x = random.normal(rows * columns, scale: 2).map { $0.magnitude < 1e-3 ? 0.5 : $0 }
    let upstream = random.normal(rows * columns)
    let scope = usedScope(Engine(threadCount: 2))
    let input = scope.input(x, rows: rows, columns: columns, differentiable: true)
    let y = scope.activation(function, input)
    func reference(_ m: Matrix) -> Matrix {
      switch function {
      case .tanh: Reference.tanh(m)
      case .relu: Reference.relu(m)
      }
    }
    let inputs = [Matrix(rows, columns, x)]
    expectClose(
      y.copyValues(), rows: y.rows, columns: y.columns, reference(inputs[0]), tolerance, "y")
    scope.seedGradient(of: y, with: upstream)
    scope.backward()
    let weights = Matrix(rows, columns, upstream)
    GradientCheck(at: inputs) { reference($0[0]).projected(on: weights) }
      .expect(scope.gradientValues(of: input) ?? [], ofInput: 0, tolerance, "∂x")
  }

  @Test("more elements than one block, and a second use of the input")
  func manyElements() {
    var random = RandomInputs(3)
    let x = random.normal(300 * 120)
    let scope = usedScope(Engine(threadCount: 2))
    let input = scope.input(x, rows: 300, columns: 120, differentiable: true)
    let outputs = [scope.activation(.tanh, input), scope.activation(.relu, input)]
    let upstream = outputs.map { _ in random.normal(300 * 120) }
    for (y, g) in zip(outputs, upstream) { scope.seedGradient(of: y, with: g) }
    scope.backward()
    let expected = x.indices.map { i in
      let y = Reference.tanh(Matrix(1, 1, [Double(x[i])])).values[0]
      return Double(upstream[0][i]) * (1 - y * y) + (x[i] > 0 ? Double(upstream[1][i]) : 0)
    }
    expectClose(
      scope.gradientValues(of: input) ?? [], expected,
      Tolerance(relative: 1e-6, absolute: 1e-6, because: "float32; 1 - y² cancels near 1"))
  }

  @Test("not-a-number goes through", arguments: [Activation.tanh, .relu])
  func notANumber(function: Activation) {
    let scope = ComputeScope(engine: Engine(threadCount: 1), recording: false)
    let x: [Float] = [.nan, 1, .infinity, -.infinity]
    let y = scope.activation(function, scope.input(x, rows: 1, columns: 4)).copyValues()
    #expect(y[0].isNaN)
    #expect(y[2] == (function == .tanh ? 1 : .infinity))
    #expect(y[3] == (function == .tanh ? -1 : 0))
  }
}
