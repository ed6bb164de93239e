/// Sixteen float32 values at a time, and the little that kernels need beyond arithmetic.
///
/// Only what compiles to a few instructions is used: `min`, `max` and `sum` of the standard library's vectors
/// become scalar loops, so they are written here as selects and halvings.
typealias Vector = SIMD16<Float>

let vectorWidth = 16

@inline(__always)
func load(_ pointer: UnsafePointer<Float>) -> Vector {
  UnsafeRawPointer(pointer).loadUnaligned(as: Vector.self)
}

@inline(__always)
func load(_ pointer: UnsafeMutablePointer<Float>) -> Vector { load(UnsafePointer(pointer)) }

@inline(__always)
func store(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(pointer).storeBytes(of: vector, as: Vector.self)
}

/// The first `count` values of a row's end, `filler` in the lanes beyond it.
@inline(__always)
func load(_ pointer: UnsafePointer<Float>, count: Int, filler: Float = 0) -> Vector {
  var vector = Vector(repeating: filler)
  for lane in 0..<count { vector[lane] = pointer[lane] }
  return vector
}

@inline(__always)
func store(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>, count: Int) {
  for lane in 0..<count { pointer[lane] = vector[lane] }
}

extension SIMD16 where Scalar == Float {
  /// Sum of the lanes, always in the same order: halves, quarters, pairs.
  @inline(__always)
  var laneSum: Float {
    let eight = lowHalf + highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }

  @inline(__always)
  var laneMaximum: Float {
    let eight = lowHalf.replacing(with: highHalf, where: highHalf .> lowHalf)
    let four = eight.lowHalf.replacing(with: eight.highHalf, where: eight.highHalf .> eight.lowHalf)
    return Swift.max(Swift.max(four.x, four.y), Swift.max(four.z, four.w))
  }

  @inline(__always)
  func maximum(_ other: Self) -> Self { replacing(with: other, where: other .> self) }

  @inline(__always)
  func minimum(_ other: Self) -> Self { replacing(with: other, where: other .< self) }

  @inline(__always)
  var magnitudes: Self {
    unsafeBitCast(
      unsafeBitCast(self, to: SIMD16<UInt32>.self) & SIMD16<UInt32>(repeating: 0x7FFF_FFFF),
      to: Self.self)
  }

  @inline(__always)
  func withSign(of other: Self) -> Self {
    let sign =
      unsafeBitCast(other, to: SIMD16<UInt32>.self) & SIMD16<UInt32>(repeating: 0x8000_0000)
    return unsafeBitCast(unsafeBitCast(self, to: SIMD16<UInt32>.self) | sign, to: Self.self)
  }
}

/// Runs `body` over `count` values in whole vectors and one shorter rest: (offset, lanes in use).
@inline(__always)
func forEachVector(_ count: Int, whole: (Int) -> Void, rest: (Int, Int) -> Void) {
  var offset = 0
  while offset + vectorWidth <= count {
    whole(offset)
    offset += vectorWidth
  }
  if offset < count { rest(offset, count - offset) }
}
