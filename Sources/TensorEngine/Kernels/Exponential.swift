/// eˣ of sixteen values; at most 2 ulp from the exact value, 0 below -87.33, e to the 88.37 above 88.37;
/// not-a-number stays one.
///
/// x = n·ln 2 + r with n whole and |r| <= ln 2 / 2; eʳ by a minimax polynomial of degree 6 (fitted in double
/// precision, largest relative error 1.9e-9), times 2ⁿ by adding n to the exponent.
@inline(__always)
func exponential(_ x: Vector) -> Vector {
  let lowest = Vector(repeating: -87.33)
  let clamped = x.maximum(lowest).minimum(Vector(repeating: 88.37))
  // Adding 1.5·2²³ rounds to a whole number and leaves it in the low bits.
  let magic = Vector(repeating: 12_582_912)
  let shifted = magic.addingProduct(clamped, Vector(repeating: 1.442_695_04))
  let n = shifted - magic
  // ln 2 in two parts, so that n·ln 2 is exact to the last bit.
  let r =
    clamped
    .addingProduct(n, Vector(repeating: -0x1.62e400p-1))
    .addingProduct(n, Vector(repeating: -0x1.7f7d1cp-20))
  var p = Vector(repeating: 0.001_383_683_993_5)
  p = Vector(repeating: 0.008_374_817_669_4).addingProduct(p, r)
  p = Vector(repeating: 0.041_668_225_079_8).addingProduct(p, r)
  p = Vector(repeating: 0.166_664_198_041).addingProduct(p, r)
  p = Vector(repeating: 0.499_999_910_593).addingProduct(p, r)
  p = Vector(repeating: 1).addingProduct(p, r)
  p = Vector(repeating: 1).addingProduct(p, r)
  let exponent = unsafeBitCast(shifted, to: SIMD16<UInt32>.self) &<< SIMD16<UInt32>(repeating: 23)
  let scaled = unsafeBitCast(
    unsafeBitCast(p, to: SIMD16<UInt32>.self) &+ exponent, to: Vector.self)
  // The payload of a not-a-number would be taken for an exponent.
  return scaled.replacing(with: 0, where: x .< lowest).replacing(with: x, where: x .!= x)
}
