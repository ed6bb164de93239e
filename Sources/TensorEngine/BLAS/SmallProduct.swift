import CRetortOpenBLAS

/// One single-threaded product of matrices that fit the first cache, through OpenBLAS's kernels for small ones:
/// C = alpha · op(A) · op(B) + beta · C, all row-major. What is larger goes to `Engine.multiply`.
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
