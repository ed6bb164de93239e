import Foundation
import RetortTensorEngine
import RetortTestSupport
import Testing

@Suite struct AdamWTests {
  struct Settings: Sendable {
    var learningRate = 2e-3
    var beta1 = 0.9
    var beta2 = 0.999
    var epsilon = 1e-8
    var weightDecay = 0.01
    var gradientScale: Float = 1

    /// The numbers of step t, as torch 2.4.0 rounds them.
    func step(_ t: Int) -> AdamWStep {
      AdamWStep(
        decay: Float(1 - learningRate * weightDecay), firstRate: Float(1 - beta1),
        secondDecay: Float(beta2), secondRate: Float(1 - beta2),
        secondCorrection: Float((1 - pow(beta2, Double(t))).squareRoot()),
        epsilon: Float(epsilon),
        negativeStepSize: Float(-(learningRate / (1 - pow(beta1, Double(t))))),
        gradientScale: gradientScale)
    }
  }

  /// One element, operation by operation in torch's order: which products are fused with their sums, and
  /// which are rounded first.
  private func scalarStep(
    _ p: inout Float, _ m: inout Float, _ v: inout Float, gradient: Float, _ step: AdamWStep
  ) {
    let g = gradient * step.gradientScale
    let decayed = p * step.decay
    m = m.addingProduct(step.firstRate, g - m)
    v = (v * step.secondDecay).addingProduct(step.secondRate * g, g)
    let denominator = v.squareRoot() / step.secondCorrection + step.epsilon
    p = decayed + step.negativeStepSize * m / denominator
  }

  private struct State {
    let parameter: Parameter
    let first, second: AlignedBuffer

    init(_ values: [Float]) {
      parameter = Parameter(values, shape: [values.count])
      first = AlignedBuffer(count: values.count)
      second = AlignedBuffer(count: values.count)
    }

    func update(_ step: AdamWStep) -> AdamWUpdate {
      AdamWUpdate(
        parameter: parameter, firstMoment: first, secondMoment: second, step: step)
    }

    /// Makes `gradient` the parameter's gradient, to the bit: that of the shift of a layer norm of one row is
    /// what comes from above.
    func give(_ gradient: [Float], engine: Engine) {
      parameter.clearGradient()
      let count = gradient.count
      let scope = ComputeScope(engine: engine, recording: true)
      let y = scope.layerNorm(
        scope.input([Float](repeating: 0, count: count), rows: 1, columns: count),
        scale: Parameter([Float](repeating: 1, count: count), shape: [count]), shift: parameter,
        epsilon: 1, placement: SequenceLayout(offsets: [0, 1]).placement, mode: .inference)
      scope.seedGradient(of: y, with: gradient)
      scope.backward()
    }
  }

  @Test(
    "every bit as the scalar form, at every length of the last vector and across blocks",
    arguments: [1, 7, 15, 16, 17, 31, 100, 65_536, 65_537, 131_100])
  func bits(count: Int) {
    var random = RandomInputs(count)
    let engine = Engine(threadCount: 2)
    var settings = Settings()
    settings.gradientScale = 0.7
    var p = random.normal(count, scale: 0.1)
    var m = [Float](repeating: 0, count: count)
    var v = m
    let state = State(p)
    for t in 1...3 {
      let gradient = random.normal(count, scale: pow(10, Double(-2 * t)))
      state.give(gradient, engine: engine)
      engine.adamW([state.update(settings.step(t))])
      for i in 0..<count {
        scalarStep(&p[i], &m[i], &v[i], gradient: gradient[i], settings.step(t))
      }
    }
    expectSameBits(state.parameter.valueArray, p, "weights")
    expectSameBits(Array(state.first.values), m, "first moments")
    expectSameBits(Array(state.second.values), v, "second moments")
  }

