/// The Mersenne Twister with 19,937 bits of state, as torch's CPU generator uses it.
///
/// Source: Matsumoto, Nishimura 1998 (doi 10.1145/272991.272995), seeding of 2002; torch 2.4.0
/// `aten/src/ATen/core/MT19937RNGEngine.h` draws the same numbers.
public struct MersenneTwister19937: Sendable {
  private static let size = 624
  private static let shift = 397
  private var state: [UInt32]
  private var next: Int

  /// - Parameter seed: only the low 32 bits count, as in torch.
  public init(seed: UInt64) {
    state = [UInt32(truncatingIfNeeded: seed)]
    state.reserveCapacity(Self.size)
    for index in 1..<UInt32(Self.size) {
      let last = state[Int(index) - 1]
      state.append(1_812_433_253 &* (last ^ last >> 30) &+ index)
    }
    next = Self.size
  }

  /// 32 uniform bits.
  public mutating func next32() -> UInt32 {
    if next == Self.size {
      regenerate()
      next = 0
    }
    var y = state[next]
    next += 1
    y ^= y >> 11
    y ^= y << 7 & 0x9D2C_5680
    y ^= y << 15 & 0xEFC6_0000
    return y ^ y >> 18
  }

  private mutating func regenerate() {
    for index in 0..<Self.size {
      let y =
        state[index] & 0x8000_0000 | state[(index + 1) % Self.size] & 0x7FFF_FFFF
      let twist: UInt32 = y & 1 == 0 ? 0 : 0x9908_B0DF
      state[index] = state[(index + Self.shift) % Self.size] ^ y >> 1 ^ twist
    }
  }
}
