import Glibc

/// Products of four rows of scores at a time, in memory that stays in the first cache: what a loss between attention
/// scores is made of. S = x · yᵀ with y transposed beforehand; rows are as long as `stride`, a multiple of sixteen, and what
/// lies beyond a sequence's length is zero throughout.
enum ScoreKernels {
  /// Rows at a time.
  static let rows = 4

  /// The length of a row with room for whole vectors.
  static func stride(_ length: Int) -> Int {
    (length + vectorWidth - 1) / vectorWidth * vectorWidth
  }

  /// yᵀ [inner, stride] of y [length, inner], zero behind `length`.
  static func transpose(
    _ y: UnsafePointer<Float>, strideY: Int, length: Int, inner: Int, stride: Int,
    into transposed: UnsafeMutablePointer<Float>
  ) {
    for c in 0..<inner {
      let row = transposed + c * stride
      for j in 0..<length { row[j] = y[j * strideY + c] }
      for j in length..<stride { row[j] = 0 }
    }
  }

  /// factor · x of up to four rows [rows, inner], zero for those that are not there.
  static func take(
    _ x: UnsafePointer<Float>, strideX: Int, rows: Int, inner: Int, times factor: Float,
    into block: UnsafeMutablePointer<Float>
  ) {
    let factor = Vector(repeating: factor)
    for row in 0..<Self.rows {
      let target = block + row * inner
      guard row < rows else {
        target.update(repeating: 0, count: inner)
        continue
      }
      let source = x + row * strideX
      for part in VectorParts(inner) { store(load(source, part) * factor, target, part) }
    }
  }

  /// s [4, stride] = x [4, inner] · yᵀ [inner, stride]
  static func scores(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, inner: Int, stride: Int,
    into s: UnsafeMutablePointer<Float>
  ) {
    let (x1, x2, x3) = (x + inner, x + 2 * inner, x + 3 * inner)
    let (s1, s2, s3) = (s + stride, s + 2 * stride, s + 3 * stride)
    var column = 0
    while column + 2 * vectorWidth <= stride {
      var (a0, a1, a2, a3) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
      var (b0, b1, b2, b3) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
      for c in 0..<inner {
        let left = load(y + c &* stride + column)
        let right = load(y + c &* stride + column + vectorWidth)
        let (v0, v1) = (Vector(repeating: x[c]), Vector(repeating: x1[c]))
        let (v2, v3) = (Vector(repeating: x2[c]), Vector(repeating: x3[c]))
        a0.addProduct(left, v0)
        b0.addProduct(right, v0)
        a1.addProduct(left, v1)
        b1.addProduct(right, v1)
        a2.addProduct(left, v2)
        b2.addProduct(right, v2)
        a3.addProduct(left, v3)
        b3.addProduct(right, v3)
      }
      store(a0, s + column)
      store(b0, s + column + vectorWidth)
      store(a1, s1 + column)
      store(b1, s1 + column + vectorWidth)
      store(a2, s2 + column)
      store(b2, s2 + column + vectorWidth)
      store(a3, s3 + column)
      store(b3, s3 + column + vectorWidth)
      column += 2 * vectorWidth
    }
    guard column < stride else { return }
    var (a0, a1, a2, a3) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
    for c in 0..<inner {
      let value = load(y + c &* stride + column)
      a0.addProduct(value, Vector(repeating: x[c]))
      a1.addProduct(value, Vector(repeating: x1[c]))
      a2.addProduct(value, Vector(repeating: x2[c]))
      a3.addProduct(value, Vector(repeating: x3[c]))
    }
    store(a0, s + column)
    store(a1, s1 + column)
    store(a2, s2 + column)
    store(a3, s3 + column)
  }

  /// ∂x of up to four rows: gradient [rows, inner] += factor · ∂s [rows, stride] · y.
  static func addRowGradients(
    _ ds: UnsafePointer<Float>, _ y: UnsafePointer<Float>, inner: Int, stride: Int, rows: Int,
    times factor: Float, to gradient: UnsafeMutablePointer<Float>, strideG: Int
  ) {
    let (ds1, ds2, ds3) = (ds + stride, ds + 2 * stride, ds + 3 * stride)
    for c in 0..<inner {
      let column = y + c * stride
      var (a0, a1, a2, a3) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
      var j = 0
      while j < stride {
        let value = load(column + j)
        a0.addProduct(load(ds + j), value)
        a1.addProduct(load(ds1 + j), value)
        a2.addProduct(load(ds2 + j), value)
        a3.addProduct(load(ds3 + j), value)
        j += vectorWidth
      }
      let place = gradient + c
      place[0] += factor * a0.laneSum
      if rows > 1 { place[strideG] += factor * a1.laneSum }
      if rows > 2 { place[2 * strideG] += factor * a2.laneSum }
      if rows > 3 { place[3 * strideG] += factor * a3.laneSum }
    }
  }

