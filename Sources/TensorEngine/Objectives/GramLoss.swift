/// Which products of two hidden states of a sequence are compared.
public enum GramKind: String, Sendable, CaseIterable {
  /// Of every two tokens:  h₁·h₂ᵀ / C  [L, L]. The widths C of student and teacher may differ.
  /// - Source: Huang, Wang 2017 (arXiv 1707.01219), with a polynomial kernel of degree 1: `mmd_loss` of TextBrewer 0.2.1.post1,
  ///   where a batch has no mask.
  case tokens
  /// Of every two features:  h₁ᵀ·h₂ / L  [C, C].
  /// - Source: Yim et al. 2017 (doi 10.1109/CVPR.2017.754): `fsp_loss` of TextBrewer 0.2.1.post1.
  case features
}

/// Squared difference of student's and teacher's Gram matrices of two hidden states, one value a sequence:
///
///     tokens     Σ over [L, L] of (h₁·h₂ᵀ/C - g₁·g₂ᵀ/D)²
///     features   mean over [C, C] of (h₁ᵀ·h₂/L - g₁ᵀ·g₂/L)²
///
/// student h₁, h₂ [T, C], differentiated, which may be the same tensor; teacher g₁, g₂ [T, D], constant. With M the difference of
/// a sequence the gradients are, times gradientScale,  ∂h₁ = 2/C · M·h₂ and ∂h₂ = 2/C · Mᵀ·h₁  of tokens,
/// ∂h₁ = 2/(C²L) · h₂·Mᵀ and ∂h₂ = 2/(C²L) · h₁·M  of features. No matrix outlives its sequence.
extension ComputeScope {
  /// - Parameters:
  ///   - student: h₁ and h₂ [T, C].
  ///   - teacher: g₁ and g₂ [T, D]; D = C for `features`.
  ///   - layout: where each of the N sequences begins.
  ///   - gradientScale: what the gradient of each sequence's loss is multiplied by, besides its weight.
  ///   - sequenceWeights: [N], what each sequence's loss and gradient are multiplied by; nil for 1 each.
  /// - Returns: the N losses, times their weights.
  public func gramLoss(
    of kind: GramKind, student: (Tensor, Tensor), teacher: (Tensor, Tensor),
    layout: SequenceLayout, gradientScale: Double, sequenceWeights: [Double]? = nil
  ) -> [Double] {
    let (inner, outer) = (student.0.columns, teacher.0.columns)
    for (tensor, columns) in [
      (student.0, inner), (student.1, inner), (teacher.0, outer), (teacher.1, outer),
    ] {
      precondition(
        tensor.rows == layout.tokenCount && tensor.columns == columns,
        "a state \(tensor.shape) of \(layout.tokenCount) tokens of width \(columns)")
    }
    precondition(
      kind == .tokens || inner == outer, "features of \(inner) and \(outer) are not compared")
    precondition(
      sequenceWeights.map { $0.count == layout.sequenceCount } ?? true,
      "\(sequenceWeights?.count ?? 0) weights of \(layout.sequenceCount) sequences")
    // Asked for in this order: of one tensor the second contribution adds to the first.
    let first = seed(student.0)
    let second = seed(student.1)
    let work = GramWork(
      kind: kind, student: (student.0.pointer, student.1.pointer),
      teacher: (teacher.0.pointer, teacher.1.pointer), gradients: (first, second),
      columns: (inner, outer), layout: layout)
    engine.reserveScratch(work.scratchCount)
    // The longest first, so that the last one to finish is a short one.
    let order = (0..<layout.sequenceCount).sorted {
      (layout.length(of: $1), $0) < (layout.length(of: $0), $1)
    }
    return [Double](unsafeUninitializedCapacity: layout.sequenceCount) { values, count in
      count = layout.sequenceCount
      guard let values = values.baseAddress else { return }
      engine.perform(work.cost, tiles: order.count) { tile, worker in
        let n = order[tile]
        let weight = sequenceWeights?[n] ?? 1
        (values + n).initialize(
          to: weight
            * work.loss(
              ofSequence: n, gradientScale: gradientScale * weight,
              scratch: engine.scratch(of: worker)))
      }
    }
  }
}

