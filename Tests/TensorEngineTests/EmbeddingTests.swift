import RetortTensorEngine
import RetortTestSupport
import Testing

@Suite struct EmbeddingTests {
  private let tolerance = Tolerance(
    relative: 1e-6, absolute: 1e-6, because: "float32 sums of a few rows")

  enum Types: CaseIterable { case absent, single, pairs }

  @Test("output and gradients", arguments: [24, 100, 384], Types.allCases)
  func outputAndGradients(columns: Int, kind: Types) {
    let offsets: [Int32] = [0, 1, 6, 19, 21]
    let hasTypes = kind != .absent
    // A single text, a pair, one whose second text begins at once, a single text.
    let layout = SequenceLayout(
      offsets: offsets, secondStarts: kind == .pairs ? [1, 3, 0, 2] : nil)
    let typeIDs = (0..<21).map { kind == .pairs && (4..<19).contains($0) ? 1 : 0 }
    var random = RandomInputs(columns)
    var ids = random.integers(21, below: 50)
    for t in 1..<5 { ids[t] = ids[0] }  // a word that occurs often: its gradient is a sum
    let words = Parameter(random.normal(50 * columns), kind: .embedding, shape: [50, columns])
    let positions = Parameter(random.normal(16 * columns), kind: .embedding, shape: [16, columns])
    let types = Parameter(random.normal(2 * columns), kind: .embedding, shape: [2, columns])
    let upstream = random.normal(21 * columns)

    let scope = usedScope(Engine(threadCount: 2))
    let y = scope.embedding(
      tokenIDs: ids, layout: layout, words: words, positions: positions,
      tokenTypes: hasTypes ? types : nil, paddingID: nil)
    func reference(_ m: [Matrix]) -> Matrix {
      Reference.embedding(
        ids: ids, offsets: offsets, words: m[0], positions: m[1], types: hasTypes ? m[2] : nil,
        typeIDs: typeIDs)
    }
    let inputs = [
      Matrix(50, columns, words.valueArray), Matrix(16, columns, positions.valueArray),
      Matrix(2, columns, types.valueArray),
    ]
    expectClose(
      y.copyValues(), rows: y.rows, columns: y.columns, reference(inputs), tolerance, "y")
    scope.seedGradient(of: y, with: upstream)
    scope.backward()
    let weights = Matrix(21, columns, upstream)
    let check = GradientCheck(at: inputs) { reference($0).projected(on: weights) }
    check.expect(words.gradientArray, ofInput: 0, tolerance, "∂words")
    check.expect(positions.gradientArray, ofInput: 1, tolerance, "∂positions")
    if hasTypes {
      check.expect(types.gradientArray, ofInput: 2, tolerance, "∂types")
    } else {
      #expect(types.gradientValues() == nil)
    }
  }

  @Test("what is frozen gets no gradient", arguments: 0..<8)
  func frozen(which: Int) {
    let layout = SequenceLayout(offsets: [0, 2])
    let tables = (0..<3).map { Parameter(path: "\($0)", kind: .embedding, shape: [2, 4]) }
    for i in 0..<3 { tables[i].isTrainable = which >> i & 1 == 0 }
    let scope = usedScope(Engine(threadCount: 1))
    let y = scope.embedding(
      tokenIDs: [1, 1], layout: layout, words: tables[0], positions: tables[1],
      tokenTypes: tables[2], paddingID: nil)
    scope.seedGradient(of: y, with: [Float](repeating: 1, count: 8))
    scope.backward()
    let expected: [[Float]] = [
      [0, 0, 0, 0, 2, 2, 2, 2], [1, 1, 1, 1, 1, 1, 1, 1], [2, 2, 2, 2, 0, 0, 0, 0],
    ]
    for i in 0..<3 {
      #expect(tables[i].gradientValues() == (which >> i & 1 == 0 ? expected[i] : nil))
    }
  }

  @Test("the padding word is looked up, and gets no gradient from it; its neighbours do")
  func padding() {
    var random = RandomInputs(7)
    let ids: [Int32] = [3, 0, 2, 0, 3]
    let layout = SequenceLayout(offsets: [0, 2, 5])
    let words = Parameter(random.normal(4 * 24), kind: .embedding, shape: [4, 24])
    let positions = Parameter(random.normal(8 * 24), kind: .embedding, shape: [8, 24])
    let upstream = random.normal(5 * 24)
    func gradients(paddingID: Int32?) -> (output: [Float], words: [Float], positions: [Float]) {
      for table in [words, positions] { table.clearGradient() }
      let scope = usedScope(Engine(threadCount: 2))
      let y = scope.embedding(
        tokenIDs: ids, layout: layout, words: words, positions: positions, tokenTypes: nil,
        paddingID: paddingID)
      let output = y.copyValues()
      scope.seedGradient(of: y, with: upstream)
      scope.backward()
      return (output, words.gradientArray, positions.gradientArray)
    }
    let (with, without) = (gradients(paddingID: 0), gradients(paddingID: nil))
    #expect(with.output == without.output && with.positions == without.positions)
    #expect(
      rows([1, 2, 3], of: with.words, width: 24) == rows([1, 2, 3], of: without.words, width: 24))
    expectZero(rows([0], of: with.words, width: 24), within: 0, because: "the padding word")
    #expect(rows([0], of: without.words, width: 24).allSatisfy { $0 != 0 })
  }
}
