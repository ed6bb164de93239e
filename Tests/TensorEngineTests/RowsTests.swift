import RetortTensorEngine
import RetortTestSupport
import Testing

@Suite struct RowsTests {
  @Test("rows come out in their order; gradients go back to them and nowhere else")
  func outputAndGradient() {
    var random = RandomInputs(1)
    let x = random.normal(9 * 100)
    let chosen: [Int32] = [0, 4, 5, 8]
    let upstream = random.normal(4 * 100)
    let scope = usedScope(Engine(threadCount: 2))
    let input = scope.input(x, rows: 9, columns: 100, differentiable: true)
    let y = scope.rows(chosen, of: input)
    #expect(y.copyValues() == rows(chosen, of: x, width: 100))
    scope.seedGradient(of: y, with: upstream)
    scope.backward()
    let gradient = scope.gradientValues(of: input) ?? []
    #expect(rows(chosen, of: gradient, width: 100) == upstream)
    expectZero(
      rows([1, 2, 3, 6, 7], of: gradient, width: 100), within: 0, because: "rows not chosen")
  }

  @Test("contributions of several selections add up")
  func severalSelections() {
    let scope = usedScope(Engine(threadCount: 1))
    let input = scope.input([1, 2, 3, 4], rows: 4, columns: 1, differentiable: true)
    let first = scope.rows([0, 2], of: input)
    let second = scope.rows([2, 3], of: input)
    scope.seedGradient(of: first, with: [10, 20])
    scope.seedGradient(of: second, with: [1, 2])
    scope.backward()
    #expect(scope.gradientValues(of: input) == [10, 0, 21, 2])
  }
}
