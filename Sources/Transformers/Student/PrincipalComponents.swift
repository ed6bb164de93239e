// The principal components of a matrix's rows.
import RetortLayers

/// The directions along which the rows of a matrix vary most: unit eigenvectors of the covariance of its columns, by falling
/// variance. Of the two signs of a component the one is taken in which its largest entry is positive; of entries of the same size
/// the first counts.
///
/// Computed in double precision by one thread: the same bits on every machine.
/// - Source: one-sided Jacobi rotations, Hestenes 1958 (doi 10.1137/0106005).
struct PrincipalComponents: Sendable {
  /// C, the columns of the matrix.
  let size: Int
  /// c
  let count: Int
  /// P [C, c]
  let values: [Double]
  /// Variance along each component, divided by the number of rows.
  let variances: [Double]

  /// - Parameters:
  ///   - matrix: E [V, C].
  ///   - count: c, at most C.
  /// - Returns: nil where the rows vary in fewer directions.
  init?(of matrix: Parameter, count: Int) {
    let size = matrix.columns
    precondition(count <= size, "\(count) components of \(size) columns")
    var vectors = Self.covariance(matrix)
    Self.orthogonalise(&vectors, size: size)
    let lengths = (0..<size).map { row in
      vectors[row * size..<(row + 1) * size].reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    let order = lengths.indices.sorted { (-lengths[$0], $0) < (-lengths[$1], $1) }.prefix(count)
    // Below that, a direction is what rounding makes of none.
    guard let first = order.first, let last = order.last, lengths[last] > 1e-12 * lengths[first]
    else { return nil }
    var values = [Double](repeating: 0, count: size * count)
    for (column, row) in order.enumerated() {
      let vector = vectors[row * size..<(row + 1) * size].map { $0 / lengths[row] }
      let largest = vector.indices.reduce(0) { abs(vector[$1]) > abs(vector[$0]) ? $1 : $0 }
      let sign = vector[largest] < 0 ? -1.0 : 1.0
      for place in 0..<size { values[place * count + column] = sign * vector[place] }
    }
    (self.size, self.count, self.values) = (size, count, values)
    variances = order.map { lengths[$0] }
  }

  /// 1/V Σ (e - ē)(e - ē)ᵀ over the rows e of a matrix [V, C], row after row.
  private static func covariance(_ matrix: Parameter) -> [Double] {
    let (rows, size) = (matrix.rows, matrix.columns)
    var means = [Double](repeating: 0, count: size)
    for row in 0..<rows {
      for column in 0..<size { means[column] += Double(matrix.values[row * size + column]) }
    }
    for column in 0..<size { means[column] /= Double(rows) }
    var sums = [Double](repeating: 0, count: size * size)
    var centred = [Double](repeating: 0, count: size)
    sums.withUnsafeMutableBufferPointer { sums in
      for row in 0..<rows {
        for column in 0..<size {
          centred[column] = Double(matrix.values[row * size + column]) - means[column]
        }
        centred.withUnsafeBufferPointer { centred in
          for i in 0..<size {
            let factor = centred[i]
            for j in i..<size { sums[i * size + j] += factor * centred[j] }
          }
        }
      }
      for i in 0..<size {
        for j in i..<size {
          sums[i * size + j] /= Double(rows)
          sums[j * size + i] = sums[i * size + j]
        }
      }
    }
    return sums
  }

  /// Turns the rows of a symmetric, positive semidefinite matrix until they are orthogonal: they are then its eigenvectors, each
  /// as long as its eigenvalue.
  private static func orthogonalise(_ matrix: inout [Double], size: Int) {
    matrix.withUnsafeMutableBufferPointer { matrix in
      guard let base = matrix.baseAddress else { return }
      var hasTurned = true
      // Some ten sweeps do; the bound is for numbers that are not finite.
      for _ in 0..<60 where hasTurned {
        hasTurned = false
        for i in 0..<size {
          for j in i + 1..<max(size, i + 1) {
            let (p, q) = (base + i * size, base + j * size)
            let (pp, qq, pq) = products(p, q, size)
            guard abs(pq) > 1e-15 * (pp * qq).squareRoot(), pq.isFinite else { continue }
            hasTurned = true
            let slope = (qq - pp) / (2 * pq)
            let tangent =
              (slope < 0 ? -1 : 1) / (abs(slope) + (1 + slope * slope).squareRoot())
            let cosine = 1 / (1 + tangent * tangent).squareRoot()
            let sine = cosine * tangent
            for k in 0..<size {
              let (x, y) = (p[k], q[k])
              p[k] = cosine * x - sine * y
              q[k] = sine * x + cosine * y
            }
          }
        }
      }
    }
  }

  /// p · p, q · q and p · q, each in eight sums side by side.
  private static func products(
    _ p: UnsafeMutablePointer<Double>, _ q: UnsafeMutablePointer<Double>, _ size: Int
  ) -> (Double, Double, Double) {
    var (pp, qq, pq) = (SIMD8<Double>(), SIMD8<Double>(), SIMD8<Double>())
    let whole = size - size % 8
    for k in stride(from: 0, to: whole, by: 8) {
      let x = UnsafeRawPointer(p + k).loadUnaligned(as: SIMD8<Double>.self)
      let y = UnsafeRawPointer(q + k).loadUnaligned(as: SIMD8<Double>.self)
      pp += x * x
      qq += y * y
      pq += x * y
    }
    var sums = (pp.sum(), qq.sum(), pq.sum())
    for k in whole..<size {
      sums.0 += p[k] * p[k]
      sums.1 += q[k] * q[k]
      sums.2 += p[k] * q[k]
    }
    return sums
  }
}
