import RetortLayers
import RetortOptimization
import RetortRandomness
import Testing

@testable import RetortTensorEngine

/// An embedding of which a step touches few rows is updated as if all its gradient were looked at.
@Suite("Idle rows")
struct IdleRowTests {
  private let engine = Engine(threadCount: 2)
  private let rule = AdamW(
    learningRate: 0, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.1,
    maximumGradientNorm: .infinity)
  // Several blocks of a sweep, whose borders cut rows.
  private let rows = 7000
  private let columns = 24

  private func embedding() -> Parameter {
    let parameter = Parameter(path: "words", kind: .embedding, shape: [rows, columns])
    [parameter].initializeByKind(standardDeviation: 1, seed: 3)
    return parameter
  }

  private func optimizer(
    _ parameter: Parameter, goingOnFrom old: AdamWOptimizer? = nil
  ) -> AdamWOptimizer {
    let optimizer = AdamWOptimizer(rule, parameters: [parameter])
    guard let old else { return optimizer }
    optimizer.stepCount = old.stepCount
    for (new, old) in zip(optimizer.states, old.states) {
      _ = new.firstMoment.values.update(fromContentsOf: old.firstMoment.values)
      _ = new.secondMoment.values.update(fromContentsOf: old.secondMoment.values)
    }
    return optimizer
  }

  @Test("values, moments and the norm have the bits of the dense update, also after a resume")
  func bits() {
    let (sparse, dense) = (embedding(), embedding())
    var (few, all) = (optimizer(sparse), optimizer(dense))
    var stream = RandomStream(seed: 4, name: .synthesis, place: (0, 0))
    for t in 1...40 {
      // Some rows twice; the later steps come back to few of the earlier ones.
      var touched = (0..<30).map { _ in Int32(stream.integer(below: UInt32(rows))) }
      touched.append(touched[0])
      let contribution = touched.withUnsafeBufferPointer {
        sparse.gradientForContribution(rows: $0)
      }
      guard case .rows(let some) = contribution else {
        Issue.record("a contribution of rows alone takes a whole table")
        return
      }
      let (whole, _) = dense.gradientForContribution()
      whole.update(repeating: 0, count: rows * columns)
      for row in touched {
        for column in 0..<columns {
          let value = Float(stream.standardNormal())
          some.row(Int(row))[column] += value
          whole[Int(row) * columns + column] += value
        }
      }
      if t == 20 {
        (few, all) = (optimizer(sparse, goingOnFrom: few), optimizer(dense, goingOnFrom: all))
      }
      #expect(few.gradientNorm(on: engine) == all.gradientNorm(on: engine))
      for optimizer in [few, all] {
        optimizer.step(learningRate: 0.01, gradientScale: 0.5, on: engine)
        for parameter in optimizer.parameters { parameter.clearGradient() }
      }
    }
    #expect(sparse.values.map(\.bitPattern) == dense.values.map(\.bitPattern))
    for (a, b) in zip(few.states, all.states) {
      #expect(a.firstMoment.values.map(\.bitPattern) == b.firstMoment.values.map(\.bitPattern))
      #expect(a.secondMoment.values.map(\.bitPattern) == b.secondMoment.values.map(\.bitPattern))
    }
  }

  @Test("only rows that were never touched are spared")
  func stretches() {
    let parameter = embedding()
    let state = optimizer(parameter).states[0]
    state.secondMoment.values[5 * columns + 3] = 1e-30
    let idle = IdleRows(
      rows: rows, columns: columns, firstMoment: state.firstMoment,
      secondMoment: state.secondMoment)
    let touched: [Int32] = [7, 8]
    _ = touched.withUnsafeBufferPointer { parameter.gradientForContribution(rows: $0) }
    idle.wake(parameter)
    var stretches: [String] = []
    idle.forEachStretch(of: 2 * columns + 1..<9 * columns) { range, idle in
      stretches.append("\(range) \(idle)")
    }
    #expect(
      stretches == [
        "49..<120 true", "120..<144 false", "144..<168 true", "168..<216 false",
      ])
    _ = parameter.gradientForContribution()
    idle.wake(parameter)
    idle.forEachStretch(of: 0..<rows * columns) { #expect($0.count == rows * columns && !$1) }
  }
}
