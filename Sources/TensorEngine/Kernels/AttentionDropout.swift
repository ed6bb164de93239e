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
      forEachVector(count) { offset in
        let value = load(p + offset)
        let keep = laneMask(words[offset / 16])
        store((-value).replacing(with: value, where: keep), p + offset)
        store(Vector.zero.replacing(with: value * scale, where: keep), y + offset)
      } rest: { offset, lanes in
        let value = load(p + offset, count: lanes)
        let keep = laneMask(words[offset / 16])
        store((-value).replacing(with: value, where: keep), p + offset, count: lanes)
        store(Vector.zero.replacing(with: value * scale, where: keep), y + offset, count: lanes)
      }
    }
  }

  /// y = Drop(p) again, from the signs.
  static func restore(
    _ p: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, _ count: Int, scale: Float
  ) {
    let scale = Vector(repeating: scale)
    forEachVector(count) {
      store((load(p + $0) * scale).maximum(.zero), y + $0)
    } rest: {
      store((load(p + $0, count: $1) * scale).maximum(.zero), y + $0, count: $1)
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
    forEachVector(count) {
      let value = load(p + $0)
      total.addProduct(gradient(load(d + $0), value), value.magnitudes)
    } rest: {
      let value = load(p + $0, count: $1)
      total.addProduct(gradient(load(d + $0, count: $1), value), value.magnitudes)
    }
    let sum = Vector(repeating: total.laneSum)
    forEachVector(count) {
      let value = load(p + $0)
      store(value.magnitudes * (gradient(load(d + $0), value) - sum), d + $0)
    } rest: {
      let value = load(p + $0, count: $1)
      store(value.magnitudes * (gradient(load(d + $0, count: $1), value) - sum), d + $0, count: $1)
    }
  }
}
