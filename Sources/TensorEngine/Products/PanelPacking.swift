/// Copies parts of matrices into panels, in the order in which `MicroKernel` reads them.
enum PanelPacking {
  /// panel[r, c] = x[r, c] for `columns` of `width` values, zero beyond.
  static func copy(
    _ x: UnsafePointer<Float>, stride: Int, rows: Int, columns: Int, width: Int,
    into panel: UnsafeMutablePointer<Float>
  ) {
    for start in Swift.stride(from: 0, to: width, by: vectorWidth) {
      let used = VectorPart(offset: start, remaining: Int32(max(0, columns - start)))
      let written = VectorPart(offset: start, remaining: Int32(width - start))
      for row in 0..<rows {
        store(load(x + row * stride, used), panel + row * width, written)
      }
    }
  }

  /// panel[c, r] = x[r, c] for `rows` of `width` values, zero beyond.
  static func transpose(
    _ x: UnsafePointer<Float>, stride: Int, rows: Int, columns: Int, width: Int,
    into panel: UnsafeMutablePointer<Float>
  ) {
    for first in Swift.stride(from: 0, to: width, by: vectorWidth) {
      let count = max(0, min(rows - first, vectorWidth))
      let written = VectorPart(offset: first, remaining: Int32(width - first))
      for part in VectorParts(columns) {
        let block = Square(x + first * stride, stride: stride, rows: count, part: part).transposed
        let target = panel + part.offset * width
        block.store(
          to: target, stride: width, rows: min(Int(part.remaining), vectorWidth), part: written)
      }
    }
  }

  /// Sixteen vectors of sixteen, each in a register.
  private struct Square {
    private let r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11, r12, r13, r14, r15: Vector

    /// Rows beyond `rows` are zero.
    @inline(__always)
    init(_ x: UnsafePointer<Float>, stride: Int, rows: Int, part: VectorPart) {
      @inline(__always)
      func row(_ index: Int) -> Vector {
        index < rows ? RetortTensorEngine.load(x + index * stride, part) : .zero
      }
      r0 = row(0)
      r1 = row(1)
      r2 = row(2)
      r3 = row(3)
      r4 = row(4)
      r5 = row(5)
      r6 = row(6)
      r7 = row(7)
      r8 = row(8)
      r9 = row(9)
      r10 = row(10)
      r11 = row(11)
      r12 = row(12)
      r13 = row(13)
      r14 = row(14)
      r15 = row(15)
    }

    @inline(__always)
    private init(unzipping x: Square) {
      (r0, r8) = Self.unzip(x.r0, x.r1)
      (r1, r9) = Self.unzip(x.r2, x.r3)
      (r2, r10) = Self.unzip(x.r4, x.r5)
      (r3, r11) = Self.unzip(x.r6, x.r7)
      (r4, r12) = Self.unzip(x.r8, x.r9)
      (r5, r13) = Self.unzip(x.r10, x.r11)
      (r6, r14) = Self.unzip(x.r12, x.r13)
      (r7, r15) = Self.unzip(x.r14, x.r15)
    }

    /// Four times: of each two neighbours the even places, then the odd ones. Each time moves one bit of a value's
    /// column from its place in the vector to the number of its vector, and one bit of its row the other way.
    var transposed: Square {
      @inline(__always)
      get { Square(unzipping: Square(unzipping: Square(unzipping: Square(unzipping: self)))) }
    }

    @inline(__always)
    private static func unzip(_ a: Vector, _ b: Vector) -> (even: Vector, odd: Vector) {
      let both = SIMD32(lowHalf: a, highHalf: b)
      return (both.evenHalf, both.oddHalf)
    }

    /// Stores the first `rows` rows.
    @inline(__always)
    func store(to y: UnsafeMutablePointer<Float>, stride: Int, rows: Int, part: VectorPart) {
      @inline(__always)
      func put(_ row: Vector, _ index: Int) {
        if index < rows { RetortTensorEngine.store(row, y + index * stride, part) }
      }
      put(r0, 0)
      put(r1, 1)
      put(r2, 2)
      put(r3, 3)
      put(r4, 4)
      put(r5, 5)
      put(r6, 6)
      put(r7, 7)
      put(r8, 8)
      put(r9, 9)
      put(r10, 10)
      put(r11, 11)
      put(r12, 12)
      put(r13, 13)
      put(r14, 14)
      put(r15, 15)
    }
  }
}
