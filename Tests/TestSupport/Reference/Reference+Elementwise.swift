extension Reference {
  /// x + y
  public static func sum(_ x: Matrix, _ y: Matrix) -> Matrix {
    precondition(x.rows == y.rows && x.columns == y.columns, "a sum of different shapes")
    return Matrix(x.rows, x.columns, zip(x.values, y.values).map { $0 + $1 })
  }

  /// x ∘ factors: dropout, where a factor is 0 or 1 / (1 - p).
  public static func product(_ x: Matrix, factors: [Double]) -> Matrix {
    precondition(x.values.count == factors.count, "a product of different shapes")
    return Matrix(x.rows, x.columns, zip(x.values, factors).map { $0 * $1 })
  }

  /// The rows of x named by `rows`, in that order.
  public static func rows(_ rows: [Int32], of x: Matrix) -> Matrix {
    Matrix(rows.count, x.columns, rows.flatMap { x.row(Int($0)) })
  }
}
