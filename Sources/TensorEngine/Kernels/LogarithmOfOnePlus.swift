/// ln(1 + x) of sixteen values from 0 to 1; at most 2e-7 from the exact value, not-a-number stays one.
///
/// ln(1 + x) = 2 artanh(r) with r = x/(2 + x), at most 1/3: the series r + r³/3 + … + r¹⁵/15, what is left out is below 1e-9.
@inline(__always)
func logarithmOfOnePlus(_ x: Vector) -> Vector {
  let r = x / (x + 2)
  let square = r * r
  var sum = Vector(repeating: 1 / 15)
  sum = Vector(repeating: 1 / 13).addingProduct(sum, square)
  sum = Vector(repeating: 1 / 11).addingProduct(sum, square)
  sum = Vector(repeating: 1 / 9).addingProduct(sum, square)
  sum = Vector(repeating: 1 / 7).addingProduct(sum, square)
  sum = Vector(repeating: 1 / 5).addingProduct(sum, square)
  sum = Vector(repeating: 1 / 3).addingProduct(sum, square)
  sum = Vector(repeating: 1).addingProduct(sum, square)
  return (r + r) * sum
}

/// ln(1 + eˣ) of sixteen values, without overflow.
@inline(__always)
func softplus(_ x: Vector) -> Vector {
  x.maximum(.zero) + logarithmOfOnePlus(exponential(-x.magnitudes))
}
