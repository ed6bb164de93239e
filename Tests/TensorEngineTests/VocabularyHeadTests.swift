import RetortTensorEngine
import RetortTestSupport
import Testing

@Suite struct VocabularyHeadTests {
  enum Objectives: String, CaseIterable, Sendable {
    case divergenceOnAllRows, divergenceOnMaskedRows, labelsOnly, both, labelsFirst
  }

  struct Case: CustomTestStringConvertible, Sendable {
    var rows: Int
    var vocabulary: Int
    var columns = 24
    var objectives: Objectives
    var samples = 12
    var testDescription: String { "\(rows) rows, \(vocabulary) words, \(objectives)" }
  }

  /// Rows around the borders of chunks (one up to 512, then 256 each), words around those of vectors and tiles.
  static let cases: [Case] =
    Objectives.allCases.map { Case(rows: 23, vocabulary: 301, objectives: $0) }
    + [1, 256, 512, 513, 700].map {
      Case(rows: $0, vocabulary: 67, objectives: .both, samples: 5)
    }
    + [
      Case(rows: 1, vocabulary: 301, objectives: .divergenceOnAllRows),
      Case(rows: 9, vocabulary: 1600, objectives: .both, samples: 6),
      Case(rows: 5, vocabulary: 8, columns: 200, objectives: .both),
    ]

  private let temperature = 2.0
  private let divergenceWeight = 5.0
  private let labelWeight = 2.0

  @Test("values and gradients", arguments: cases)
  func valuesAndGradients(case: Case) {
    let (rows, vocabulary, columns) = (`case`.rows, `case`.vocabulary, `case`.columns)
    var random = RandomInputs(rows * 10_000 + vocabulary)
    let x = random.normal(rows * columns)
    let decoder = Parameter(
      random.normal(vocabulary * columns, scale: 0.4), shape: [vocabulary, columns])
    let bias = Parameter(random.normal(vocabulary, scale: 0.5), kind: .bias, shape: [vocabulary])
    let teacherColumns = 40
    let teacherX = random.normal(rows * teacherColumns)
    let teacherDecoder = Parameter(
      random.normal(vocabulary * teacherColumns, scale: 0.3), shape: [vocabulary, teacherColumns])
    let teacherBias = Parameter(random.normal(vocabulary), kind: .bias, shape: [vocabulary])
    // Every third row is masked, the last chunk's too; a single row is.
    var labels = random.integers(rows, below: vocabulary)
    for row in 0..<rows where row % 3 != 0 { labels[row] = -1 }
    let masked = labels.map { $0 >= 0 }
    let maskedCount = masked.count { $0 }

    let onlyMasked = `case`.objectives == .divergenceOnMaskedRows
    let divergenceScale = divergenceWeight / Double(onlyMasked ? maskedCount : rows)
    let labelScale = labelWeight / Double(maskedCount)
    let divergence = WeightedObjective(
      SoftTargetObjective(.hinton(temperature: Float(temperature))), gradientScale: divergenceScale,
      rowWeights: onlyMasked ? masked.map { $0 ? 1 : 0 } : nil)
    let language = WeightedObjective(
      MaskedLanguageObjective(labels: labels), gradientScale: labelScale)
    let objectives: [WeightedObjective] =
      switch `case`.objectives {
      case .divergenceOnAllRows, .divergenceOnMaskedRows: [divergence]
      case .labelsOnly: [language]
      case .both: [divergence, language]
      case .labelsFirst: [language, divergence]
      }

    let scope = usedScope(Engine(threadCount: 2))
    let hidden = scope.input(x, rows: rows, columns: columns, differentiable: true)
    let teacher = TeacherVocabulary(
      hidden: scope.input(teacherX, rows: rows, columns: teacherColumns), decoder: teacherDecoder,
      bias: teacherBias)
    let totals = scope.vocabularyHead(
      hidden: hidden, decoder: decoder, bias: bias,
      teacher: `case`.objectives == .labelsOnly ? nil : teacher, objectives: objectives)

    let teacherLogits = Reference.linear(
      Matrix(rows, teacherColumns, teacherX),
      weight: Matrix(vocabulary, teacherColumns, teacherDecoder.valueArray),
      bias: Matrix(1, vocabulary, teacherBias.valueArray))
    let maskedRows = (0..<rows).filter { masked[$0] }.map(Int32.init)
    /// Sums over the rows of each objective, in the order given, and their weighted sum.
    func reference(_ m: [Matrix]) -> (sums: [Double], weighted: Double) {
      let logits = Reference.linear(m[0], weight: m[1], bias: m[2])
      let chosen = onlyMasked ? maskedRows : (0..<Int32(rows)).map { $0 }
      func divergenceSum() -> Double {
        Reference.softTargetDivergence(
          Reference.rows(chosen, of: logits), Reference.rows(chosen, of: teacherLogits),
          temperature: temperature
        ).reduce(0, +)
      }
      func labelSum() -> Double {
        Reference.crossEntropy(
          Reference.rows(maskedRows, of: logits), labels: labels.filter { $0 >= 0 }
        ).reduce(0, +)
      }
      switch `case`.objectives {
      case .divergenceOnAllRows, .divergenceOnMaskedRows:
        let sum = divergenceSum()
        return ([sum], sum * divergenceScale)
      case .labelsOnly:
        let sum = labelSum()
        return ([sum], sum * labelScale)
      case .both, .labelsFirst:
        let (d, l) = (divergenceSum(), labelSum())
        return (
          `case`.objectives == .both ? [d, l] : [l, d], d * divergenceScale + l * labelScale
        )
      }
    }
    let inputs = [
      Matrix(rows, columns, x), Matrix(vocabulary, columns, decoder.valueArray),
      Matrix(1, vocabulary, bias.valueArray),
    ]
    expectClose(
      totals, reference(inputs).sums,
      Tolerance(
        relative: 1e-5, absolute: 1e-5, because: "float32 logits and sums of exponentials"),
      "sums")

    // Every row's gradient carries the weight over the number of rows.
    let tolerance = Tolerance(
      relative: 2e-5, absolute: 1e-5 / Double(rows).squareRoot(),
      because: "float32 softmax of float32 logits")
    var check = GradientCheck(at: inputs) { reference($0).weighted }
    check.sampleCount = `case`.samples
    check.expect(scope.gradientValues(of: hidden) ?? [], ofInput: 0, tolerance, "∂x")
    check.expect(decoder.gradientArray, ofInput: 1, tolerance, "∂W")
    check.expect(bias.gradientArray, ofInput: 2, tolerance, "∂b")
    #expect(teacherDecoder.gradientValues() == nil && teacherBias.gradientValues() == nil)
  }

