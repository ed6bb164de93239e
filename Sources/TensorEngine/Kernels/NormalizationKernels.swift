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
    forEachVector(count) {
      let d = load(x + $0) - center
      squares.addProduct(d, d)
    } rest: {
      let d = load(x + $0, count: $1, filler: mean) - center
      squares.addProduct(d, d)
    }
    let reciprocal = 1 / (squares.laneSum / Float(count) + epsilon).squareRoot()
    let factor = Vector(repeating: reciprocal)
    forEachVector(count) {
      store((load(x + $0) - center) * factor, y + $0)
    } rest: {
      store((load(x + $0, count: $1) - center) * factor, y + $0, count: $1)
    }
    return reciprocal
  }

  /// y = x ∘ scale + shift. x and y may be the same memory.
  static func affine(
    _ x: UnsafePointer<Float>, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>,
    into y: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    forEachVector(count) {
      store(load(shift + $0).addingProduct(load(x + $0), load(scale + $0)), y + $0)
    } rest: {
      store(
        load(shift + $0, count: $1).addingProduct(
          load(x + $0, count: $1), load(scale + $0, count: $1)), y + $0, count: $1)
    }
  }

  /// In place on g:  h = γ ∘ g;  g = (h - mean(h) - x̂ · mean(h ∘ x̂)) · reciprocal deviation.
  static func normalizeBackward(
    _ g: UnsafeMutablePointer<Float>, normalized: UnsafePointer<Float>, scale: UnsafePointer<Float>,
    reciprocalDeviation: Float, _ count: Int
  ) {
    var (sum, product) = (Vector.zero, Vector.zero)
    forEachVector(count) {
      let h = load(g + $0) * load(scale + $0)
      sum += h
      product.addProduct(h, load(normalized + $0))
    } rest: {
      let h = load(g + $0, count: $1) * load(scale + $0, count: $1)
      sum += h
      product.addProduct(h, load(normalized + $0, count: $1))
    }
    let mean = Vector(repeating: sum.laneSum / Float(count))
    let projection = Vector(repeating: -product.laneSum / Float(count))
    let factor = Vector(repeating: reciprocalDeviation)
    forEachVector(count) {
      let h = load(g + $0) * load(scale + $0) - mean
      store(h.addingProduct(load(normalized + $0), projection) * factor, g + $0)
    } rest: {
      let h = load(g + $0, count: $1) * load(scale + $0, count: $1) - mean
      store(
        h.addingProduct(load(normalized + $0, count: $1), projection) * factor, g + $0, count: $1)
    }
  }

  /// y = x + r
  static func add(
    _ x: UnsafePointer<Float>, _ r: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
    _ count: Int
  ) {
    forEachVector(count) {
      store(load(x + $0) + load(r + $0), y + $0)
    } rest: {
      store(load(x + $0, count: $1) + load(r + $0, count: $1), y + $0, count: $1)
    }
  }

  /// y = x + Drop(r)
  static func addDropped(
    _ x: UnsafePointer<Float>, _ r: UnsafePointer<Float>, keep: UnsafePointer<UInt16>, scale: Float,
    into y: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    let scale = Vector(repeating: scale)
    forEachVector(count) { offset in
      let kept = Vector.zero.replacing(
        with: load(r + offset) * scale, where: laneMask(keep[offset / 16]))
      store(load(x + offset) + kept, y + offset)
    } rest: { offset, lanes in
      let kept = Vector.zero.replacing(
        with: load(r + offset, count: lanes) * scale, where: laneMask(keep[offset / 16]))
      store(load(x + offset, count: lanes) + kept, y + offset, count: lanes)
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
    forEachVector(count) { offset in
      let kept = Vector.zero.replacing(
        with: load(g + offset) * scale, where: laneMask(keep[offset / 16]))
      store(adds ? load(gradient + offset) + kept : kept, gradient + offset)
    } rest: { offset, lanes in
      let kept = Vector.zero.replacing(
        with: load(g + offset, count: lanes) * scale, where: laneMask(keep[offset / 16]))
      let old = adds ? load(gradient + offset, count: lanes) : .zero
      store(old + kept, gradient + offset, count: lanes)
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
      position: Int(placement.positions[row]), paddedLength: placement.paddedLength)
    source.keepMask(of: place, count: count, dropping: site.probability, into: words)
  }
}
