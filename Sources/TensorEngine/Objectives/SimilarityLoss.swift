import Glibc

/// What is compared of the similarities between a batch's vectors: u the student's, v the teacher's, one a sequence.
///
/// No such loss is a sum over sequences that know nothing of each other: its value depends on which sequences a batch holds.
public enum SimilarityComparison: Sendable, Hashable {
  /// 1/N Σₘ (uₙ·uₘ - vₙ·vₘ)². The widths of u and v may differ.
  case squaredError
  /// ((uₙ·uₐ - uₙ·u_b) - (vₙ·vₐ - vₙ·v_b))², a and b the next sequence and the one after it, the first following the last; 0 in
  /// a batch of fewer than three. The widths of u and v may differ.
  /// - Source: Hofstätter et al. 2020 (arXiv 2010.02666), equation 6, with triples of the batch's own sequences.
  case margin
  /// -ln( exp(uₙ·vₙ/τ) / Σₘ exp(uₙ·vₘ/τ) ), of temperature τ > 0.
  /// - Source: van den Oord et al. 2018 (arXiv 1807.03748), equation 4, with cosines in place of the bilinear form.
  case contrastive(temperature: Double)
}

/// A loss on similarities between the sequences of a batch, one value a sequence.
///
/// student u [N, C], differentiated; teacher v [N, D], constant. With S the similarities [N, N] of the student (u·uᵀ, or u·vᵀ
/// of `contrastive`) and G = ∂loss/∂S the gradient is (G + Gᵀ)·u, or G·v.
extension ComputeScope {
  /// - Parameters:
  ///   - student: u [N, C], differentiated.
  ///   - teacher: v [N, D], constant; D = C for `contrastive`.
  ///   - gradientScale: what the gradient of each sequence's loss is multiplied by, besides its weight.
  ///   - rowWeights: [N], what each sequence's loss and gradient are multiplied by; nil for 1 each.
  /// - Returns: the N losses, times their weights.
  public func similarityLoss(
    student: Tensor, teacher: Tensor, _ comparison: SimilarityComparison, gradientScale: Double,
    rowWeights: [Double]? = nil
  ) -> [Double] {
    let count = student.rows
    precondition(teacher.rows == count, "student \(student.shape) and teacher \(teacher.shape)")
    precondition(
      rowWeights.map { $0.count == count } ?? true,
      "\(rowWeights?.count ?? 0) weights of \(count) sequences")
    let gradient = seed(student)
    return withTemporaryMemory { allocate in
      let (s, t, g) = (allocate(count * count), allocate(count * count), allocate(count * count))
      let others: Tensor
      switch comparison {
      case .squaredError, .margin:
        others = student
        similarities(of: teacher, to: teacher, into: t)
      case .contrastive:
        precondition(
          student.shape == teacher.shape, "student \(student.shape) and teacher \(teacher.shape)")
        others = teacher
      }
      similarities(of: student, to: others, into: s)
      let losses = lossesOfRows(
        of: count, columns: count, matrices: gradient == nil ? 2 : 3, weights: rowWeights
      ) { row, weight in
        let row = SimilarityRow(
          index: row, count: count, student: s + row * count, teacher: t + row * count,
          gradient: g + row * count)
        return row.loss(comparison, scale: gradientScale * weight)
      }
      guard let gradient else { return losses }
      if case .contrastive = comparison {} else { Self.addTranspose(of: g, count: count, into: s) }
      let coefficients = { if case .contrastive = comparison { g } else { s } }()
      let cost = OperationCost(
        .losses, .backward,
        flops: OperationCost.flops(rows: count, columns: student.columns, inner: count),
        values: (count + 2 * student.columns) * count)
      engine.multiply(
        cost,
        [
          MatrixProduct(
            ProductSide(rowsOf: coefficients, stride: count),
            ProductSide(columnsOf: others.pointer, stride: others.columns),
            into: gradient.pointer, rows: count, columns: student.columns, inner: count,
            adds: gradient.adds)
        ])
      return losses
    }
  }

  /// x · yᵀ [N, N]
  private func similarities(
    of x: Tensor, to y: Tensor, into result: UnsafeMutablePointer<Float>
  ) {
    let cost = OperationCost(
      .losses, .forward,
      flops: OperationCost.flops(rows: x.rows, columns: y.rows, inner: x.columns),
      values: (x.rows + y.rows) * x.columns + x.rows * y.rows)
    engine.multiply(
      cost,
      [
        MatrixProduct(
          ProductSide(rowsOf: x.pointer, stride: x.columns),
          ProductSide(rowsOf: y.pointer, stride: y.columns), into: result, rows: x.rows,
          columns: y.rows, inner: x.columns)
      ])
  }

  /// y = x + xᵀ
  private static func addTranspose(
    of x: UnsafeMutablePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<count {
      for j in 0..<count { y[i * count + j] = x[i * count + j] + x[j * count + i] }
    }
  }
}

/// One sequence's similarities to all of its batch.
private struct SimilarityRow {
  let index: Int
  /// N
  let count: Int
  /// [N] each; `teacher` is not read by `contrastive`.
  let student: UnsafePointer<Float>
  let teacher: UnsafePointer<Float>
  /// [N], written: the gradient of the loss with respect to the student's similarities.
  let gradient: UnsafeMutablePointer<Float>

  init(
    index: Int, count: Int, student: UnsafeMutablePointer<Float>,
    teacher: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>
  ) {
    (self.index, self.count) = (index, count)
    (self.student, self.teacher) = (UnsafePointer(student), UnsafePointer(teacher))
    self.gradient = gradient
  }

  func loss(_ comparison: SimilarityComparison, scale: Double) -> Double {
    switch comparison {
    case .squaredError:
      return RowKernels.squaredDifference(
        student, teacher, count, gradient: gradient, scale: scale / Double(count), adds: false)
        / Double(count)
    case .margin:
      gradient.update(repeating: 0, count: count)
      guard count >= 3 else { return 0 }
      let (a, b) = ((index + 1) % count, (index + 2) % count)
      let margin =
        (Double(student[a]) - Double(student[b])) - (Double(teacher[a]) - Double(teacher[b]))
      gradient[a] = Float(2 * scale * margin)
      gradient[b] = -gradient[a]
      return margin * margin
    case .contrastive(let temperature):
      let highest = RowKernels.maximum(student, count)
      let total = Double(
        RowKernels.exponentials(
          of: student, minus: highest, times: Float(1 / temperature), into: gradient, count))
      RowKernels.scale(gradient, by: Float(scale / temperature / total), count)
      gradient[index] -= Float(scale / temperature)
      return log(total) - Double(student[index] - highest) / temperature
    }
  }
}
