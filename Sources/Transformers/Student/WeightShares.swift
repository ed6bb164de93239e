// Which columns, heads and neurons of a model carry most of its weights.

/// The mean over matrices of the share that each unit has in a matrix's squared weights.
struct WeightShares {
  private var sums: [Double]
  private var matrixCount = 0

  /// - Parameter count: of units.
  init(count: Int) { sums = [Double](repeating: 0, count: count) }

  /// Adds a matrix [O, I] whose units are its rows, or its columns; groups of them where there are more than units.
  mutating func add(_ matrix: Parameter, rows: Bool, within range: Range<Int>? = nil) {
    let range = range ?? 0..<(rows ? matrix.rows : matrix.columns)
    let size = range.count / sums.count
    var squares = [Double](repeating: 0, count: sums.count)
    for row in 0..<matrix.rows {
      if rows, !range.contains(row) { continue }
      for column in rows ? 0..<matrix.columns : range {
        let value = Double(matrix.values[row * matrix.columns + column])
        squares[((rows ? row : column) - range.lowerBound) / size] += value * value
      }
    }
    matrixCount += 1
    let total = squares.reduce(0, +)
    guard total > 0 else { return }
    for unit in sums.indices { sums[unit] += squares[unit] / total }
  }

  /// The units with the largest shares, in rising order; of equals the first.
  func largest(_ count: Int) -> [Int] {
    Array(sums.indices.sorted { (-sums[$0], $0) < (-sums[$1], $1) }.prefix(count)).sorted()
  }
}
