/// One product  C (+)= A · B,  all matrices row-major.
///
/// A [rows, inner], B [inner, columns], C [rows, columns].
struct MatrixProduct {
  /// A, by rows of C.
  let left: ProductSide
  /// B, by columns of C.
  let right: ProductSide
  let result: UnsafeMutablePointer<Float>
  let rows: Int
  let columns: Int
  let inner: Int
  /// Whether the product is added to what is in C or takes its place.
  let adds: Bool
  /// B in panels (`PackedWeights`), where it is kept so.
  var packedRight: UnsafePointer<Float>?

  /// - Parameter result: C, its rows one after another.
  init(
    _ left: ProductSide, _ right: ProductSide, into result: UnsafeMutablePointer<Float>,
    rows: Int, columns: Int, inner: Int, adds: Bool = false
  ) {
    (self.left, self.right, self.result, self.adds) = (left, right, result, adds)
    (self.rows, self.columns, self.inner) = (rows, columns, inner)
  }
}