private struct GramWork {
  typealias Gradient = (pointer: UnsafeMutablePointer<Float>, adds: Bool)

  let kind: GramKind
  let student: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)
  let teacher: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)
  let gradients: (Gradient?, Gradient?)
  /// C and D
  let columns: (student: Int, teacher: Int)
  let layout: SequenceLayout

  /// One matrix a worker.
  var scratchCount: Int {
    switch kind {
    case .tokens: layout.longest * layout.longest
    case .features: columns.student * columns.student
    }
  }

  var cost: OperationCost {
    let pairs = (0..<layout.sequenceCount).reduce(0) {
      $0 + layout.length(of: $1) * layout.length(of: $1)
    }
    // Multiplications of the student's product; the teacher's and each gradient take as many.
    let products =
      switch kind {
      case .tokens: pairs * columns.student
      case .features: layout.tokenCount * columns.student * columns.student
      }
    let gradientCount = (gradients.0 == nil ? 0 : 1) + (gradients.1 == nil ? 0 : 1)
    return OperationCost(
      .losses, .forward, flops: 2 * (2 + gradientCount) * products,
      values: (2 + gradientCount) * layout.tokenCount * columns.student
        + 2 * layout.tokenCount * columns.teacher)
  }

  func loss(
    ofSequence n: Int, gradientScale: Double, scratch m: UnsafeMutablePointer<Float>
  ) -> Double {
    let (start, length) = (Int(layout.offsets[n]), layout.length(of: n))
    let (c, d) = columns
    let (h1, h2) = (student.0 + start * c, student.1 + start * c)
    let (g1, g2) = (teacher.0 + start * d, teacher.1 + start * d)
    switch kind {
    case .tokens:
      multiply(
        h1, strideA: c, h2, strideB: c, transposeB: true, into: m, strideC: length, rows: length,
        columns: length, inner: c, alpha: 1 / Float(c))
      multiply(
        g1, strideA: d, g2, strideB: d, transposeB: true, into: m, strideC: length, rows: length,
        columns: length, inner: d, alpha: -1 / Float(d), beta: 1)
      let factor = Float(2 * gradientScale / Double(c))
      if let gradient = gradients.0 {
        multiply(
          m, strideA: length, h2, strideB: c, into: gradient.pointer + start * c, strideC: c,
          rows: length, columns: c, inner: length, alpha: factor, beta: gradient.adds ? 1 : 0)
      }
      if let gradient = gradients.1 {
        multiply(
          m, strideA: length, transposeA: true, h1, strideB: c,
          into: gradient.pointer + start * c, strideC: c, rows: length, columns: c, inner: length,
          alpha: factor, beta: gradient.adds ? 1 : 0)
      }
      return RowKernels.sumOfSquares(m, length * length)
    case .features:
      let share = 1 / Float(length)
      multiply(
        h1, strideA: c, transposeA: true, h2, strideB: c, into: m, strideC: c, rows: c,
        columns: c, inner: length, alpha: share)
      multiply(
        g1, strideA: c, transposeA: true, g2, strideB: c, into: m, strideC: c, rows: c,
        columns: c, inner: length, alpha: -share, beta: 1)
      let count = Double(c * c)
      let factor = Float(2 * gradientScale / count / Double(length))
      if let gradient = gradients.0 {
        multiply(
          h2, strideA: c, m, strideB: c, transposeB: true, into: gradient.pointer + start * c,
          strideC: c, rows: length, columns: c, inner: c, alpha: factor,
          beta: gradient.adds ? 1 : 0)
      }
      if let gradient = gradients.1 {
        multiply(
          h1, strideA: c, m, strideB: c, into: gradient.pointer + start * c, strideC: c,
          rows: length, columns: c, inner: c, alpha: factor, beta: gradient.adds ? 1 : 0)
      }
      return RowKernels.sumOfSquares(m, c * c) / count
    }
  }
}

extension RowKernels {
  /// Σ x², in double precision.
  static func sumOfSquares(_ x: UnsafePointer<Float>, _ count: Int) -> Double {
    var total = WideVector()
    for part in VectorParts(count) { total.addSquare(of: WideVector(load(x, part))) }
    return total.laneSum
  }
}
