import RetortTensorEngine
import RetortTestSupport
import Testing

/// Gradients of embedding tables are zero but for a few rows, and the engine zeroes only the rows it
/// wrote the last time: whatever came before, nothing may be left over.
@Suite struct ParameterTests {
  private let engine = Engine(threadCount: 2)

  /// Adds a contribution of one row a token, each of ones times `value`.
  private func contributeRows(_ ids: [Int32], _ value: Float, to table: Parameter) {
    let layout = SequenceLayout(offsets: [0, Int32(ids.count)])
    let positions = Parameter(path: "positions", kind: .embedding, shape: [8, table.columns])
    let scope = ComputeScope(engine: engine, recording: true)
    let y = scope.embedding(
      tokenIDs: ids, layout: layout, words: table, positions: positions, tokenTypes: nil,
      paddingID: nil)
    scope.seedGradient(
      of: y, with: [Float](repeating: value, count: ids.count * table.columns))
    scope.backward()
  }

  /// Adds a contribution to every row, `value` times one.
  private func contributeDense(_ value: Float, to table: Parameter) {
    let scope = ComputeScope(engine: engine, recording: true)
    let x = scope.input(
      [Float](repeating: 1, count: table.columns), rows: 1, columns: table.columns)
    let y = scope.linear(x, weight: ParameterSpan(table), bias: nil)
    scope.seedGradient(of: y, with: [Float](repeating: value, count: table.rows))
    scope.backward()
  }

  private func table(_ rows: Int = 6) -> Parameter {
    Parameter(path: "table", kind: .embedding, shape: [rows, 3])
  }

  /// The gradient's first column, and a check that its others are equal to it.
  private func rowValues(_ table: Parameter) -> [Float] {
    let gradient = table.gradientArray
    #expect(columns(1..<2, of: gradient, width: 3) == columns(0..<1, of: gradient, width: 3))
    #expect(columns(2..<3, of: gradient, width: 3) == columns(0..<1, of: gradient, width: 3))
    return columns(0..<1, of: gradient, width: 3)
  }

  @Test("no gradient before the first contribution and after clearing")
  func presence() {
    let table = table()
    #expect(table.gradientValues() == nil && !table.hasGradient)
    contributeRows([1], 1, to: table)
    #expect(table.gradientValues() != nil && table.hasGradient)
    table.clearGradient()
    #expect(table.gradientValues() == nil && !table.hasGradient)
  }

  @Test("rows of several steps: only the last step's are left")
  func rowsOverSteps() {
    let table = table()
    contributeRows([1, 3, 3], 1, to: table)
    #expect(rowValues(table) == [0, 1, 0, 2, 0, 0])
    table.clearGradient()
    contributeRows([0, 3], 10, to: table)
    #expect(rowValues(table) == [10, 0, 0, 10, 0, 0])
    table.clearGradient()
    contributeRows([5], 7, to: table)
    #expect(rowValues(table) == [0, 0, 0, 0, 0, 7])
  }

  @Test("rows of two micro-batches add up, and are all gone in the next step")
  func rowsOverMicroBatches() {
    let table = table()
    contributeRows([1, 3], 1, to: table)
    contributeRows([3, 4], 10, to: table)
    #expect(rowValues(table) == [0, 1, 0, 11, 10, 0])
    table.clearGradient()
    contributeRows([2], 5, to: table)
    #expect(rowValues(table) == [0, 0, 5, 0, 0, 0])
  }

  @Test("a dense contribution alone leaves nothing behind for the rows of the next step")
  func denseThenRows() {
    let table = table()
    contributeDense(3, to: table)
    #expect(rowValues(table) == [3, 3, 3, 3, 3, 3])
    table.clearGradient()
    contributeRows([2], 5, to: table)
    #expect(rowValues(table) == [0, 0, 5, 0, 0, 0])
  }

  @Test("tied: a dense contribution and rows in one step, in either order, step after step")
  func tied() {
    let table = table()
    for _ in 0..<2 {
      contributeDense(3, to: table)
      contributeRows([2, 2], 5, to: table)
      #expect(rowValues(table) == [3, 3, 13, 3, 3, 3])
      table.clearGradient()
      contributeRows([4], 1, to: table)
      contributeDense(3, to: table)
      #expect(rowValues(table) == [3, 3, 3, 3, 4, 3])
      table.clearGradient()
    }
    contributeRows([0], 5, to: table)
    #expect(rowValues(table) == [5, 0, 0, 0, 0, 0])
    contributeRows([1], 5, to: table)
    #expect(rowValues(table) == [5, 5, 0, 0, 0, 0])
    table.clearGradient()
    contributeRows([3], 5, to: table)
    #expect(rowValues(table) == [0, 0, 0, 5, 0, 0])
  }

  @Test("adjacent parameters are one matrix in memory, each with its own path and shape")
  func contiguous() {
    let parameters = Parameter.contiguous([("a", .weight, [2, 3]), ("b", .bias, [4, 3])])
    parameters[0].set([1, 2, 3, 4, 5, 6])
    parameters[1].set((7...18).map(Float.init))
    #expect(ParameterSpan(contiguous: parameters).rows == 6)
    #expect(parameters.map(\.path) == ["a", "b"] && parameters.map(\.count) == [6, 12])
    #expect(parameters.map(\.kind) == [.weight, .bias])
    let both = (0..<2).flatMap { parameters[$0].valueArray }
    #expect(both == (1...18).map(Float.init))
    #expect(
      parameters[0].values.baseAddress.map { $0 + 6 } == parameters[1].values.baseAddress)
  }

  @Test("large parameters are zeroed at first and aligned to a page")
  func memory() {
    let parameter = Parameter(path: "p", kind: .weight, shape: [1200, 700])
    #expect(parameter.values.allSatisfy { $0 == 0 })
    #expect(UInt(bitPattern: parameter.values.baseAddress) % 4096 == 0)
  }
}
