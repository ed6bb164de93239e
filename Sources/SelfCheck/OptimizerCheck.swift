import RetortOptimization
import RetortTransformers

/// Three steps of AdamW with clipping, given the gradients: one parameter that decays, one that does not.
struct OptimizerCheck {
  let engine: Engine

  func measure() -> [Measurement] {
    let probe = OperationProbe(.adamW, on: engine)
    let norms = OperationProbe(.gradientNorm, on: engine)
    let weight = probe.parameter("weight", .weight, [37, 19])
    let bias = probe.parameter("bias", .bias, [37])
    let starts = [weight, bias].map { Array($0.values) }
    let optimizer = AdamWOptimizer(
      AdamW(
        learningRate: 0, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.1,
        maximumGradientNorm: .infinity),
      parameters: [weight, bias])
    let clipping = GradientClipping(maximumNorm: 1)
    for step in 1...3 {
      for parameter in [weight, bias] { parameter.clearGradient() }
      giveGradients(to: weight, and: bias, step: step, from: probe)
      let norm = optimizer.gradientNorm(on: engine)
      norms.record("step \(step)", Fingerprint(of: [norm]))
      optimizer.step(
        learningRate: 0x1p-6, gradientScale: clipping.coefficient(norm: norm), on: engine)
    }
    for (state, start) in zip(optimizer.states, starts) {
      let name = state.parameter.path
      probe.record(
        "change of \(name)", Fingerprint(of: zip(state.parameter.values, start).map { $0 - $1 }))
      probe.record(
        "first moment of \(name)", Fingerprint(of: Array(state.firstMoment.values)))
      probe.record(
        "second moment of \(name)", Fingerprint(of: Array(state.secondMoment.values)))
    }
    return norms.measurements + probe.measurements
  }

  /// With y = I · Wᵀ + b the gradient of W is that of y, transposed, and that of b its column sums.
  private func giveGradients(
    to weight: Parameter, and bias: Parameter, step: Int, from probe: OperationProbe
  ) {
    let size = weight.columns
    let scope = ComputeScope(engine: engine, recording: true)
    let identity = (0..<size * size).map { $0 % (size + 1) == 0 ? Float(1) : 0 }
    let y = scope.linear(
      scope.input(identity, rows: size, columns: size), weight: ParameterSpan(weight),
      bias: ParameterSpan(bias))
    scope.seedGradient(
      of: y, with: probe.hash("upstream \(step)").values(size * weight.rows, scale: 1))
    scope.backward()
  }
}
