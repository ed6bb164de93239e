// The sweep that optimizers are written with: every value once, whatever the gradient looks like.
import RetortTestSupport
import Testing

@testable import RetortTensorEngine

@Suite("Sweeps of an optimizer")
struct UpdateSweepTests {
  @Test(
    "values, gradients and states of whole and of row gradients; none without a gradient",
    arguments: [1, 3])
  func everyValue(threads: Int) {
    let engine = Engine(threadCount: threads)
    // Several blocks, whose borders cut rows.
    let table = Parameter(path: "table", kind: .embedding, shape: [5000, 24])
    let weight = Parameter(path: "weight", kind: .weight, shape: [37, 19])
    let silent = Parameter(path: "silent", kind: .bias, shape: [5])
    let all = [table, weight, silent]
    for parameter in all { parameter.values.update(repeating: 1) }
    let touched: [Int32] = [3, 4999]
    touched.withUnsafeBufferPointer {
      guard case .rows(let rows) = table.gradientForContribution(rows: $0) else { return }
      for row in touched {
        for column in 0..<24 { rows.row(Int(row))[column] = Float(column) }
      }
    }
    let (gradient, _) = weight.gradientForContribution()
    for i in 0..<weight.count { gradient[i] = Float(i) }
    let states = all.map { AlignedBuffer(count: $0.count) }
    engine.update(
      zip(all, states).map { ParameterUpdate(parameter: $0, states: [$1]) }
    ) { stretch in
      let state = stretch.state(0)
      for i in 0..<stretch.count {
        state[i] += stretch.gradient[i]
        stretch.values[i] -= Float(stretch.update + 1) * stretch.gradient[i]
      }
    }
    #expect(silent.values.allSatisfy { $0 == 1 })
    #expect(weight.values.indices.allSatisfy { weight.values[$0] == 1 - 2 * Float($0) })
    #expect(states[1].values.indices.allSatisfy { states[1].values[$0] == Float($0) })
    for i in table.values.indices {
      let expected = touched.contains(Int32(i / 24)) ? Float(i % 24) : 0
      #expect(table.values[i] == 1 - expected && states[0].values[i] == expected)
    }
  }
}
