/// Row kernels of layer normalisation.
extension RowKernels {
  /// y = (x - mean) / √(variance + ε); returns 1 / √(variance + ε). x and y may be the same memory.
  static func normalize(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, epsilon: Float, _ count: Int
  ) -> Float {
    let mean = sum(x, count) / Float(count)
    let center = Vector(repeating: mean)
    // The second pass over centred values loses nothing to cancellation.
    var squares = Vector.zero
    for part in VectorParts(count) {
      let d = load(x, part, filler: mean) - center
      squares.addProduct(d, d)
    }
    let reciprocal = 1 / (squares.laneSum / Float(count) + epsilon).squareRoot()
    let factor = Vector(repeating: reciprocal)
    for part in VectorParts(count) {
      store((load(x, part) - center) * factor, y, part)
    }
    return reciprocal
  }

  /// y = x ∘ scale + shift. x and y may be the same memory.
  static func affine(
    _ x: UnsafePointer<Float>, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>,
    into y: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    for part in VectorParts(count) {
      store(load(shift, part).addingProduct(load(x, part), load(scale, part)), y, part)
    }
  }

  /// In place on g:  h = γ ∘ g;  g = (h - mean(h) - x̂ · mean(h ∘ x̂)) · reciprocal deviation.
  static func normalizeBackward(
    _ g: UnsafeMutablePointer<Float>, normalized: UnsafePointer<Float>, scale: UnsafePointer<Float>,
    reciprocalDeviation: Float, _ count: Int
  ) {
    var (sum, product) = (Vector.zero, Vector.zero)
    for part in VectorParts(count) {
      let h = load(g, part) * load(scale, part)
      sum += h
      product.addProduct(h, load(normalized, part))
    }
    let mean = Vector(repeating: sum.laneSum / Float(count))
    let projection = Vector(repeating: -product.laneSum / Float(count))
    let factor = Vector(repeating: reciprocalDeviation)
    for part in VectorParts(count) {
      let h = load(g, part) * load(scale, part) - mean
      store(h.addingProduct(load(normalized, part), projection) * factor, g, part)
    }
  }

  /// y = x + r
  static func add(
    _ x: UnsafePointer<Float>, _ r: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
    _ count: Int
  ) {
    for part in VectorParts(count) {
      store(load(x, part) + load(r, part), y, part)
    }
  }

  /// y = x + Drop(r)
  static func addDropped(
    _ x: UnsafePointer<Float>, _ r: UnsafePointer<Float>, keep: UnsafePointer<UInt16>, scale: Float,
    into y: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    let scale = Vector(repeating: scale)
    for part in VectorParts(count) {
      let kept = Vector.zero.replacing(
        with: load(r, part) * scale, where: laneMask(keep[part.offset / 16]))
      store(load(x, part) + kept, y, part)
    }
  }

  /// gradient (+)= g
  static func contribute(
    _ g: UnsafePointer<Float>, to gradient: UnsafeMutablePointer<Float>, adds: Bool, _ count: Int
  ) {
    if adds {
      add(g, to: gradient, count)
    } else {
      gradient.update(from: g, count: count)
    }
  }

  /// gradient (+)= Drop'(g): g where units were kept, times the scale; everything where there is no mask.
  static func contributeKept(
    _ g: UnsafePointer<Float>, keep: UnsafePointer<UInt16>?, scale: Float,
    to gradient: UnsafeMutablePointer<Float>, adds: Bool, _ count: Int
  ) {
    guard let keep else { return contribute(g, to: gradient, adds: adds, count) }
    let scale = Vector(repeating: scale)
    for part in VectorParts(count) {
      let kept = Vector.zero.replacing(
        with: load(g, part) * scale, where: laneMask(keep[part.offset / 16]))
      store(adds ? load(gradient, part) + kept : kept, gradient, part)
    }
  }
}

extension DropoutMask {
  /// The keep bits of row `row` of a matrix placed by `placement`.
  func fill(
    _ words: UnsafeMutablePointer<UInt16>, count: Int, row: Int, of placement: RowPlacement
  ) {
    let place = DropoutPlace(
      site: site.index, sequence: Int(placement.sequences[row]),
      position: Int(placement.positions[row]), paddedLength: placement.paddedLength,
      paddedCount: count)
    source.keepMask(of: place, count: count, dropping: site.probability, into: words)
  }
}