  @Test("rows without an objective get no gradient")
  func untouchedRows() {
    var random = RandomInputs(1)
    let decoder = Parameter(random.normal(50 * 8), shape: [50, 8])
    let bias = Parameter(random.normal(50), shape: [50])
    let scope = usedScope(Engine(threadCount: 2))
    let hidden = scope.input(random.normal(5 * 8), rows: 5, columns: 8, differentiable: true)
    _ = scope.vocabularyHead(
      hidden: hidden, decoder: decoder, bias: bias,
      objectives: [
        WeightedObjective(MaskedLanguageObjective(labels: [-1, 7, -1, -1, 49]), gradientScale: 1)
      ])
    let gradient = scope.gradientValues(of: hidden) ?? []
    expectZero(rows([0, 2, 3], of: gradient, width: 8), within: 0, because: "no label")
    #expect(rows([1, 4], of: gradient, width: 8).allSatisfy { $0 != 0 })
  }

  @Test("what is frozen gets no gradient, the rest gets its own", arguments: 0..<8)
  func frozen(which: Int) {
    var random = RandomInputs(2)
    let (w, b, x) = (random.normal(50 * 8), random.normal(50), random.normal(5 * 8))
    func gradients(_ frozen: Int) -> [[Float]?] {
      let (decoder, bias) = (Parameter(w, shape: [50, 8]), Parameter(b, shape: [50]))
      decoder.isTrainable = frozen & 1 == 0
      bias.isTrainable = frozen & 2 == 0
      let scope = usedScope(Engine(threadCount: 1))
      let hidden = scope.input(x, rows: 5, columns: 8, differentiable: frozen & 4 == 0)
      _ = scope.vocabularyHead(
        hidden: hidden, decoder: decoder, bias: bias,
        objectives: [
          WeightedObjective(MaskedLanguageObjective(labels: [3, 7, -1, 8, 49]), gradientScale: 1)
        ])
      return [
        decoder.gradientValues(), bias.gradientValues(),
        scope.gradientValues(of: hidden),
      ]
    }
    let (all, some) = (gradients(0), gradients(which))
    for i in 0..<3 { #expect(some[i] == (which >> i & 1 == 1 ? nil : all[i])) }
  }

  @Test("the values of a forward-only scope are the same, and it leaves no memory behind")
  func forwardOnly() {
    var random = RandomInputs(3)
    let decoder = Parameter(random.normal(50 * 8), shape: [50, 8])
    let bias = Parameter(random.normal(50), shape: [50])
    let x = random.normal(600 * 8)
    let labels = random.integers(600, below: 50)
    let objective = WeightedObjective(MaskedLanguageObjective(labels: labels), gradientScale: 1)
    let sums = [true, false].map { recording in
      let scope = ComputeScope(engine: Engine(threadCount: 2), recording: recording)
      let hidden = scope.input(x, rows: 600, columns: 8, differentiable: recording)
      let first = scope.vocabularyHead(
        hidden: hidden, decoder: decoder, bias: bias, objectives: [objective])
      let peak = scope.peakActivationBytes
      let second = scope.vocabularyHead(
        hidden: hidden, decoder: decoder, bias: bias, objectives: [objective])
      #expect(first == second)
      #expect(scope.peakActivationBytes == peak)
      return first
    }
    #expect(sums[0] == sums[1])
  }

  @Test("each row's loss and gradient are multiplied by its weight; a row of weight 0 has none")
  func rowWeights() {
    var random = RandomInputs(5)
    let (rows, words, columns) = (7, 50, 8)
    let decoder = Parameter(random.normal(words * columns), shape: [words, columns])
    let bias = Parameter(random.normal(words), kind: .bias, shape: [words])
    let x = random.normal(rows * columns)
    let labels = random.integers(rows, below: words)
    let weights = [0.5, 0, 1, 3, 0, 0.25, 2]
    let scale = 0.125
    let scope = usedScope(Engine(threadCount: 2))
    let hidden = scope.input(x, rows: rows, columns: columns, differentiable: true)
    let total = scope.vocabularyHead(
      hidden: hidden, decoder: decoder, bias: bias,
      objectives: [
        WeightedObjective(
          MaskedLanguageObjective(labels: labels), gradientScale: scale, rowWeights: weights)
      ])
    func losses(_ m: [Matrix]) -> [Double] {
      Reference.crossEntropy(
        Reference.linear(m[0], weight: m[1], bias: m[2]), labels: labels)
    }
    func weighted(_ m: [Matrix]) -> Double {
      zip(losses(m), weights).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let inputs = [
      Matrix(rows, columns, x), Matrix(words, columns, decoder.valueArray),
      Matrix(1, words, bias.valueArray),
    ]
    let tolerance = Tolerance(relative: 2e-5, absolute: 2e-6, because: "float32 softmax")
    expectClose(total, [weighted(inputs)], tolerance, "sum")
    let check = GradientCheck(at: inputs) { scale * weighted($0) }
    check.expect(scope.gradientValues(of: hidden) ?? [], ofInput: 0, tolerance, "∂x")
    check.expect(decoder.gradientArray, ofInput: 1, tolerance, "∂W")
    check.expect(bias.gradientArray, ofInput: 2, tolerance, "∂b")
    let gradient = scope.gradientValues(of: hidden) ?? []
    expectZero(
      RetortTestSupport.rows([1, 4], of: gradient, width: columns), within: 0, because: "weight 0")
  }

  @Test("a tied decoder gets the sum of its two uses, over several steps")
  func tied() {
    let (vocabulary, columns) = (67, 24)
    var random = RandomInputs(4)
    let words = Parameter(
      random.normal(vocabulary * columns, scale: 0.4), kind: .embedding,
      shape: [vocabulary, columns])
    let positions = Parameter(
      random.normal(8 * columns), kind: .embedding, shape: [8, columns])
    let bias = Parameter(random.normal(vocabulary), kind: .bias, shape: [vocabulary])
    let tolerance = Tolerance(relative: 2e-5, absolute: 2e-6, because: "float32 softmax")
    for _ in 0..<3 {
      let ids = random.integers(11, below: vocabulary)
      let labels = random.integers(11, below: vocabulary)
      let layout = SequenceLayout(offsets: [0, 4, 11])
      let scope = usedScope(Engine(threadCount: 2))
      let hidden = scope.activation(
        .tanh,
        scope.embedding(
          tokenIDs: ids, layout: layout, words: words, positions: positions, tokenTypes: nil,
          paddingID: nil))
      _ = scope.vocabularyHead(
        hidden: hidden, decoder: words, bias: bias,
        objectives: [WeightedObjective(MaskedLanguageObjective(labels: labels), gradientScale: 0.5)]
      )
      scope.backward()
      let inputs = [
        Matrix(vocabulary, columns, words.valueArray), Matrix(8, columns, positions.valueArray),
        Matrix(1, vocabulary, bias.valueArray),
      ]
      let check = GradientCheck(at: inputs) { m in
        let embedded = Reference.embedding(
          ids: ids, offsets: layout.offsets, words: m[0], positions: m[1], types: nil)
        let logits = Reference.linear(Reference.tanh(embedded), weight: m[0], bias: m[2])
        return 0.5 * Reference.crossEntropy(logits, labels: labels).reduce(0, +)
      }
      check.expect(words.gradientArray, ofInput: 0, tolerance, "∂words")
      check.expect(positions.gradientArray, ofInput: 1, tolerance, "∂positions")
      check.expect(bias.gradientArray, ofInput: 2, tolerance, "∂b")
      for parameter in [words, positions, bias] { parameter.clearGradient() }
    }
  }
}
