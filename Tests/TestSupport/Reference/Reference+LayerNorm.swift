extension Reference {
  /// y = γ ∘ (x - mean) / √(variance + ε) + β for every row;  x [R, C], γ, β [1, C].
  public static func layerNorm(
    _ x: Matrix, scale: Matrix, shift: Matrix, epsilon: Double
  ) -> Matrix {
    var y = x
    for r in 0..<x.rows {
      let row = x.row(r)
      let mean = row.reduce(0, +) / Double(row.count)
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(row.count)
      for c in row.indices {
        y[r, c] = (row[c] - mean) / (variance + epsilon).squareRoot() * scale[0, c] + shift[0, c]
      }
    }
    return y
  }
}
