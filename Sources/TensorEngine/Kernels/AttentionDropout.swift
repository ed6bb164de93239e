/// Dropout and softmax on rows of attention probabilities whose sign bit says what was dropped.
enum AttentionDropout {
  /// y = Drop(p); p gets its sign bit set where it was dropped.
  static func drop(
    _ p: UnsafeMutablePointer<Float>, into y: UnsafeMutablePointer<Float>, _ count: Int,
    place: DropoutPlace, mask: DropoutMask
  ) {
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: mask.words(for: count)) { words in
      guard let words = words.baseAddress else { return }
      mask.source.keepMask(
        of: place, count: count, dropping: mask.site.probability, into: words)
      let scale = Vector(repeating: mask.scale)
      for part in VectorParts(count) {
        let value = load(p, part)
        let keep = laneMask(words[part.offset / 16])
        store((-value).replacing(with: value, where: keep), p, part)
        store(Vector.zero.replacing(with: value * scale, where: keep), y, part)
      }
    }
  }

  /// y = Drop(p) again, from the signs.
  static func restore(
    _ p: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, _ count: Int, scale: Float
  ) {
    let scale = Vector(repeating: scale)
    for part in VectorParts(count) {
      store((load(p, part) * scale).maximum(.zero), y, part)
    }
  }

  /// From ∂p̃ in `d`:  ∂p = Drop'(∂p̃), ∂s = p ∘ (∂p - Σ ∂p ∘ p), left in `d`.
  static func softmaxBackward(
    _ d: UnsafeMutablePointer<Float>, probabilities p: UnsafePointer<Float>, _ count: Int,
    scale: Float
  ) {
    let scale = Vector(repeating: scale)
    // Dropped units have their sign bit set, also where the probability itself is zero: -0 counts.
    @inline(__always)
    func gradient(_ d: Vector, _ p: Vector) -> Vector {
      let sign = unsafeBitCast(p, to: SIMD16<Int32>.self) .< SIMD16<Int32>.zero
      return (d * scale).replacing(with: Vector.zero, where: sign)
    }
    var total = Vector.zero
    for part in VectorParts(count) {
      let value = load(p, part)
      total.addProduct(gradient(load(d, part), value), value.magnitudes)
    }
    let sum = Vector(repeating: total.laneSum)
    for part in VectorParts(count) {
      let value = load(p, part)
      store(value.magnitudes * (gradient(load(d, part), value) - sum), d, part)
    }
  }
}
