import RetortTensorEngine
import RetortTestSupport
import Testing

@Suite struct AttentionTests {
  enum Rows: Sendable { case every, first, some([Int32]) }

  struct Case: CustomTestStringConvertible, Sendable {
    var lengths: [Int]
    var headCount: Int
    var headSize: Int
    var rows = Rows.every
    var dropout: Double = 0
    var samples = 24
    var testDescription: String {
      "lengths \(lengths), \(headCount) heads of \(headSize), rows \(rows), dropout \(dropout)"
    }
    var hiddenSize: Int { headCount * headSize }
    var tokens: Int { lengths.reduce(0, +) }
    var layout: SequenceLayout {
      SequenceLayout(offsets: lengths.reduce(into: [0]) { $0.append(($0.last ?? 0) + Int32($1)) })
    }
    var selection: RowSelection {
      switch rows {
      case .every: layout.allRows
      case .first: layout.firstRows
      case .some(let rows): RowSelection(layout: layout, rows: rows)
      }
    }
  }

  static let cases: [Case] = [
    Case(lengths: [1], headCount: 4, headSize: 8),
    Case(lengths: [17], headCount: 2, headSize: 32),
    Case(lengths: [6, 6], headCount: 2, headSize: 64),
    Case(lengths: [1, 5, 13, 2, 31], headCount: 4, headSize: 8),
    Case(lengths: [1, 5, 13, 2, 31], headCount: 2, headSize: 12),
    Case(lengths: [5, 13, 16], headCount: 3, headSize: 32),
    Case(lengths: [5, 13, 2], headCount: 1, headSize: 64),
    Case(lengths: [3, 1, 9], headCount: 2, headSize: 5),
    Case(lengths: [1, 1, 70, 1], headCount: 2, headSize: 8),
    Case(lengths: [512], headCount: 1, headSize: 8, samples: 4),
    Case(lengths: [7, 16, 40], headCount: 2, headSize: 8, dropout: 0.1),
    Case(lengths: [1, 1, 70, 1], headCount: 3, headSize: 12, dropout: 0.5),
    // The first rows alone, as the last layer of a classifier reads them.
    Case(lengths: [1, 5, 13, 2, 31], headCount: 4, headSize: 8, rows: .first),
    Case(lengths: [9, 33], headCount: 2, headSize: 12, rows: .first, dropout: 0.1),
    // Any rows; sequences 1 and 3 have none.
    Case(
      lengths: [6, 5, 13, 2, 31], headCount: 2, headSize: 8,
      rows: .some([0, 3, 11, 12, 23, 26, 56])),
    Case(
      lengths: [6, 5, 13, 2, 31], headCount: 2, headSize: 8,
      rows: .some([1, 2, 13, 40, 55]), dropout: 0.3),
    Case(lengths: [4, 5, 6], headCount: 2, headSize: 8, rows: .some([14])),
    Case(lengths: [4, 512], headCount: 2, headSize: 8, rows: .some([7, 300, 515])),
  ]

  private let tolerance = Tolerance(
    relative: 2e-5, absolute: 5e-6,
    because: "softmax of float32 dot products of up to 64 terms, of size 1")

