// A loss between the attention of two models, value and gradient, a few rows of scores at a time.

/// What one model's scores are made of: of every sequence and head a the scores [L, L] are  S = xₐ · yₐᵀ / √D.
///
/// x and y [T, C] are queries, keys or values of one block before they are divided into heads: any number of heads H that
/// divides C can be taken of them, each of D = C/H columns.
public struct ScoreFactors {
  public let x: TensorColumns
  public let y: TensorColumns
  public let headCount: Int
  public let headSize: Int

  /// - Parameter size: C, a multiple of `headCount`.
  public init(_ x: TensorColumns, _ y: TensorColumns, size: Int, headCount: Int) {
    precondition(
      headCount > 0 && size % headCount == 0, "\(headCount) heads of \(size) columns")
    (self.x, self.y, self.headCount) = (x, y, headCount)
    headSize = size / headCount
  }
}

/// What is compared of two models' scores S, with A = softmax(S) row by row.
public struct ScoreComparison: Sendable, Hashable {
  public enum Quantity: Sendable, Hashable { case scores, probabilities }

  public enum Measure: Sendable, Hashable {
    /// Σ (student - teacher)² over the entries.
    case squaredError
    /// Σ over the rows of KL(teacher ‖ student), in nats; of scores: of their softmax.
    case divergence
  }

  public enum Heads: Sendable, Hashable {
    /// Each head with the teacher's of the same number, added up.
    case each
    /// One matrix a model: the mean of its heads, so that their numbers may differ.
    case mean
    /// One matrix a model: the sum of its heads. It has no divergence.
    case sum
  }

  public let quantity: Quantity
  public let measure: Measure
  public let heads: Heads

  public init(of quantity: Quantity, by measure: Measure, heads: Heads) {
    precondition(heads != .sum || measure != .divergence, "a sum of heads is no distribution")
    (self.quantity, self.measure, self.heads) = (quantity, measure, heads)
  }

  /// Whether probabilities of all heads must be known before a row can be compared. The sum of scores over heads is the
  /// score of one head of all columns.
  var mergesProbabilities: Bool { heads != .each && quantity == .probabilities }
}

extension ComputeScope {
  /// A loss between the attention scores or probabilities of student and teacher, without dropout.
  ///
  /// Student x and y are differentiated; their gradient is added on the spot to that of the tensors they are columns of,
  /// other columns of which get zeros if nothing was there. No matrix of scores is kept: four rows exist at a time.
  /// Gradient, times gradientScale of the sequence, with f = 1 for `each` and `sum`, 1/H for `mean`:
  ///
  ///     squared error of scores          ∂S = 2 (S - S') of what is compared, f for each head
  ///     divergence of each head          ∂S = A - A'
  ///     of probabilities by ∂A           ∂S = A ∘ (∂A - Σ over the row of ∂A ∘ A)
  ///     always                           ∂x = ∂S · y / √D,  ∂y = ∂Sᵀ · x / √D; x = y gets both
  ///
  /// - Parameters:
  ///   - student: of as many heads as the teacher if each is compared.
  ///   - teacher: constant; its heads may be of another size.
  ///   - layout: where each sequence begins among the T rows.
  ///   - gradientScales: by sequence, what the gradient of its loss is multiplied by.
  /// - Returns: the loss of each sequence, added up over heads and rows in one order at any number of threads.
  /// - Source: Jiao et al. 2020 (arXiv 1909.10351), equation 7; Wang et al. 2021 (arXiv 2012.15828), equations 5 to 8.
  public func attentionScoreLoss(
    student: ScoreFactors, teacher: ScoreFactors, comparison: ScoreComparison,
    layout: SequenceLayout, gradientScales: [Double]
  ) -> [Double] {
    precondition(
      [student.x, student.y, teacher.x, teacher.y].allSatisfy {
        $0.tensor.rows == layout.tokenCount
      },
      "scores: \(student.x.tensor.shape), \(student.y.tensor.shape), \(teacher.x.tensor.shape) and "
        + "\(teacher.y.tensor.shape) for \(layout.tokenCount) tokens")
    precondition(
      comparison.heads != .each || student.headCount == teacher.headCount,
      "each of \(student.headCount) heads with one of \(teacher.headCount)")
    precondition(
      gradientScales.count == layout.sequenceCount,
      "\(gradientScales.count) gradient scales of \(layout.sequenceCount) sequences")
    let work = ScoreWork(
      student: ScoreSide(student, comparison), teacher: ScoreSide(teacher, comparison),
      gradient: (addable(student.x), addable(student.y)), comparison: comparison, layout: layout,
      scales: gradientScales)
    engine.reserveScratch(work.scratchCount)
    var sums = [Double](repeating: 0, count: layout.sequenceCount * work.headCount)
    sums.withUnsafeMutableBufferPointer { sums in
      engine.perform(work.cost, tiles: work.tiles.count) { index, worker in
        work.run(work.tiles[index], scratch: engine.scratch(of: worker), sums: sums)
      }
    }
    return (0..<layout.sequenceCount).map { n in
      sums[n * work.headCount..<(n + 1) * work.headCount].reduce(0, +)
    }
  }

  /// Where a gradient is added to some columns of a tensor; nil where nobody needs it. What is not there yet is zero.
  private func addable(_ columns: TensorColumns) -> UnsafeMutablePointer<Float>? {
    guard let (gradient, adds) = seed(columns.tensor) else { return nil }
    if !adds {
      let count = columns.tensor.rows * columns.tensor.columns
      let cost = OperationCost(.losses, .forward, values: count)
      engine.perform(cost, onEach: 1 << 16, of: count) { range, _ in
        (gradient + range.lowerBound).update(repeating: 0, count: range.count)
      }
    }
    return gradient + columns.start
  }
}
