import RetortRandomness

/// The dropout masks of one forward pass of a PyTorch run on a CPU, over its padded batch: of a torch built with
/// MKL, as PyPI's is, whoever made the processor.
///
/// Each call of dropout there takes one number of the default generator; it seeds a multiplicative
/// congruential generator whose values decide the units of the padded tensor in row-major order:
///
///     x₀ = s mod (2³¹ - 1), or 1 in place of 0;   xₖ₊₁ = 1132489760 · xₖ mod (2³¹ - 1)
///     kept if xₖ / (2³¹ - 1) < 1 - p, both sides rounded to float32
///
/// The rounding decides one unit in some thirty million otherwise than double precision would (measured over 1.2
/// billion units of torch 2.4.0, without exception).
/// Any unit can be had directly, by a power of the multiplier, so that only the rows which are computed are asked for.
/// Source: torch 2.4.0 `aten/src/ATen/native/cpu/DistributionKernels.cpp`, `bernoulli_mkl_kernel`; MCG31m1 of oneMKL's
/// "Notes for Vector Statistics" (L'Ecuyer 1999, doi 10.1090/S0025-5718-99-00996-5).
public struct TorchDropout: DropoutMaskSource {
  /// By site index; nothing is drawn where nothing is dropped.
  private var sites: [Site?]

  private struct Site {
    var seed: UInt64
    /// Units of smaller values are kept.
    var bound: UInt64
  }

  /// Takes from the generator what the pass takes.
  /// - Parameter sites: the pass's, in the order of its calls.
  public init(sites: [DropoutSite], drawingFrom generator: inout TorchGenerator) {
    self.sites = [Site?](repeating: nil, count: (sites.map(\.index).max() ?? -1) + 1)
    for site in sites where site.probability > 0 {
      let seed = UInt64(generator.next32()) % Self.modulus
      self.sites[site.index] = Site(
        seed: max(seed, 1), bound: Self.bound(keeping: Float(1 - site.probability)))
    }
  }

  public func keepMask(
    of place: DropoutPlace, count: Int, dropping probability: Double,
    into words: UnsafeMutablePointer<UInt16>
  ) {
    guard let site = sites[place.site] else {
      preconditionFailure("site \(place.site) drops nothing, so it has no masks")
    }
    let row =
      (place.sequence * place.headCount + place.head) * place.paddedLength + place.position
    let start = Self.product(
      site.seed, Self.power(of: Self.multiplier, row * place.paddedCount))
    // Sixteen lanes of consecutive values, all sixteen steps ahead at a time.
    var values = Lanes(repeating: 0)
    var value = start
    for lane in 0..<16 {
      values[lane] = value
      value = Self.product(value, Self.multiplier)
    }
    let step = Lanes(repeating: Self.power(of: Self.multiplier, 16))
    let bound = Lanes(repeating: site.bound)
    for word in 0..<(count + 15) / 16 {
      var bits: UInt16 = 0
      let kept = values .< bound
      for lane in 0..<16 where kept[lane] { bits |= 1 << UInt16(lane) }
      words[word] = bits
      values = Self.product(values, step)
    }
  }

  private typealias Lanes = SIMD16<UInt64>
  private static let modulus: UInt64 = 0x7FFF_FFFF
  private static let multiplier: UInt64 = 1_132_489_760

  /// The smallest value whose quotient is not below `probability` in float32.
  private static func bound(keeping probability: Float) -> UInt64 {
    var (low, high) = (UInt64(0), modulus)
    while low < high {
      let middle = (low + high) / 2
      if Float(Double(middle) / Double(modulus)) < probability {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }

  private static func product(_ a: UInt64, _ b: UInt64) -> UInt64 { a * b % modulus }

  /// The same without a division: 2³¹ is 1 in this arithmetic, so the high part adds to the low.
  @inline(__always)
  private static func product(_ a: Lanes, _ b: Lanes) -> Lanes {
    let low = Lanes(repeating: modulus)
    let product = a &* b
    let once = (product & low) &+ (product &>> 31)
    let twice = (once & low) &+ (once &>> 31)
    return twice.replacing(with: twice &- low, where: twice .>= low)
  }

  private static func power(of base: UInt64, _ exponent: Int) -> UInt64 {
    var (result, square, rest) = (UInt64(1), base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result = product(result, square) }
      square = product(square, square)
      rest >>= 1
    }
    return result
  }
}
