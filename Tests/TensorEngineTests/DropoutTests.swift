import RetortTensorEngine
import RetortTestSupport
import Testing

@Suite struct DropoutTests {
  private let layout = SequenceLayout(offsets: [0, 3, 4, 40])
  private let source = CounterDropout(seed: 11, step: 4, microBatch: 2)

  @Test(
    "kept units are scaled, dropped ones are zero, and gradients go the same way",
    arguments: [1, 15, 16, 24, 100, 384], [0.1, 0.5] as [Double])
  func outputAndGradient(columns: Int, probability: Double) {
    var random = RandomInputs(columns)
    let site = DropoutSite(index: 2, probability: probability)
    let x = random.normal(40 * columns)
    let upstream = random.normal(40 * columns)
    let scope = usedScope(Engine(threadCount: 2))
    let input = scope.input(x, rows: 40, columns: columns, differentiable: true)
    let y = scope.dropout(
      input, site: site, placement: layout.placement, mode: .training(dropout: source))
    let output = y.copyValues()
    scope.seedGradient(of: y, with: upstream)
    scope.backward()
    let gradient = scope.gradientValues(of: input) ?? []

    let factors = (0..<40).flatMap { row in
      dropoutFactors(
        source, site, sequence: Int(layout.placement.sequences[row]),
        position: Int(layout.placement.positions[row]), count: columns)
    }
    let tolerance = Tolerance(relative: 2e-7, absolute: 0, because: "one rounding of 1/(1-p)")
    expectClose(
      output, Reference.product(Matrix(40, columns, x), factors: factors).values, tolerance, "y")
    expectClose(
      gradient, Reference.product(Matrix(40, columns, upstream), factors: factors).values,
      tolerance, "∂x")
    for i in output.indices { #expect((output[i] == 0) == (gradient[i] == 0)) }
  }

  @Test("nothing is dropped in inference, nor at probability zero")
  func identity() {
    let scope = usedScope(Engine(threadCount: 1))
    let x = scope.input([1, 2, 3], rows: 1, columns: 3)
    let placement = SequenceLayout(offsets: [0, 1]).placement
    let site = DropoutSite(index: 0, probability: 0.5)
    let never = DropoutSite(index: 0, probability: 0)
    #expect(
      scope.dropout(x, site: site, placement: placement, mode: .inference).copyValues() == [
        1, 2, 3,
      ])
    #expect(
      scope.dropout(x, site: never, placement: placement, mode: .training(dropout: source))
        .copyValues() == [1, 2, 3])
  }

  @Test("a row's mask is the same among all rows, in a selection and in another batch")
  func maskFollowsTheText() {
    let site = DropoutSite(index: 2, probability: 0.3)
    func mask(_ placement: RowPlacement) -> [Float] {
      let rows = placement.sequences.count
      let scope = usedScope(Engine(threadCount: 2), recording: false)
      let ones = scope.input(
        [Float](repeating: 1, count: rows * 50), rows: rows, columns: 50)
      return scope.dropout(
        ones, site: site, placement: placement, mode: .training(dropout: source)
      ).copyValues()
    }
    let all = mask(layout.placement)
    let selection = RowSelection(layout: layout, rows: [1, 3, 4, 21, 39])
    #expect(mask(selection.placement) == rows(selection.rows, of: all, width: 50))
    #expect(mask(layout.firstRows.placement) == rows([0, 3, 4], of: all, width: 50))
    // The third sequence longer: its first rows keep their masks.
    let longer = SequenceLayout(offsets: [0, 3, 4, 60])
    #expect(Array(mask(longer.placement).prefix(all.count)) == all)
  }
}
