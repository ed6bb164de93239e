import RetortTensorEngine
import RetortTestSupport
import Testing

/// The loss between attention scores against its formula in double precision, finite differences for the gradient.
@Suite struct AttentionScoreLossTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var comparison: ScoreComparison
    var lengths = [7, 4, 5]
    /// Heads and columns of a head, student and teacher.
    var heads = (4, 4)
    var sizes = (6, 8)
    /// Which of the three thirds of the student's and the teacher's tensor x and y are.
    var parts = (0, 1)

    var testDescription: String {
      "\(comparison.quantity) by \(comparison.measure), heads \(comparison.heads), lengths \(lengths), heads \(heads) "
        + "of \(sizes), parts \(parts)"
    }
    var layout: SequenceLayout {
      SequenceLayout(offsets: lengths.reduce(into: [0]) { $0.append(($0.last ?? 0) + Int32($1)) })
    }
    var widths: (student: Int, teacher: Int) { (heads.0 * sizes.0, heads.1 * sizes.1) }

    var reference: Reference.AttentionComparison {
      let merge: (@Sendable (Int) -> Double)? =
        switch comparison.heads {
        case .each: nil
        case .mean: { 1 / Double($0) }
        case .sum: { _ in 1 }
        }
      // Of each head, a divergence is one of probabilities whatever it is said to be of.
      return Reference.AttentionComparison(
        probabilities: comparison.quantity == .probabilities,
        divergence: comparison.measure == .divergence, merge: merge)
    }
  }

  private static func all(_ change: (inout Case) -> Void = { _ in }) -> [Case] {
    var cases: [Case] = []
    for quantity in [ScoreComparison.Quantity.scores, .probabilities] {
      for measure in [ScoreComparison.Measure.squaredError, .divergence] {
        for heads in [ScoreComparison.Heads.each, .mean, .sum]
        where heads != .sum || measure != .divergence {
          var item = Case(comparison: .init(of: quantity, by: measure, heads: heads))
          if heads != .each { (item.heads, item.sizes) = ((4, 2), (6, 16)) }
          change(&item)
          cases.append(item)
        }
      }
    }
    return cases
  }

  static let divergence = ScoreComparison(of: .probabilities, by: .divergence, heads: .each)

  static let cases: [Case] =
    all()
    + all { ($0.parts, $0.lengths) = ((2, 2), [1, 17, 3]) }
    + all { ($0.parts, $0.lengths) = ((1, 0), [18, 2]) }
    + [
      // Relation heads: as many as there are columns, one, and of a size that fills vectors.
      Case(comparison: divergence, heads: (12, 12), sizes: (1, 2), parts: (0, 0)),
      Case(comparison: divergence, heads: (1, 1), sizes: (24, 40), parts: (1, 1)),
      Case(comparison: divergence, lengths: [35], heads: (2, 2), sizes: (32, 8), parts: (2, 2)),
    ]

  private let tolerance = Tolerance(
    relative: 5e-5, absolute: 1e-5,
    because: "softmax of float32 dot products of up to 40 terms, of size 1")

  private struct Inputs {
    let student: [Float]
    let teacher: [Float]
    let scales: [Double]

    init(_ item: Case) {
      let tokens = item.layout.tokenCount
      var random = RandomInputs(tokens * 100 + item.widths.student)
      student = random.normal(tokens * 3 * item.widths.student)
      teacher = random.normal(tokens * 3 * item.widths.teacher)
      scales = item.lengths.indices.map { 0.5 / Double($0 + 1) }
    }
  }

  /// The loss of tensors [T, 3C] in a scope.
  private func loss(
    _ item: Case, student: Tensor, _ inputs: Inputs, in scope: ComputeScope
  ) -> [Double] {
    let teacher = scope.input(
      inputs.teacher, rows: item.layout.tokenCount, columns: 3 * item.widths.teacher)
    func factors(_ tensor: Tensor, _ width: Int, _ heads: Int) -> ScoreFactors {
      ScoreFactors(
        TensorColumns(tensor, from: item.parts.0 * width),
        TensorColumns(tensor, from: item.parts.1 * width), size: width, headCount: heads)
    }
    return scope.attentionScoreLoss(
      student: factors(student, item.widths.student, item.heads.0),
      teacher: factors(teacher, item.widths.teacher, item.heads.1), comparison: item.comparison,
      layout: item.layout, gradientScales: inputs.scales)
  }

  private func run(
    _ item: Case, threads: Int
  ) -> (losses: [Double], gradient: [Float]) {
    let inputs = Inputs(item)
    let scope = usedScope(Engine(threadCount: threads))
    let student = scope.input(
      inputs.student, rows: item.layout.tokenCount, columns: 3 * item.widths.student,
      differentiable: true)
    let losses = loss(item, student: student, inputs, in: scope)
    return (losses, scope.gradientValues(of: student) ?? [])
  }

  private func third(_ matrix: Matrix, _ part: Int) -> Matrix {
    let width = matrix.columns / 3
    return Matrix(
      matrix.rows, width,
      (0..<matrix.rows).flatMap { matrix.row($0)[part * width..<(part + 1) * width] })
  }

  @Test("values and gradients", arguments: cases)
  func valuesAndGradients(item: Case) {
    let inputs = Inputs(item)
    let teacher = Matrix(item.layout.tokenCount, 3 * item.widths.teacher, inputs.teacher)
    func reference(_ student: Matrix) -> [Double] {
      Reference.attentionScoreLoss(
        (third(student, item.parts.0), third(student, item.parts.1)),
        (third(teacher, item.parts.0), third(teacher, item.parts.1)), headCounts: item.heads,
        offsets: item.layout.offsets, comparison: item.reference)
    }
    let student = Matrix(item.layout.tokenCount, 3 * item.widths.student, inputs.student)
    let (losses, gradient) = run(item, threads: 2)
    expectClose(losses, reference(student), tolerance, "values")
    var check = GradientCheck(at: [student]) {
      zip(inputs.scales, reference($0[0])).reduce(0) { $0 + $1.0 * $1.1 }
    }
    check.sampleCount = 12
    check.expect(gradient, ofInput: 0, tolerance, "gradient")
    // Columns that are not read have zeros, not what was in memory.
    let untouched = Set(0..<3).subtracting([item.parts.0, item.parts.1])
    let width = item.widths.student
    for part in untouched {
      expectZero(
        (0..<item.layout.tokenCount).flatMap { row in
          gradient[(3 * row + part) * width..<(3 * row + part + 1) * width]
        }, within: 0, because: "nothing reads them")
    }
  }

  @Test("the same bits at one, two and three threads", arguments: cases)
  func threads(item: Case) {
    let one = run(item, threads: 1)
    for threads in 2...3 {
      let more = run(item, threads: threads)
      #expect(more.losses.map(\.bitPattern) == one.losses.map(\.bitPattern))
      expectSameBits(more.gradient, one.gradient, "\(threads) threads")
    }
  }

  @Test("without a gradient the values are the same", arguments: cases)
  func forwardOnly(item: Case) {
    let inputs = Inputs(item)
    for recording in [true, false] {
      let scope = ComputeScope(engine: Engine(threadCount: 1), recording: recording)
      let constant = scope.input(
        inputs.student, rows: item.layout.tokenCount, columns: 3 * item.widths.student)
      #expect(loss(item, student: constant, inputs, in: scope) == run(item, threads: 1).losses)
      #expect(scope.gradientValues(of: constant) == nil)
    }
  }

  @Test("attention's own gradient is added to it, and it to one that is there")
  func besideAttention() {
    let item = Case(comparison: Self.divergence)
    let (layout, inputs) = (item.layout, Inputs(item))
    let width = item.widths.student
    var random = RandomInputs(5)
    let upstream = random.normal(layout.tokenCount * width)
    let before = random.normal(inputs.student.count)

    func gradient(loss withLoss: Bool, attention: Bool, seed: Bool) -> [Float] {
      let scope = usedScope(Engine(threadCount: 2))
      let student = scope.input(
        inputs.student, rows: layout.tokenCount, columns: 3 * width, differentiable: true)
      if seed { scope.seedGradient(of: student, with: before) }
      let output =
        attention
        ? scope.attention(
          queries: TensorColumns(student), keys: TensorColumns(student, from: width),
          values: TensorColumns(student, from: 2 * width), layout: layout,
          selection: layout.allRows, headCount: 4, headSize: 6,
          site: DropoutSite(index: 0, probability: 0), mode: .inference) : nil
      if withLoss { _ = loss(item, student: student, inputs, in: scope) }
      if let output {
        scope.seedGradient(of: output, with: upstream)
        scope.backward()
      }
      return scope.gradientValues(of: student) ?? []
    }
    let alone = gradient(loss: true, attention: false, seed: false)
    let attention = gradient(loss: false, attention: true, seed: false)
    let sums = Tolerance(relative: 1e-6, absolute: 1e-6, because: "float32 sums in another order")
    expectClose(
      gradient(loss: true, attention: true, seed: false), zip(alone, attention).map { $0 + $1 },
      sums)
    expectClose(
      gradient(loss: true, attention: false, seed: true), zip(alone, before).map { $0 + $1 }, sums)
  }

  @Test("equal models have no loss and no gradient; scores far apart have finite ones")
  func extremes() {
    for item in Self.all({
      $0.heads = (4, 4); $0.sizes = (6, 6)
    }) {
      let layout = item.layout
      let width = item.widths.student
      for factor in [Float(1), 40] {
        var random = RandomInputs(9)
        let values = random.normal(layout.tokenCount * 3 * width).map { $0 * factor }
        let others = factor == 1 ? values : random.normal(values.count).map { $0 * factor }
        let scope = usedScope(Engine(threadCount: 1))
        let student = scope.input(
          values, rows: layout.tokenCount, columns: 3 * width, differentiable: true)
        let teacher = scope.input(others, rows: layout.tokenCount, columns: 3 * width)
        func factors(_ tensor: Tensor) -> ScoreFactors {
          ScoreFactors(
            TensorColumns(tensor), TensorColumns(tensor, from: width), size: width, headCount: 4)
        }
        let losses = scope.attentionScoreLoss(
          student: factors(student), teacher: factors(teacher), comparison: item.comparison,
          layout: layout, gradientScales: [1, 1, 1])
        let gradient = scope.gradientValues(of: student) ?? []
        #expect(losses.allSatisfy(\.isFinite) && gradient.allSatisfy(\.isFinite), "\(item)")
        if factor == 1 {
          #expect(losses.allSatisfy { $0.magnitude < 1e-5 }, "\(item): \(losses)")
          expectZero(gradient, within: 2e-6, because: "equal models", item.testDescription)
        } else {
          #expect(losses.allSatisfy { $0 > 0.1 }, "\(item): \(losses)")
        }
      }
    }
  }
}
