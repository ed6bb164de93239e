import RetortLayers
import RetortOptimization
import Testing

@Suite("AdamW")
struct AdamWTests {
  private let engine = Engine(threadCount: 2)

  /// Seeds the gradients of a bias: y = x · Wᵀ + b, so ∂b is the sum of the upstream rows.
  private func giveGradient(_ linear: Linear, _ upstream: [Float]) {
    let scope = ComputeScope(engine: engine, recording: true)
    let x = scope.input([1, 2], rows: 1, columns: 2)
    let y = linear(x, in: scope)
    scope.seedGradient(of: y, with: upstream)
    scope.backward()
  }

  @Test("follows the formula in double precision over ten steps; only weights decay")
  func formula() {
    let linear = Linear(path: "l", inputSize: 2, outputSize: 3)
    linear.parameters.initializeByKind(standardDeviation: 1, seed: 5)
    let rule = AdamW(
      learningRate: 0, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.1,
      maximumGradientNorm: .infinity)
    let optimizer = AdamWOptimizer(rule, parameters: linear.parameters)
    var weight = linear.weight.values.map(Double.init)
    var bias = linear.bias.values.map(Double.init)
    var moments = [(Double, Double)](repeating: (0, 0), count: 9)
    for t in 1...10 {
      let upstream: [Float] = [0.5, -0.25, Float(t) / 8]
      giveGradient(linear, upstream)
      let rate = 0.01 * Double(t)
      optimizer.step(learningRate: rate, gradientScale: 0.5, on: engine)
      for parameter in optimizer.parameters { parameter.clearGradient() }
      for i in 0..<9 {
        // ∂W[o, i] = g[o] · x[i] with x = [1, 2]
        let g = 0.5 * (i < 6 ? Double(upstream[i / 2]) * [1, 2][i % 2] : Double(upstream[i - 6]))
        let m = 0.9 * moments[i].0 + 0.1 * g
        let v = 0.98 * moments[i].1 + 0.02 * g * g
        moments[i] = (m, v)
        let change =
          rate * (m / (1 - power(0.9, t))) / ((v / (1 - power(0.98, t))).squareRoot() + 1e-6)
        if i < 6 {
          weight[i] = weight[i] * (1 - rate * 0.1) - change
        } else {
          bias[i - 6] -= change
        }
      }
    }
    for i in 0..<6 { #expect(abs(Double(linear.weight.values[i]) - weight[i]) < 2e-6) }
    for i in 0..<3 { #expect(abs(Double(linear.bias.values[i]) - bias[i]) < 2e-6) }
    #expect(optimizer.stepCount == 10)
    let state = optimizer.state(ofParameterAt: "l.bias")
    for i in 0..<3 {
      #expect(abs(Double(state?.firstMoment.values[i] ?? .nan) - moments[6 + i].0) < 1e-6)
      #expect(abs(Double(state?.secondMoment.values[i] ?? .nan) - moments[6 + i].1) < 1e-6)
    }
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { result, _ in result * base }
  }

  @Test("leaves alone what is frozen or has no gradient")
  func untouched() {
    let linear = Linear(path: "l", inputSize: 2, outputSize: 3)
    let other = Linear(path: "o", inputSize: 2, outputSize: 3)
    (linear.parameters + other.parameters).initializeByKind(standardDeviation: 1, seed: 5)
    linear.weight.isTrainable = false
    let before = (Array(linear.weight.values), Array(other.weight.values))
    let optimizer = AdamWOptimizer(
      AdamW(
        learningRate: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1,
        maximumGradientNorm: .infinity),
      parameters: linear.parameters + other.parameters)
    #expect(optimizer.parameters.map(\.path) == ["l.bias", "o.weight", "o.bias"])
    giveGradient(linear, [3, 0, 4])
    #expect(optimizer.gradientNorm(on: engine) == 5)
    optimizer.step(learningRate: 0.5, gradientScale: 1, on: engine)
    #expect(Array(linear.weight.values) == before.0)
    #expect(Array(other.weight.values) == before.1)
    #expect(linear.bias.values[0] != 0)
  }
}