  @Test("output and gradients", arguments: cases)
  func outputAndGradients(case: Case) {
    let (size, layout, selection) = (`case`.hiddenSize, `case`.layout, `case`.selection)
    var random = RandomInputs(`case`.tokens * 100 + size)
    let q = random.normal(selection.count * size)
    let kv = random.normal(layout.tokenCount * 2 * size)
    let upstream = random.normal(selection.count * size)
    let source = CounterDropout(seed: 7, step: 3, microBatch: 1)
    let site = DropoutSite(index: 5, probability: `case`.dropout)

    // Keys and values are ranges of one tensor, as a fused projection makes them.
    let scope = usedScope(Engine(threadCount: 2))
    let queries = scope.input(q, rows: selection.count, columns: size, differentiable: true)
    let others = scope.input(
      kv, rows: layout.tokenCount, columns: 2 * size, differentiable: true)
    let o = scope.attention(
      queries: TensorColumns(queries), keys: TensorColumns(others),
      values: TensorColumns(others, from: size), layout: layout, selection: selection,
      headCount: `case`.headCount, headSize: `case`.headSize, site: site,
      mode: .training(dropout: source))

    func reference(_ m: [Matrix]) -> Matrix {
      let (k, v) = halves(m[1])
      return Reference.attention(
        query: m[0], key: k, value: v, offsets: layout.offsets, rows: selection.rows,
        headCount: `case`.headCount,
        dropout: `case`.dropout == 0
          ? nil
          : { n, head, position in
            dropoutFactors(
              source, site, sequence: n, head: head, headCount: `case`.headCount,
              position: position, count: layout.length(of: n))
          })
    }
    let inputs = [
      Matrix(selection.count, size, q), Matrix(layout.tokenCount, 2 * size, kv),
    ]
    expectClose(
      o.copyValues(), rows: o.rows, columns: o.columns, reference(inputs), tolerance, "o")

    scope.seedGradient(of: o, with: upstream)
    scope.backward()
    let weights = Matrix(selection.count, size, upstream)
    var check = GradientCheck(at: inputs) { reference($0).projected(on: weights) }
    check.sampleCount = `case`.samples
    if `case`.lengths != [1] {
      check.expect(scope.gradientValues(of: queries) ?? [], ofInput: 0, tolerance, "∂q")
    }
    check.expect(scope.gradientValues(of: others) ?? [], ofInput: 1, tolerance, "∂k, ∂v")
  }

  @Test("queries, keys and values as ranges of one tensor give the bits of separate ones")
  func fusedProjection() {
    let layout = SequenceLayout(offsets: [0, 5, 18, 19])
    let size = 24
    var random = RandomInputs(11)
    let qkv = random.normal(19 * 3 * size)
    let upstream = random.normal(19 * size)
    let engine = Engine(threadCount: 2)
    let mode = ForwardMode.training(dropout: CounterDropout(seed: 1, step: 1, microBatch: 0))

    func run(_ make: (ComputeScope) -> [TensorColumns]) -> (o: [Float], g: [[Float]]) {
      let scope = usedScope(engine)
      let parts = make(scope)
      let o = scope.attention(
        queries: parts[0], keys: parts[1], values: parts[2], layout: layout,
        selection: layout.allRows, headCount: 2, headSize: 12,
        site: DropoutSite(index: 0, probability: 0.2), mode: mode)
      scope.seedGradient(of: o, with: upstream)
      scope.backward()
      return (
        o.copyValues(),
        parts.map { column in
          columns(
            column.start..<column.start + size,
            of: scope.gradientValues(of: column.tensor) ?? [], width: column.tensor.columns)
        }
      )
    }
    let fused = run { scope in
      let tensor = scope.input(qkv, rows: 19, columns: 3 * size, differentiable: true)
      return [0, 1, 2].map { TensorColumns(tensor, from: $0 * size) }
    }
    let separate = run { scope in
      [0, 1, 2].map { part in
        let values = columns(part * size..<(part + 1) * size, of: qkv, width: 3 * size)
        return TensorColumns(scope.input(values, rows: 19, columns: size, differentiable: true))
      }
    }
    expectSameBits(fused.o, separate.o, "o")
    for (name, i) in [("∂q", 0), ("∂k", 1), ("∂v", 2)] {
      expectSameBits(fused.g[i], separate.g[i], name)
    }
  }

