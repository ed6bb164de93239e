/// Squared difference of two matrices:  Σ over a row of (s - t)², one value a row.
///
/// student s [R, C], differentiated; teacher t [R, C], constant. Gradient: 2 (s - t) · gradientScale. With
/// gradientScale = 1/R it is the distiller's MSE (sum over the features, mean over the positions), with
/// 1/(R·C) that of torch.nn.MSELoss. Differences and sums are in double precision.
extension ComputeScope {
  /// - Parameters:
  ///   - student: s [R, C], differentiated.
  ///   - teacher: t [R, C], constant.
  ///   - gradientScale: what the gradient of each row's loss is multiplied by, besides its weight.
  ///   - rowWeights: [R], what each row's loss and gradient are multiplied by; nil for 1 each.
  /// - Returns: the R sums, times their weights.
  public func squaredError(
    student: Tensor, teacher: Tensor, gradientScale: Double, rowWeights: [Double]? = nil
  ) -> [Double] {
    precondition(
      student.shape == teacher.shape, "student \(student.shape) and teacher \(teacher.shape)")
    let columns = student.columns
    let (s, t) = (student.pointer, teacher.pointer)
    let gradient = seed(student)
    return lossesOfRows(
      of: student, matrices: gradient == nil ? 2 : 3, weights: rowWeights
    ) { row, weight in
      let start = row * columns
      return RowKernels.squaredDifference(
        s + start, t + start, columns, gradient: gradient.map { $0.pointer + start },
        scale: gradientScale * weight, adds: gradient?.adds ?? false)
    }
  }

  /// One value a row times its weight, computed side by side.
  /// - Parameters:
  ///   - matrices: how many of the student's shape are read and written.
  ///   - weights: [R]; nil for 1 each.
  ///   - value: of a row, without its weight, by which its gradient is multiplied.
  func lossesOfRows(
    of student: Tensor, matrices: Int, weights: [Double]?,
    _ value: (_ row: Int, _ weight: Double) -> Double
  ) -> [Double] {
    lossesOfRows(
      of: student.rows, columns: student.columns, matrices: matrices, weights: weights, value)
  }

  /// The same of a matrix [rows, columns] that is no tensor.
  func lossesOfRows(
    of rows: Int, columns: Int, matrices: Int, weights: [Double]?,
    _ value: (_ row: Int, _ weight: Double) -> Double
  ) -> [Double] {
    precondition(
      weights.map { $0.count == rows } ?? true, "\(weights?.count ?? 0) weights of \(rows) rows")
    let cost = OperationCost(.losses, .forward, values: matrices * rows * columns)
    return [Double](unsafeUninitializedCapacity: rows) { values, count in
      let base = values.baseAddress
      engine.perform(cost, onEach: 16, of: rows) { range, _ in
        for row in range {
          let weight = weights?[row] ?? 1
          (base.map { $0 + row })?.initialize(to: weight * value(row, weight))
        }
      }
      count = rows
    }
  }
}

extension RowKernels {
  /// Σ (x - y)², and where there is a gradient  g (+)= 2 (x - y) · scale.
  static func squaredDifference(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ count: Int,
    gradient: UnsafeMutablePointer<Float>?, scale: Double, adds: Bool
  ) -> Double {
    var total = WideVector()
    for part in VectorParts(count) {
      let difference = WideVector(load(x, part)) - WideVector(load(y, part))
      total.addSquare(of: difference)
      if let gradient {
        let new = (difference * 2 * scale).rounded
        store(adds ? load(gradient, part) + new : new, gradient, part)
      }
    }
    return total.laneSum
  }
}
