import CRetortOpenBLAS

/// The part of a product that is computed at a time, as the register file allows.
enum PanelShape {
  #if RETORT_KERNELS_V4
    /// Rows of C: with two vectors each, 28 of 32 registers accumulate.
    static let rows = 14
    static let vectors = 2
  #else
    /// With one vector of two registers each, 12 of 16 accumulate.
    static let rows = 6
    static let vectors = 1
  #endif
  /// Columns of C.
  static let columns = vectors * vectorWidth
}

/// The innermost loop of every large product: some rows of C, `PanelShape.columns` wide, stay in registers while the
/// inner dimension runs past.
///
/// A turn of the loop loads one row of a packed panel of B and multiplies it with each value of a column of a packed
/// panel of A: 28 independent fused multiply-adds for 16 loads. A value of C is a chain of fused multiply-adds in the
/// order of the inner dimension, whatever the width of vectors and panels.
/// Source of the scheme: Goto, van de Geijn 2008 (doi 10.1145/1356052.1356053).
enum MicroKernel {
  /// C[rows, columns] (+)= A · B over one block of the inner dimension.
  /// - Parameters:
  ///   - rows: 1...`PanelShape.rows`, the width of the packed panel of A.
  ///   - inner: how many values of the inner dimension both panels hold.
  ///   - a, b: the panels, [inner, rows] and [inner, `PanelShape.columns`].
  ///   - c: the first value of the result; `stride` from one of its rows to the next.
  ///   - columns: 1...`PanelShape.columns`, how many columns the result has here.
  ///   - adds: whether the sums are added to what is in C or take its place.
  ///   - ahead: memory to call in meanwhile.
  static func run(
    rows: Int, inner: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    into c: UnsafeMutablePointer<Float>, stride: Int, columns: Int, adds: Bool, ahead: ReadAhead
  ) {
    let target = Target(first: c, stride: stride, columns: Int32(columns), adds: adds)
    switch rows {
    case 1: accumulate(RowCount<1>.self, inner, a, b, target, ahead)
    case 2: accumulate(RowCount<2>.self, inner, a, b, target, ahead)
    case 3: accumulate(RowCount<3>.self, inner, a, b, target, ahead)
    case 4: accumulate(RowCount<4>.self, inner, a, b, target, ahead)
    case 5: accumulate(RowCount<5>.self, inner, a, b, target, ahead)
    case 6: accumulate(RowCount<6>.self, inner, a, b, target, ahead)
    #if RETORT_KERNELS_V4
      case 7: accumulate(RowCount<7>.self, inner, a, b, target, ahead)
      case 8: accumulate(RowCount<8>.self, inner, a, b, target, ahead)
      case 9: accumulate(RowCount<9>.self, inner, a, b, target, ahead)
      case 10: accumulate(RowCount<10>.self, inner, a, b, target, ahead)
      case 11: accumulate(RowCount<11>.self, inner, a, b, target, ahead)
      case 12: accumulate(RowCount<12>.self, inner, a, b, target, ahead)
      case 13: accumulate(RowCount<13>.self, inner, a, b, target, ahead)
      case 14: accumulate(RowCount<14>.self, inner, a, b, target, ahead)
    #endif
    default: preconditionFailure("a panel of \(rows) rows")
    }
  }

  /// A number of rows as a type: the loop for each is compiled by itself, without the rows that it has not.
  private struct RowCount<let rows: Int> {}

  /// Where the sums go.
  private struct Target {
    let first: UnsafeMutablePointer<Float>
    let stride: Int
    let columns: Int32
    let adds: Bool

    @inline(__always)
    func write(_ sums: PanelRow, row: Int) {
      let c = first + row * stride
      write(sums.left, c, VectorPart(offset: 0, remaining: columns))
      #if RETORT_KERNELS_V4
        let width = Int32(vectorWidth)
        write(sums.right, c, VectorPart(offset: vectorWidth, remaining: columns - width))
      #endif
    }

    /// Lanes beyond the result's columns are masked off.
    @inline(__always)
    private func write(_ sum: Vector, _ c: UnsafeMutablePointer<Float>, _ part: VectorPart) {
      store(adds ? load(c, part) + sum : sum, c, part)
    }
  }

