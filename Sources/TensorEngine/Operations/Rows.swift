/// Selected rows of a matrix:  y[i] = x[rows[i]].
///
/// x [T, C] → y [R, C]. Backward: ∂x[rows[i]] += g[i], zero elsewhere.
struct RowsNode {
  let input: Tensor
  let output: Tensor
  let rows: [Int32]
}

extension ComputeScope {
  /// - Parameters:
  ///   - rows: which rows of `input`, no row twice.
  ///   - input: x [T, C].
  /// - Returns: y [R, C].
  public func rows(_ rows: [Int32], of input: Tensor) -> Tensor {
    let columns = input.columns
    let output = makeTensor(
      rows: rows.count, columns: columns, differentiable: isDifferentiable(input))
    let (x, y) = (input.pointer, output.pointer)
    engine.perform(OperationCost(.rows, .forward, values: 2 * rows.count * columns)) {
      for (i, row) in rows.enumerated() {
        precondition(row >= 0 && row < input.rows, "row \(row) of a tensor \(input.shape)")
        (y + i * columns).update(from: x + Int(row) * columns, count: columns)
      }
    }
    record(.rows(RowsNode(input: input, output: output, rows: rows)))
    return output
  }
}

extension RowsNode {
  func backward(in scope: ComputeScope, upstream g: UnsafeMutablePointer<Float>) {
    guard scope.isDifferentiable(input) else { return }
    let columns = input.columns
    let gradient = scope.gradientForContribution(to: input)
    let cost = OperationCost(
      .rows, .backward,
      values: (3 * rows.count + (gradient.adds ? 0 : input.rows)) * columns)
    scope.engine.perform(cost) {
      if !gradient.adds { gradient.pointer.update(repeating: 0, count: input.rows * columns) }
      for (i, row) in rows.enumerated() {
        RowKernels.add(g + i * columns, to: gradient.pointer + Int(row) * columns, columns)
      }
    }
  }
}
