/// What a stream of random numbers is drawn for. Streams of one seed are independent of each other:
/// adding draws to one never moves another.
public enum StreamName: UInt32, Sendable, CaseIterable {
  case initialization = 1
  case order = 2
  case masking = 3
  case dropout = 4
  case synthesis = 5
  case resampling = 6
  case augmentation = 7
}

/// A named stream of counter-based random numbers: value `n` of the stream is a function of seed,
/// name, place and `n` alone, whatever else was drawn before, on any thread, in any process.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private let key: SIMD2<UInt32>
  private let place: SIMD3<UInt32>
  private var blockIndex: UInt32 = 0
  private var block = SIMD4<UInt32>()
  private var used = 4

  /// - Parameters:
  ///   - seed: the experiment's or the stage's seed.
  ///   - name: what the numbers are for.
  ///   - place: two numbers of the caller's choice, such as (epoch, 0) or (step, micro-batch).
  public init(seed: UInt64, name: StreamName, place: (UInt32, UInt32) = (0, 0)) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    self.place = SIMD3(name.rawValue, place.0, place.1)
  }

  /// 32 uniform bits.
  public mutating func next32() -> UInt32 {
    if used == 4 {
      block = Philox.block(counter: SIMD4(blockIndex, place.x, place.y, place.z), key: key)
      blockIndex += 1
      used = 0
    }
    defer { used += 1 }
    return block[used]
  }

  /// 64 uniform bits.
  public mutating func next() -> UInt64 { UInt64(next32()) << 32 | UInt64(next32()) }

  /// Uniform in [0, 1) with 24 random bits: every value is exact in float32.
  public mutating func uniform() -> Float { Float(next32() >> 8) * 0x1p-24 }

  /// Uniform in [0, 1) with 53 random bits.
  public mutating func uniformDouble() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform integer in 0..<bound, without bias (Lemire 2019, doi 10.1145/3230636).
  public mutating func integer(below bound: UInt32) -> UInt32 {
    precondition(bound > 0, "a bound must be positive")
    var product = next32().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next32().multipliedFullWidth(by: bound) }
    }
    return product.high
  }

  /// 0..<count in uniformly random order (Fisher-Yates).
  public mutating func permutation(count: Int) -> [Int] {
    var order = Array(0..<count)
    for i in order.indices.reversed().dropLast() {
      order.swapAt(i, Int(integer(below: UInt32(i + 1))))
    }
    return order
  }
}