  // Fourteen variables and no array or larger structure: only so does the compiler keep them in registers.
  @inline(never)
  private static func accumulate<let rows: Int>(
    _: RowCount<rows>.Type, _ inner: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    _ target: Target, _ ahead: ReadAhead
  ) {
    var (a, b) = (a, b)
    var (line, remaining) = (ahead.first, inner)
    var c0 = PanelRow.zero
    var c1 = PanelRow.zero
    var c2 = PanelRow.zero
    var c3 = PanelRow.zero
    var c4 = PanelRow.zero
    var c5 = PanelRow.zero
    var c6 = PanelRow.zero
    var c7 = PanelRow.zero
    var c8 = PanelRow.zero
    var c9 = PanelRow.zero
    var c10 = PanelRow.zero
    var c11 = PanelRow.zero
    var c12 = PanelRow.zero
    var c13 = PanelRow.zero
    while remaining > 0 {
      retort_prefetch(line)
      retort_prefetch(line + ahead.pair)
      line += ahead.step
      let turns = min(ahead.turns, remaining)
      remaining -= turns
      for _ in 0..<turns {
        let row = PanelRow(b)
        if rows > 0 { c0 = c0.adding(a[0], row) }
        if rows > 1 { c1 = c1.adding(a[1], row) }
        if rows > 2 { c2 = c2.adding(a[2], row) }
        if rows > 3 { c3 = c3.adding(a[3], row) }
        if rows > 4 { c4 = c4.adding(a[4], row) }
        if rows > 5 { c5 = c5.adding(a[5], row) }
        if rows > 6 { c6 = c6.adding(a[6], row) }
        if rows > 7 { c7 = c7.adding(a[7], row) }
        if rows > 8 { c8 = c8.adding(a[8], row) }
        if rows > 9 { c9 = c9.adding(a[9], row) }
        if rows > 10 { c10 = c10.adding(a[10], row) }
        if rows > 11 { c11 = c11.adding(a[11], row) }
        if rows > 12 { c12 = c12.adding(a[12], row) }
        if rows > 13 { c13 = c13.adding(a[13], row) }
        a += rows
        b += PanelShape.columns
      }
    }
    if rows > 0 { target.write(c0, row: 0) }
    if rows > 1 { target.write(c1, row: 1) }
    if rows > 2 { target.write(c2, row: 2) }
    if rows > 3 { target.write(c3, row: 3) }
    if rows > 4 { target.write(c4, row: 4) }
    if rows > 5 { target.write(c5, row: 5) }
    if rows > 6 { target.write(c6, row: 6) }
    if rows > 7 { target.write(c7, row: 7) }
    if rows > 8 { target.write(c8, row: 8) }
    if rows > 9 { target.write(c9, row: 9) }
    if rows > 10 { target.write(c10, row: 10) }
    if rows > 11 { target.write(c11, row: 11) }
    if rows > 12 { target.write(c12, row: 12) }
    if rows > 13 { target.write(c13, row: 13) }
  }
}

/// Values of one row of a panel of B, or sums of one row of C.
private struct PanelRow {
  let left: Vector
  #if RETORT_KERNELS_V4
    let right: Vector

    @inline(__always)
    init(_ b: UnsafePointer<Float>) { (left, right) = (load(b), load(b + vectorWidth)) }

    @inline(__always)
    private init(_ left: Vector, _ right: Vector) { (self.left, self.right) = (left, right) }

    static var zero: Self {
      @inline(__always) get { Self(.zero, .zero) }
    }

    @inline(__always)
    func adding(_ a: Float, _ b: Self) -> Self {
      let value = Vector(repeating: a)
      return Self(left.addingProduct(value, b.left), right.addingProduct(value, b.right))
    }
  #else
    @inline(__always)
    init(_ b: UnsafePointer<Float>) { left = load(b) }

    @inline(__always)
    private init(_ left: Vector) { self.left = left }

    static var zero: Self {
      @inline(__always) get { Self(.zero) }
    }

    @inline(__always)
    func adding(_ a: Float, _ b: Self) -> Self {
      Self(left.addingProduct(Vector(repeating: a), b.left))
    }
  #endif
}
