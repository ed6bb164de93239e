extension Reference {
  /// y = x · Wᵀ + b;  x [T, I], W [O, I], b [1, O] → y [T, O].
  public static func linear(_ x: Matrix, weight: Matrix, bias: Matrix? = nil) -> Matrix {
    precondition(x.columns == weight.columns, "linear: widths differ")
    var y = Matrix(x.rows, weight.rows)
    for t in 0..<x.rows {
      for o in 0..<weight.rows {
        var total = bias?[0, o] ?? 0
        for i in 0..<x.columns { total += x[t, i] * weight[o, i] }
        y[t, o] = total
      }
    }
    return y
  }
}
