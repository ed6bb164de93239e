/// torch's default generator on a CPU, and how many numbers it has given: the seed and that count are
/// all of its state, but for one half of a pair of normal values drawn one by one.
///
/// Source: torch 2.4.0 `aten/src/ATen/CPUGeneratorImpl.cpp`, `aten/src/ATen/core/TransformationHelper.h`.
public struct TorchGenerator: Sendable {
  /// 32-bit numbers drawn since it was seeded.
  public private(set) var drawCount = 0
  private var twister: MersenneTwister19937
  /// The half of a pair of normal values that the next one takes.
  var spareNormal: Double?

  /// - Parameters:
  ///   - seed: what `torch.manual_seed` was given.
  ///   - drawCount: numbers to pass over, to go on where a generator of this seed stood.
  public init(seed: UInt64, drawCount: Int = 0) {
    twister = MersenneTwister19937(seed: seed)
    for _ in 0..<drawCount { _ = next32() }
  }

  /// `random()`
  public mutating func next32() -> UInt32 {
    drawCount += 1
    return twister.next32()
  }

  /// `random64()`: the first number drawn is the high half.
  public mutating func next64() -> UInt64 {
    let high = next32()
    return UInt64(high) << 32 | UInt64(next32())
  }

  /// Uniform in [0, 1), as `uniform_real_distribution<float>` makes it.
  mutating func uniform() -> Float { Float(next32() & 0xFF_FFFF) * 0x1p-24 }

  /// Uniform in [0, 1), as `uniform_real_distribution<double>` makes it.
  mutating func uniformDouble() -> Double {
    Double(next64() & 0x1F_FFFF_FFFF_FFFF) * 0x1p-53
  }
}
