/// Sums over rows of products of two matrices' columns:  G = Xᵀ · Y.
///
/// X [R, A], Y [R, B] → G [A, B]. No gradient: what is compared by it is not trained by it.
extension Engine {
  /// - Parameters:
  ///   - x: X, its rows one after another.
  ///   - y: Y, likewise; may be X itself.
  /// - Returns: G, row by row.
  public func crossProduct(
    of x: UnsafeBufferPointer<Float>, columns: Int, with y: UnsafeBufferPointer<Float>,
    columns otherColumns: Int, rows: Int
  ) -> [Float] {
    precondition(
      x.count == rows * columns && y.count == rows * otherColumns,
      "\(x.count) and \(y.count) values for \(rows) rows of \(columns) and \(otherColumns)")
    let cost = OperationCost(
      .crossProduct, .forward,
      flops: OperationCost.flops(rows: columns, columns: otherColumns, inner: rows),
      values: rows * (columns + otherColumns) + columns * otherColumns)
    return [Float](unsafeUninitializedCapacity: columns * otherColumns) { result, count in
      count = columns * otherColumns
      guard let x = x.baseAddress, let y = y.baseAddress, let g = result.baseAddress else { return }
      multiply(
        cost,
        [
          MatrixProduct(
            ProductSide(columnsOf: x, stride: columns),
            ProductSide(columnsOf: y, stride: otherColumns), into: g, rows: columns,
            columns: otherColumns, inner: rows)
        ])
    }
  }
}
