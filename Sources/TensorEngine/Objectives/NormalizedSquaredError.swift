/// Squared distance between two directions:  ‖s/‖s‖ - t/‖t‖‖², one value a row.
///
/// student s [R, C], differentiated; teacher t [R, C], constant. It equals 2 (1 - cos), without the digits that 1 - cos loses
/// where the two are close. With ŝ = s/‖s‖, t̂ = t/‖t‖ and d = ŝ - t̂ the gradient is  2/‖s‖ · (d - (ŝ·d) ŝ) · gradientScale.
/// A norm below 10⁻¹² counts as 10⁻¹², as in torch.nn.functional.normalize.
/// Source: Sun et al. 2019 (arXiv 1908.09355), equation 7.
extension ComputeScope {
  /// - Parameters:
  ///   - student: s [R, C], differentiated.
  ///   - teacher: t [R, C], constant.
  ///   - gradientScale: what the gradient of each row's loss is multiplied by, besides its weight.
  ///   - rowWeights: [R], what each row's loss and gradient are multiplied by; nil for 1 each.
  /// - Returns: the R squared distances, times their weights.
  public func normalizedSquaredError(
    student: Tensor, teacher: Tensor, gradientScale: Double, rowWeights: [Double]? = nil
  ) -> [Double] {
    precondition(
      student.shape == teacher.shape, "student \(student.shape) and teacher \(teacher.shape)")
    let columns = student.columns
    let (studentBase, teacherBase) = (student.pointer, teacher.pointer)
    let gradient = seed(student)
    return lossesOfRows(
      of: student, matrices: gradient == nil ? 2 : 3, weights: rowWeights
    ) { row, weight in
      let (s, t) = (studentBase + row * columns, teacherBase + row * columns)
      let (normS, normT) = (RowKernels.norm(s, columns), RowKernels.norm(t, columns))
      let a = Vector(repeating: Float(1 / normS))
      let b = Vector(repeating: Float(1 / normT))
      var total = WideVector()
      for part in VectorParts(columns) {
        total.addSquare(of: WideVector(load(s, part) * a - load(t, part) * b))
      }
      let value = total.laneSum
      if let gradient {
        let g = gradient.pointer + row * columns
        let isUnit = (s: normS > RowKernels.leastNorm, t: normT > RowKernels.leastNorm)
        // ŝ·d = 1 - ŝ·t̂ from the value 1 - 2 ŝ·t̂ + ‖t̂‖².
        let along = isUnit.s ? (value + (isUnit.t ? 0 : 1)) / 2 : 0
        let scale = Vector(repeating: Float(2 * gradientScale * weight / normS))
        let share = Vector(repeating: Float(-along))
        for part in VectorParts(columns) {
          let unit = load(s, part) * a
          let new = (unit - load(t, part) * b).addingProduct(unit, share) * scale
          store(gradient.adds ? load(g, part) + new : new, g, part)
        }
      }
      return value
    }
  }
}

extension RowKernels {
  /// What a smaller norm is taken for.
  static let leastNorm = 1e-12

  /// ‖x‖, at least `leastNorm`.
  static func norm(_ x: UnsafePointer<Float>, _ count: Int) -> Double {
    max(sumOfSquares(x, count).squareRoot(), leastNorm)
  }
}
