import COpenBLAS

/// One single-threaded matrix product through OpenBLAS: C = alpha · op(A) · op(B) + beta · C, all row-major.
/// `strideA` and the like are the distances between rows in memory.
@inline(__always)
func multiply(
  _ a: UnsafePointer<Float>, strideA: Int, transposeA: Bool = false,
  _ b: UnsafePointer<Float>, strideB: Int, transposeB: Bool = false,
  into c: UnsafeMutablePointer<Float>, strideC: Int,
  rows m: Int, columns n: Int, inner k: Int, alpha: Float = 1, beta: Float = 0
) {
  cblas_sgemm(
    CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
    Int32(m), Int32(n), Int32(k), alpha, a, Int32(strideA), b, Int32(strideB), beta, c,
    Int32(strideC))
}

/// How a product is cut into tiles: along one side of the result, by shape alone.
///
/// A tile is one single-threaded OpenBLAS call. The cut may not depend on the number of threads, because most
/// of OpenBLAS's kernels round differently when the same product is cut differently.
struct Tiling {
  let width: Int
  let extent: Int

  /// - Parameter extent: length of the side of the result that is cut.
  init(extent: Int) {
    // At most eight tiles, for as many workers; at least 192 wide, below which packing the other operand
    // costs more than it spreads; at most 1024, so that a vocabulary's product is well spread.
    let eighth = (extent + 7) / 8
    width = max(192, min(1024, (eighth + 15) & ~15))
    self.extent = extent
  }

  var count: Int { extent == 0 ? 0 : (extent + width - 1) / width }

  /// The part of the side that belongs to a tile.
  subscript(tile: Int) -> Range<Int> { tile * width..<min((tile + 1) * width, extent) }
}