  @Test(
    "rows of a selection are those of all rows, dropout included", arguments: [0, 0.25])
  func selectionEqualsAll(probability: Double) {
    let layout = SequenceLayout(offsets: [0, 6, 11, 24, 26, 57])
    let selection = RowSelection(layout: layout, rows: [0, 3, 11, 12, 23, 26, 56])
    let size = 16
    var random = RandomInputs(12)
    let q = random.normal(57 * size)
    let kv = random.normal(57 * 2 * size)
    let mode = ForwardMode.training(dropout: CounterDropout(seed: 1, step: 9, microBatch: 0))
    let engine = Engine(threadCount: 2)
    func output(_ selection: RowSelection) -> [Float] {
      let scope = ComputeScope(engine: engine, recording: false)
      let selected = rows(selection.rows, of: q, width: size)
      let others = scope.input(kv, rows: 57, columns: 2 * size)
      return scope.attention(
        queries: TensorColumns(scope.input(selected, rows: selection.count, columns: size)),
        keys: TensorColumns(others), values: TensorColumns(others, from: size), layout: layout,
        selection: selection, headCount: 2, headSize: 8,
        site: DropoutSite(index: 4, probability: probability), mode: mode
      ).copyValues()
    }
    let all = output(layout.allRows)
    expectClose(
      output(selection), rows(selection.rows, of: all, width: size),
      Tolerance(
        relative: 1e-6, absolute: 1e-6, because: "OpenBLAS rounds products of fewer rows otherwise")
    )
  }

  @Test("moving all keys of a sequence alike changes nothing, so their gradients add up to zero")
  func keyShiftInvariance() {
    let layout = SequenceLayout(offsets: [0, 7, 20])
    var random = RandomInputs(13)
    let scope = usedScope(Engine(threadCount: 2))
    let tensors = (0..<3).map { _ in
      scope.input(random.normal(20 * 16), rows: 20, columns: 16, differentiable: true)
    }
    let o = scope.attention(
      queries: TensorColumns(tensors[0]), keys: TensorColumns(tensors[1]),
      values: TensorColumns(tensors[2]), layout: layout, selection: layout.allRows, headCount: 2,
      headSize: 8, site: DropoutSite(index: 0, probability: 0), mode: .inference)
    scope.seedGradient(of: o, with: random.normal(20 * 16))
    scope.backward()
    let gradient = Matrix(20, 16, scope.gradientValues(of: tensors[1]) ?? [])
    for n in 0..<2 {
      let tokens = Int(layout.offsets[n])..<Int(layout.offsets[n + 1])
      let sums = (0..<16).map { c in tokens.reduce(0.0) { $0 + gradient[$1, c] } }
      expectZero(sums.map(Float.init), within: 2e-6, because: "rounding of 13 float32 terms of 0.1")
    }
  }

  @Test("scores far beyond float32's exponentials neither overflow nor vanish")
  func extremeScores() {
    let layout = SequenceLayout(offsets: [0, 3])
    let scope = usedScope(Engine(threadCount: 1))
    let q = scope.input([400, 400, 400], rows: 3, columns: 1, differentiable: true)
    let k = scope.input([-300, 2, 300], rows: 3, columns: 1, differentiable: true)
    let v = scope.input([5, 7, 11], rows: 3, columns: 1, differentiable: true)
    let o = scope.attention(
      queries: TensorColumns(q), keys: TensorColumns(k), values: TensorColumns(v),
      layout: layout, selection: layout.allRows, headCount: 1, headSize: 1,
      site: DropoutSite(index: 0, probability: 0), mode: .inference)
    #expect(o.copyValues() == [11, 11, 11])
    scope.seedGradient(of: o, with: [1, 1, 1])
    scope.backward()
    #expect(scope.gradientValues(of: v) == [0, 0, 3])
    #expect(scope.gradientValues(of: k) == [0, 0, 0])
  }

  private func halves(_ m: Matrix) -> (Matrix, Matrix) {
    let size = m.columns / 2
    func part(_ range: Range<Int>) -> Matrix {
      Matrix(m.rows, size, columns(range, of: m.values, width: m.columns))
    }
    return (part(0..<size), part(size..<2 * size))
  }
}
