// Double-precision matrices for the naive references.

/// A row-major matrix of doubles: what the naive references compute with.
public struct Matrix: Sendable {
  public let rows: Int
  public let columns: Int
  public var values: [Double]

  public init(_ rows: Int, _ columns: Int, _ values: [Double]) {
    precondition(values.count == rows * columns, "\(values.count) values for [\(rows), \(columns)]")
    (self.rows, self.columns, self.values) = (rows, columns, values)
  }

  public init(_ rows: Int, _ columns: Int, _ values: [Float]) {
    self.init(rows, columns, values.map(Double.init))
  }

  /// Zeros.
  public init(_ rows: Int, _ columns: Int) {
    self.init(rows, columns, [Double](repeating: 0, count: rows * columns))
  }

  public subscript(_ row: Int, _ column: Int) -> Double {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  public func row(_ index: Int) -> [Double] {
    Array(values[index * columns..<(index + 1) * columns])
  }

  /// Σ over all elements of this · weights: a random-weighted projection makes a scalar of a matrix
  /// without favouring any direction, where a plain sum or a sum of squares may have no gradient.
  public func projected(on weights: Matrix) -> Double {
    precondition(
      rows == weights.rows && columns == weights.columns, "a projection on another shape")
    var total = 0.0
    for i in values.indices { total += values[i] * weights.values[i] }
    return total
  }

  public func map(_ function: (Double) -> Double) -> Matrix {
    Matrix(rows, columns, values.map(function))
  }
}

/// Naive forward computations in double precision, one operation a file, written as their formulas
/// read: what every operation of the engine is checked against.
public enum Reference {}
