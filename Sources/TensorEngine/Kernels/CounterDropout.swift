import CRetortOpenBLAS
import RetortRandomness

/// Dropout masks from the counter-based generator: the fate of a unit is a function of seed, step,
/// micro-batch and place.
public struct CounterDropout: DropoutMaskSource {
  private let key: SIMD2<UInt32>

  public init(seed: UInt64, step: Int, microBatch: Int) {
    // A stream's own first block is the key of its masks: one more Philox makes steps independent.
    var stream = RandomStream(
      seed: seed, name: .dropout,
      place: (UInt32(truncatingIfNeeded: step), UInt32(truncatingIfNeeded: microBatch)))
    key = SIMD2(stream.next32(), stream.next32())
  }

  public func keepMask(
    of place: DropoutPlace, count: Int, dropping probability: Double,
    into words: UnsafeMutablePointer<UInt16>
  ) {
    // The probability as float32 has it: what this version of the numerics draws by.
    let threshold = UInt32(
      min((1 - Double(Float(probability))) * 4_294_967_296, 4_294_967_295))
    let lanes = SIMD16<UInt32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    let wordCount = (count + 15) / 16
    var block: UInt32 = 0
    var word = 0
    // Sixteen blocks side by side give 64 units: output o of lane l decides unit 16·o + l.
    while word < wordCount {
      var c0 = lanes &+ SIMD16(repeating: block)
      var c1 = SIMD16<UInt32>(repeating: UInt32(truncatingIfNeeded: place.site << 16 | place.head))
      var c2 = SIMD16<UInt32>(repeating: UInt32(truncatingIfNeeded: place.sequence))
      var c3 = SIMD16<UInt32>(repeating: UInt32(truncatingIfNeeded: place.position))
      var k = key
      for _ in 0..<Philox.rounds {
        let (high0, low0) = product(c0, Philox.multipliers.0)
        let (high1, low1) = product(c2, Philox.multipliers.1)
        (c0, c1, c2, c3) = (
          high1 ^ c1 ^ SIMD16(repeating: k.x), low1, high0 ^ c3 ^ SIMD16(repeating: k.y), low0
        )
        k = SIMD2(k.x &+ Philox.keyIncrements.0, k.y &+ Philox.keyIncrements.1)
      }
      words[word] = retort_bits_below(c0, threshold)
      if word + 1 < wordCount { words[word + 1] = retort_bits_below(c1, threshold) }
      if word + 2 < wordCount { words[word + 2] = retort_bits_below(c2, threshold) }
      if word + 3 < wordCount { words[word + 3] = retort_bits_below(c3, threshold) }
      word += 4
      block += 16
    }
  }

  /// The two halves of the products: of the even lanes and of the odd ones by themselves, because the
  /// processor multiplies 32-bit numbers where a 64-bit product has room.
  @inline(__always)
  private func product(
    _ a: SIMD16<UInt32>, _ b: UInt32
  ) -> (high: SIMD16<UInt32>, low: SIMD16<UInt32>) {
    let half = SIMD8<UInt64>(repeating: 32)
    let lowBits = SIMD8<UInt64>(repeating: 0xFFFF_FFFF)
    let factor = SIMD8<UInt64>(repeating: UInt64(b))
    let pairs = unsafeBitCast(a, to: SIMD8<UInt64>.self)
    let even = (pairs & lowBits) &* factor
    let odd = (pairs &>> half) &* factor
    let high = (even &>> half) | (odd & ~lowBits)
    let low = (even & lowBits) | (odd &<< half)
    return (
      unsafeBitCast(high, to: SIMD16<UInt32>.self), unsafeBitCast(low, to: SIMD16<UInt32>.self)
    )
  }
}

/// All ones in the lanes whose bit is set, for use as a bit mask of sixteen float32 values.
@inline(__always)
func laneMask(_ bits: UInt16) -> SIMDMask<SIMD16<Int32>> {
  let weights = SIMD16<Int32>(
    1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)
  return (weights & SIMD16<Int32>(repeating: Int32(bits))) .!= SIMD16<Int32>.zero
}
