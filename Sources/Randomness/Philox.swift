/// Philox4x32-10: a counter-based generator. A block of 128 random bits is a pure function of a
/// 64-bit key and a 128-bit counter, so any value can be had directly from its place.
///
/// Source: Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3
/// (doi 10.1145/2063384.2063405); known answers from Random123's `kat_vectors`.
public enum Philox {
  public static let multipliers: (UInt32, UInt32) = (0xD251_1F53, 0xCD9E_8D57)
  public static let keyIncrements: (UInt32, UInt32) = (0x9E37_79B9, 0xBB67_AE85)
  public static let rounds = 10

  /// The block at `counter` under `key`.
  public static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var (c, k) = (counter, key)
    for _ in 0..<rounds {
      let first = multipliers.0.multipliedFullWidth(by: c.x)
      let second = multipliers.1.multipliedFullWidth(by: c.z)
      c = SIMD4(second.high ^ c.y ^ k.x, second.low, first.high ^ c.w ^ k.y, first.low)
      k = SIMD2(k.x &+ keyIncrements.0, k.y &+ keyIncrements.1)
    }
    return c
  }
}