  @Test("200 steps stay with the double-precision formula", arguments: [0, 0.1])
  func trajectory(weightDecay: Double) {
    var random = RandomInputs(200)
    let engine = Engine(threadCount: 2)
    var settings = Settings()
    settings.weightDecay = weightDecay
    let values = random.normal(100)
    let state = State(values)
    var references = values.map { Reference.AdamW(Double($0)) }
    for t in 1...200 {
      let gradient = random.normal(100, scale: 0.3)
      state.give(gradient, engine: engine)
      engine.adamW([state.update(settings.step(t))])
      for i in 0..<100 {
        references[i].step(
          t, gradient: Double(gradient[i]), learningRate: settings.learningRate,
          beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
          decay: weightDecay)
      }
    }
    // Compared is how far the weights have moved, not the weights.
    let moved = zip(state.parameter.valueArray, values).map { Double($0) - Double($1) }
    expectClose(
      moved, zip(references, values).map { $0.value - Double($1) },
      Tolerance(
        relative: 1e-4, absolute: 1.5e-5,
        because: "weights up to 3, 200 times by a decay factor rounded to float32"))
  }

  @Test("the first step moves every weight by the learning rate, whatever its gradient's size")
  func firstStep() {
    let engine = Engine(threadCount: 1)
    var settings = Settings()
    settings.weightDecay = 0
    let state = State([Float](repeating: 1, count: 5))
    state.give([1e-3, -1e-3, 1, -50, 0], engine: engine)
    engine.adamW([state.update(settings.step(1))])
    expectClose(
      state.parameter.valueArray, [0.998, 1.002, 0.998, 1.002, 1] as [Double],
      Tolerance(relative: 1e-6, absolute: 0, because: "ε against a gradient of 1e-3"))
  }

  @Test("a parameter without a gradient is left alone, decay and all")
  func noGradient() {
    let engine = Engine(threadCount: 1)
    let state = State([1, 2, 3])
    engine.adamW([state.update(Settings().step(1))])
    #expect(state.parameter.valueArray == [1, 2, 3])
    #expect(state.first.values.allSatisfy { $0 == 0 })
  }

  /// An idle row's first moment would turn subnormal after 719 steps and stay so, seven times as slow; the
  /// compute threads flush it to zero.
  @Test("moments of idle weights end at zero, never among the subnormals", arguments: [1, 2])
  func idle(threads: Int) {
    let engine = Engine(threadCount: threads)
    let state = State([Float](repeating: 0.1, count: 70_000))
    state.give([Float](repeating: 1e-3, count: 70_000), engine: engine)
    let settings = Settings()
    engine.adamW([state.update(settings.step(1))])
    state.give([Float](repeating: 0, count: 70_000), engine: engine)
    for t in 2...900 { engine.adamW([state.update(settings.step(t))]) }
    #expect(state.first.values.allSatisfy { $0.bitPattern << 1 == 0 })
    #expect(state.second.values.allSatisfy { $0.isNormal })
  }

  @Test("gradient norm over several parameters", arguments: [1, 2, 3])
  func gradientNorm(threads: Int) {
    let engine = Engine(threadCount: threads)
    var random = RandomInputs(9)
    var states: [State] = []
    var square = 0.0
    for count in [1, 100, 65_536, 65_537, 200_003] {
      let gradient = random.normal(count, scale: 1 / Double(count).squareRoot())
      let state = State([Float](repeating: 0, count: count))
      state.give(gradient, engine: engine)
      square += gradient.reduce(0) { $0 + Double($1) * Double($1) }
      states.append(state)
    }
    let silent = Parameter([5, 5], shape: [2])
    expectClose(
      [engine.gradientNorm(of: states.map(\.parameter) + [silent])], [square.squareRoot()],
      Tolerance(relative: 1e-6, absolute: 0, because: "float32 sums of 4,096 terms a lane"))
    #expect(engine.gradientNorm(of: [silent]) == 0)
  }

  @Test("gradient norm: not-a-number and infinity show")
  func gradientNormExtremes() {
    let engine = Engine(threadCount: 2)
    let state = State([0, 0, 0])
    state.give([1, .nan, 2], engine: engine)
    #expect(engine.gradientNorm(of: [state.parameter]).isNaN)
    state.give([1, .infinity, 2], engine: engine)
    #expect(engine.gradientNorm(of: [state.parameter]) == .infinity)
  }
}
