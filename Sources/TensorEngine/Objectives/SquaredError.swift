/// Squared difference of two matrices:  Σ over a row of (s - t)², one value a row.
///
/// student s [R, C], differentiated; teacher t [R, C], constant. Gradient: 2 (s - t) · gradientScale. With
/// gradientScale = 1/R it is the distiller's MSE (sum over the features, mean over the positions), with
/// 1/(R·C) that of torch.nn.MSELoss.
extension ComputeScope {
  /// - Parameters:
  ///   - student: s [R, C], differentiated.
  ///   - teacher: t [R, C], constant.
  ///   - gradientScale: what the gradient of each row's loss is multiplied by.
  /// - Returns: the R sums.
  public func squaredError(
    student: Tensor, teacher: Tensor, gradientScale: Double
  ) -> [Double] {
    precondition(
      student.shape == teacher.shape, "student \(student.shape) and teacher \(teacher.shape)")
    let columns = student.columns
    let (s, t) = (student.pointer, teacher.pointer)
    let gradient = seed(student)
    return lossesOfRows(of: student, matrices: gradient == nil ? 2 : 3) { row in
      var total = 0.0
      for column in row * columns..<(row + 1) * columns {
        let difference = Double(s[column]) - Double(t[column])
        total += difference * difference
        if let gradient {
          let g = Float(2 * difference * gradientScale)
          gradient.pointer[column] = gradient.adds ? gradient.pointer[column] + g : g
        }
      }
      return total
    }
  }

  /// One value a row, computed side by side.
  /// - Parameter matrices: how many of the student's shape are read and written.
  func lossesOfRows(
    of student: Tensor, matrices: Int, _ value: (Int) -> Double
  ) -> [Double] {
    let rows = student.rows
    let cost = OperationCost(.losses, .forward, values: matrices * rows * student.columns)
    return [Double](unsafeUninitializedCapacity: rows) { values, count in
      let base = values.baseAddress
      engine.perform(cost, onEach: 16, of: rows) { range, _ in
        for row in range { (base.map { $0 + row })?.initialize(to: value(row)) }
      }
      count = rows
    }
  }
}
