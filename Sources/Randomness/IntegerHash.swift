// Numbers that both sides compute instead of storing.

/// The integer hash that Tests/Peers/integer_hash.py states: element i of a tensor by its name, exact in
/// float32.
public struct IntegerHash: Sendable {
  private let key: UInt32

  public init(name: String) {
    key = name.utf8.reduce(0x811c_9dc5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
  }

  /// In [-0.5, 0.5), a multiple of 2^-24.
  public func unit(_ index: Int) -> Float {
    let hash = Self.mix(Self.mix(UInt32(index) &+ 0x9e37_79b9) ^ key)
    return Float(hash >> 8) * 0x1p-24 - 0.5
  }

  /// The first `count` elements as whole numbers in 0..<bound: ⌊(unit + ½) · bound⌋ in double precision.
  public func integers(_ count: Int, below bound: Int) -> [Int32] {
    (0..<count).map { Int32((Double(unit($0)) + 0.5) * Double(bound)) }
  }

  /// The first `count` elements times a power of two.
  public func values(_ count: Int, scale: Float) -> [Float] {
    (0..<count).map { unit($0) * scale }
  }

  /// Σ values[i] · unit("projection", i).
  public static func projection(of values: [Float]) -> Double {
    let hash = IntegerHash(name: "projection")
    var total = 0.0
    for (i, value) in values.enumerated() { total += Double(value) * Double(hash.unit(i)) }
    return total
  }

  private static func mix(_ value: UInt32) -> UInt32 {
    var x = value
    x ^= x >> 16
    x = x &* 0x7feb_352d
    x ^= x >> 15
    x = x &* 0x846c_a68b
    return x ^ (x >> 16)
  }
}
