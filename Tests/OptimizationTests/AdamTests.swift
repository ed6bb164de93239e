// Adam against torch 2.4.0, to the last bit: adam.h5.
import RetortLayers
import RetortOptimization
import RetortTestSupport
import Testing

@testable import RetortTensorEngine

@Suite("Adam equals torch's")
struct AdamTests {
  @Test("20 steps, bit for bit", arguments: ["l2", "plain"], [1, 3])
  func steps(_ group: String, threads: Int) throws {
    let fixture = try Fixture("adam.h5")
    let engine = Engine(threadCount: threads)
    func number(_ name: String) throws -> Double { try fixture.number(name, of: group) }
    let decayed = try fixture.text("decayed", of: group).split(separator: "\n").map(String.init)
    let names = fixture.names(in: "\(group)/initial")
    let parameters = try names.map { name in
      Parameter(
        try fixture.floats("\(group)/initial/\(name)"), path: name,
        kind: name.hasPrefix("embedding") ? .embedding : decayed.contains(name) ? .weight : .bias,
        shape: try #require(fixture.shape("\(group)/initial/\(name)")))
    }
    let gradients = try names.map { try fixture.floats("\(group)/gradients/\($0)") }
    let rate = try number("learning_rate")
    let optimizer = AdamOptimizer(
      Adam(
        learningRate: rate, beta1: try number("beta1"), beta2: try number("beta2"),
        epsilon: try number("epsilon"), weightDecay: try number("weight_decay"),
        maximumGradientNorm: .infinity), parameters: parameters)
    for step in 0..<20 {
      for (parameter, values) in zip(parameters, gradients) {
        give(parameter, Array(values[step * parameter.count..<(step + 1) * parameter.count]))
      }
      optimizer.step(learningRate: rate, gradientScale: 1, on: engine)
      for parameter in parameters { parameter.clearGradient() }
      guard [1, 2, 20].contains(step + 1) else { continue }
      for parameter in parameters {
        expectSameBits(
          parameter.valueArray,
          try fixture.floats("\(group)/weights_\(step + 1)/\(parameter.path)"),
          "\(parameter.path) after step \(step + 1)")
      }
    }
    for state in Adam.stateNames {
      for (parameter, buffer) in zip(parameters, optimizer.state(named: state)) {
        expectSameBits(
          Array(buffer.values.prefix(parameter.count)),
          try fixture.floats("\(group)/\(state)/\(parameter.path)"), "\(state) of \(parameter.path)"
        )
      }
    }
    #expect(optimizer.stepCount == 20)
  }

  /// An embedding gets the rows that are looked up alone, as in a training.
  private func give(_ parameter: Parameter, _ values: [Float]) {
    guard parameter.kind == .embedding else {
      let (pointer, _) = parameter.gradientForContribution()
      for i in values.indices { pointer[i] = values[i] }
      return
    }
    let touched = (0..<Int32(parameter.rows)).filter { $0 % 3 != 0 }
    touched.withUnsafeBufferPointer {
      guard case .rows(let rows) = parameter.gradientForContribution(rows: $0) else { return }
      for row in touched.map(Int.init) {
        for column in 0..<parameter.columns {
          rows.row(row)[column] = values[row * parameter.columns + column]
        }
      }
    }
  }

  @Test("clipped before the decay; what is frozen or has no gradient is left alone")
  func untouched() {
    let (trained, silent, frozen) = (
      Parameter([1, 1], path: "a", shape: [1, 2]), Parameter([1], path: "b", shape: [1, 1]),
      Parameter([1], path: "c", shape: [1, 1])
    )
    frozen.isTrainable = false
    let optimizer = AdamOptimizer(
      Adam(
        learningRate: 0, beta1: 0.5, beta2: 0.5, epsilon: 1e-8, weightDecay: 0.25,
        maximumGradientNorm: .infinity), parameters: [trained, silent, frozen])
    #expect(optimizer.parameters.map(\.path) == ["a", "b"])
    give(trained, [2, -2])
    optimizer.step(learningRate: 0.125, gradientScale: 0.5, on: Engine(threadCount: 2))
    // g = 0.5 · (±2) + 0.25 · 1; the first moment is half of it.
    #expect(Array(optimizer.state(named: "first_moment")[0].values.prefix(2)) == [0.625, -0.375])
    #expect(silent.valueArray == [1] && frozen.valueArray == [1])
    #expect(trained.values[0] < 1 && trained.values[1] > 1)
  }
}
