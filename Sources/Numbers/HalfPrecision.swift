// Conversion of whole arrays between float32 and the 16-bit floating-point types.

/// IEEE binary16 and bfloat16 to float32 and back, with integer arithmetic and selections that the
/// compiler turns into vector instructions of any processor: this room is built for all of them, and
/// the HDF5 library's conversion is a hundred times slower. Correct also where subnormals are flushed.
public enum HalfPrecision {
  /// Rounds to nearest, ties to even. What is too large, infinities among it, becomes ±65504.
  /// - Parameter target: room for as many values as there are in `source`; binary16 bits.
  /// - Returns: how many values were too large. Not-a-numbers stay what they are and are not counted.
  public static func narrow(
    _ source: UnsafeBufferPointer<Float>, into target: UnsafeMutablePointer<UInt16>
  ) -> Int {
    guard let start = source.baseAddress else { return 0 }
    var overflows = 0
    // In blocks, so that the counter inside is as wide as the values.
    for block in stride(from: 0, to: source.count, by: 4096) {
      var count: Int32 = 0
      for index in block..<min(block &+ 4096, source.count) {
        let value = start[index]
        target[index] = narrow(value)
        let magnitude = Int32(truncatingIfNeeded: value.bitPattern & 0x7fff_ffff)
        count &+= (magnitude >= 0x477f_f000 ? 1 : 0) & (magnitude <= 0x7f80_0000 ? 1 : 0)
      }
      overflows &+= Int(count)
    }
    return overflows
  }

  /// Exact. - Parameter source: `target.count` binary16 numbers, at any address.
  public static func widen(
    _ source: UnsafeRawPointer, into target: UnsafeMutableBufferPointer<Float>
  ) {
    guard let start = target.baseAddress else { return }
    for index in 0..<target.count {
      let half = source.loadUnaligned(fromByteOffset: 2 &* index, as: UInt16.self)
      start[index] = widen(UInt32(half))
    }
  }

  /// Exact. - Parameter source: `target.count` bfloat16 numbers, at any address.
  public static func widenBFloat16(
    _ source: UnsafeRawPointer, into target: UnsafeMutableBufferPointer<Float>
  ) {
    guard let start = target.baseAddress else { return }
    for index in 0..<target.count {
      let half = source.loadUnaligned(fromByteOffset: 2 &* index, as: UInt16.self)
      start[index] = Float(bitPattern: UInt32(half) &<< 16)
    }
  }

  @inline(__always)
  private static func narrow(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let magnitude = bits & 0x7fff_ffff
    let order = Int32(bitPattern: magnitude)  // floats sort as their bits do
    // Normal: the exponent moves from bias 127 to 15, and half a unit less one, or half a unit
    // where the last kept bit is odd, is added before the thirteen bits below it are cut off.
    let odd = (magnitude &>> 13) & 1
    let normal = (magnitude &+ 0xc800_0fff &+ odd) &>> 13
    // Subnormal: beside 0.5 the last place of a float32 is that of binary16's subnormals.
    let subnormal = (Float(bitPattern: magnitude) + 0.5).bitPattern &- 0x3f00_0000
    var half = order < 0x3880_0000 ? subnormal : normal
    // From 65520 on, half way between 65504 and what would follow it.
    half = order >= 0x477f_f000 ? 0x7bff : half
    half = order > 0x7f80_0000 ? 0x7e00 : half
    return UInt16(truncatingIfNeeded: half | ((bits &>> 16) & 0x8000))
  }

  @inline(__always)
  private static func widen(_ half: UInt32) -> Float {
    let magnitude = half & 0x7fff
    let order = Int32(bitPattern: magnitude)
    let moved = magnitude &<< 13
    // Subnormal: as the fraction of a number of exponent -14, less the one that this puts before it.
    let fraction = (Float(bitPattern: moved &+ (113 &<< 23)) - 0x1p-14).bitPattern
    var bits = moved &+ (112 &<< 23)
    bits = order >= 0x7c00 ? moved &+ (224 &<< 23) : bits
    bits = order < 0x0400 ? fraction : bits
    return Float(bitPattern: bits | ((half & 0x8000) &<< 16))
  }
}
