/// Sums down the columns of a matrix: gradients of biases and of normalisation parameters. A column's rows are
/// added in order, so the result does not depend on how columns are shared out.
enum ColumnKernels {
  /// sums[c] (+)= Σ over rows of x[row, c], for the columns given.
  static func addColumnSums(
    of x: UnsafePointer<Float>, rows: Int, stride: Int, columns: Range<Int>,
    to sums: UnsafeMutablePointer<Float>, adds: Bool
  ) {
    var start = columns.lowerBound
    // Four vectors at a time: as many cache lines of a row as are fetched together.
    while start + 4 * vectorWidth <= columns.upperBound {
      var (a, b, c, d) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
      for row in 0..<rows {
        let p = x + row * stride + start
        a += load(p)
        b += load(p + 16)
        c += load(p + 32)
        d += load(p + 48)
      }
      let s = sums + start
      if adds {
        a += load(s)
        b += load(s + 16)
        c += load(s + 32)
        d += load(s + 48)
      }
      store(a, s)
      store(b, s + 16)
      store(c, s + 32)
      store(d, s + 48)
      start += 4 * vectorWidth
    }
    for part in VectorParts(columns.upperBound - start) {
      var total = Vector.zero
      for row in 0..<rows { total += load(x + row * stride + start, part) }
      if adds { total += load(sums + start, part) }
      store(total, sums + start, part)
    }
  }

  /// sums[c] (+)= Σ over rows of x[row, c] · y[row, c], for the columns given.
  static func addColumnProducts(
    of x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, rows: Int, stride: Int,
    columns: Range<Int>, to sums: UnsafeMutablePointer<Float>, adds: Bool
  ) {
    let start = columns.lowerBound
    for part in VectorParts(columns.count) {
      var total = Vector.zero
      for row in 0..<rows {
        let offset = row * stride + start
        total.addProduct(load(x + offset, part), load(y + offset, part))
      }
      if adds { total += load(sums + start, part) }
      store(total, sums + start, part)
    }
  }
}

/// Sums down the columns of a matrix cut into tiles, for work that goes on beside it: sums[c] (+)= Σ over rows of x[row, c].
struct ColumnSums {
  private let x: UnsafePointer<Float>
  private let rows: Int
  private let columns: Int
  private let target: (pointer: UnsafeMutablePointer<Float>, adds: Bool)?

  private static let tileWidth = 512

  /// - Parameters:
  ///   - x: [rows, columns]
  ///   - target: where the sums go; nil if nobody wants them.
  init(
    of x: UnsafePointer<Float>, rows: Int, columns: Int,
    to target: (pointer: UnsafeMutablePointer<Float>, adds: Bool)?
  ) {
    (self.x, self.rows, self.columns, self.target) = (x, rows, columns, target)
  }

  var tiles: Int { target == nil ? 0 : (columns + Self.tileWidth - 1) / Self.tileWidth }

  func compute(tile: Int) {
    guard let target else { return }
    let range = tile * Self.tileWidth..<min((tile + 1) * Self.tileWidth, columns)
    ColumnKernels.addColumnSums(
      of: x, rows: rows, stride: columns, columns: range, to: target.pointer, adds: target.adds)
  }
}
