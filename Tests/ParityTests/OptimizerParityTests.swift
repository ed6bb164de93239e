// AdamW, clipping and schedule against torch 2.4.0, to the last bit: adamw.h5.
import RetortOptimization
import RetortTestSupport
import Testing

@testable import RetortTensorEngine

@Suite("AdamW equals torch's")
struct OptimizerParityTests {
  @Test("100 steps, bit for bit", arguments: ["finetune", "distil"])
  func steps(_ group: String) throws {
    let fixture = try Fixture("adamw.h5")
    let engine = Engine(threadCount: 2)
    func number(_ name: String) throws -> Double { try fixture.number(name, of: group) }
    let decayed = try fixture.text("decayed", of: group).split(separator: "\n").map(String.init)
    let names = fixture.names(in: "\(group)/initial")
    let parameters = try names.map { name in
      Parameter(
        try fixture.floats("\(group)/initial/\(name)"), path: name,
        kind: decayed.contains(name) ? .weight : .bias,
        shape: try #require(fixture.shape("\(group)/initial/\(name)")))
    }
    let gradients = try names.map { try fixture.floats("\(group)/gradients/\($0)") }
    let rates = try fixture.doubles("\(group)/learning_rates")
    let norms = try fixture.floats("\(group)/total_norms")
    let coefficients = try fixture.floats("\(group)/clip_coefficients")
    let schedule = LearningRate(
      peak: try number("learning_rate"), warmupSteps: Int(try number("warmup_steps")),
      totalSteps: Int(try number("total_steps")), schedule: LinearSchedule())
    let clipping = GradientClipping(maximumNorm: try number("max_grad_norm"))
    let optimizer = AdamWOptimizer(
      AdamW(
        learningRate: 0, beta1: try number("beta1"), beta2: try number("beta2"),
        epsilon: try number("epsilon"), weightDecay: try number("weight_decay"),
        maximumGradientNorm: .infinity),
      parameters: parameters)

    for step in 0..<rates.count {
      for (parameter, values) in zip(parameters, gradients) {
        let start = step * parameter.count
        let (pointer, _) = parameter.gradientForContribution()
        for i in 0..<parameter.count { pointer[i] = values[start + i] }
      }
      let rate = schedule.at(step: step)
      #expect(rate == rates[step])
      let norm = optimizer.gradientNorm(on: engine)
      expectClose(
        [norm], [Double(norms[step])],
        Tolerance(relative: 1e-6, absolute: 0, because: "torch's norm is float32"), "norm")
      #expect(clipping.coefficient(norm: Double(norms[step])) == coefficients[step])
      optimizer.step(learningRate: rate, gradientScale: coefficients[step], on: engine)
      for parameter in optimizer.parameters { parameter.clearGradient() }
      if [1, 2, 10, 100].contains(step + 1) {
        for parameter in parameters {
          expectSameBits(
            parameter.valueArray,
            try fixture.floats("\(group)/weights_\(step + 1)/\(parameter.path)"),
            "\(parameter.path) after step \(step + 1)")
        }
      }
    }
    for state in optimizer.states {
      let name = state.parameter.path
      expectSameBits(
        Array(state.firstMoment.values), try fixture.floats("\(group)/first_moment/\(name)"),
        "first moment of \(name)")
      expectSameBits(
        Array(state.secondMoment.values), try fixture.floats("\(group)/second_moment/\(name)"),
        "second moment of \(name)")
    }
  }
}
