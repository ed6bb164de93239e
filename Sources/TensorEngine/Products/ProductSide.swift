/// One side of a product as it lies in memory: outer index (row of C for the left side, column of C for the right)
/// and inner index, which is summed over.
struct ProductSide {
  let base: UnsafePointer<Float>
  /// Distance between rows in memory.
  let stride: Int
  /// True where a row in memory holds the inner values of one outer index; false where it holds the outer values of
  /// one inner index.
  let isInnerContiguous: Bool

  /// The side whose outer indices are the rows of a matrix in memory.
  init(rowsOf matrix: UnsafePointer<Float>, stride: Int) {
    (base, self.stride, isInnerContiguous) = (matrix, stride, true)
  }

  /// The side whose outer indices are its columns.
  init(columnsOf matrix: UnsafePointer<Float>, stride: Int) {
    (base, self.stride, isInnerContiguous) = (matrix, stride, false)
  }

  /// Packs a panel: for each inner index the values of `outer`, `width` apart, zeros in what `outer` leaves of it.
  @inline(__always)
  func pack(
    outer: Range<Int>, inner: Range<Int>, width: Int, into panel: UnsafeMutablePointer<Float>
  ) {
    if isInnerContiguous {
      PanelPacking.transpose(
        base + outer.lowerBound * stride + inner.lowerBound, stride: stride, rows: outer.count,
        columns: inner.count, width: width, into: panel)
    } else {
      PanelPacking.copy(
        base + inner.lowerBound * stride + outer.lowerBound, stride: stride, rows: inner.count,
        columns: outer.count, width: width, into: panel)
    }
  }
}