  /// ∂yᵀ [inner, stride] += x [4, inner]ᵀ · ∂s [4, stride]
  static func addColumnGradients(
    _ x: UnsafePointer<Float>, _ ds: UnsafePointer<Float>, inner: Int, stride: Int,
    to dy: UnsafeMutablePointer<Float>
  ) {
    let (x1, x2, x3) = (x + inner, x + 2 * inner, x + 3 * inner)
    var j = 0
    while j < stride {
      let (d0, d1) = (load(ds + j), load(ds + stride + j))
      let (d2, d3) = (load(ds + 2 * stride + j), load(ds + 3 * stride + j))
      for c in 0..<inner {
        let place = dy + c &* stride + j
        var sum = load(place)
        sum.addProduct(d0, Vector(repeating: x[c]))
        sum.addProduct(d1, Vector(repeating: x1[c]))
        sum.addProduct(d2, Vector(repeating: x2[c]))
        sum.addProduct(d3, Vector(repeating: x3[c]))
        store(sum, place)
      }
      j += vectorWidth
    }
  }

  /// gradient [length, inner] += dyᵀ, of dy [inner, stride].
  static func addTransposed(
    _ dy: UnsafePointer<Float>, length: Int, inner: Int, stride: Int,
    to gradient: UnsafeMutablePointer<Float>, strideG: Int
  ) {
    for j in 0..<length {
      let row = gradient + j * strideG
      for c in 0..<inner { row[c] += dy[c * stride + j] }
    }
  }
}

// MARK: - Rows of scores compared

extension ScoreKernels {
  /// Σ (s - t)²; the gradient with respect to s, times `scale`, takes the place of s.
  static func squaredError(
    _ s: UnsafeMutablePointer<Float>, _ t: UnsafePointer<Float>, _ count: Int, scale: Double
  ) -> Double {
    let factor = Vector(repeating: Float(2 * scale))
    var total = Vector.zero
    for part in VectorParts(count) {
      let difference = load(s, part) - load(t, part)
      total.addProduct(difference, difference)
      store(difference * factor, s, part)
    }
    return Double(total.laneSum)
  }

  /// KL(softmax(t) ‖ softmax(s)). In place of s comes the gradient, softmax(s) - softmax(t), times `scale`; t is used up.
  ///
  /// With z = s - max s and u = t - max t it is  Σ eᵘ (u - z) / Σ eᵘ - log Σ eᵘ + log Σ eᶻ: no quotient of probabilities.
  static func divergence(
    _ s: UnsafeMutablePointer<Float>, _ t: UnsafeMutablePointer<Float>, _ count: Int, scale: Double
  ) -> Double {
    let highestS = Vector(repeating: RowKernels.maximum(s, count))
    let highestT = Vector(repeating: RowKernels.maximum(t, count))
    var (totalS, totalT, weighted) = (Vector.zero, Vector.zero, Vector.zero)
    for part in VectorParts(count) {
      let z = load(s, part, filler: -.infinity) - highestS
      let u = load(t, part, filler: -.infinity) - highestT
      let (powerS, powerT) = (exponential(z), exponential(u))
      totalS += powerS
      totalT += powerT
      // Lanes that are not in use have no difference: -∞ from -∞ is none.
      weighted.addProduct(powerT, (load(t, part) - highestT) - (load(s, part) - highestS))
      store(powerS, s, part)
      store(powerT, t, part)
    }
    let (sumS, sumT) = (Double(totalS.laneSum), Double(totalT.laneSum))
    let (ofS, ofT) = (
      Vector(repeating: Float(scale / sumS)), Vector(repeating: Float(scale / sumT))
    )
    for part in VectorParts(count) {
      store(load(s, part) * ofS - load(t, part) * ofT, s, part)
    }
    return Double(weighted.laneSum) / sumT - log(sumT) + log(sumS)
  }

  /// Σ (softmax(s) - softmax(t))²; the gradient with respect to s, times `scale`, takes the place of s, and softmax(t)
  /// that of t.
  static func probabilityError(
    _ s: UnsafeMutablePointer<Float>, _ t: UnsafeMutablePointer<Float>, _ count: Int, scale: Double
  ) -> Double {
    RowKernels.softmax(s, count)
    RowKernels.softmax(t, count)
    let factor = Vector(repeating: Float(2 * scale))
    var (total, inner) = (Vector.zero, Vector.zero)
    for part in VectorParts(count) {
      let p = load(s, part)
      let difference = p - load(t, part)
      total.addProduct(difference, difference)
      inner.addProduct(p, difference)
    }
    let mean = Vector(repeating: inner.laneSum)
    for part in VectorParts(count) {
      let p = load(s, part)
      store(p * (p - load(t, part) - mean) * factor, s, part)
    }
    return Double(total.laneSum)
  }

  /// Σ q log(q/p) of distributions p and q; the gradient with respect to p, -q/p times `scale`, takes the place of p.
  /// A p below 10⁻³⁰ counts as that much.
  static func divergenceOfProbabilities(
    _ p: UnsafeMutablePointer<Float>, _ q: UnsafePointer<Float>, _ count: Int, scale: Double
  ) -> Double {
    var total = 0.0
    for i in 0..<count {
      let own = Double(max(p[i], 1e-30))
      if q[i] > 0 { total += Double(q[i]) * log(Double(q[i]) / own) }
      p[i] = Float(-scale * Double(q[i]) / own)
    }
    return total
  }

  /// ∂s = p ∘ (g - Σ p ∘ g), in place of p = softmax(s), g = ∂loss/∂p.
  static func softmaxBackward(
    _ p: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>, _ count: Int
  ) {
    let mean = Vector(repeating: RowKernels.dot(p, g, count))
    for part in VectorParts(count) {
      store(load(p, part) * (load(g, part) - mean), p, part)
    }
  }
}
