import CRetortOpenBLAS

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

/// Up to sixteen neighbouring values of a row.
struct VectorPart {
  /// Where in the row they begin.
  let offset: Int
  /// How many values of the row begin there; lanes from this one on are not in use.
  let remaining: Int32
}

/// 0..<count in sixteens and one shorter rest. A kernel is one loop over it: the processor masks the lanes
/// that are not in use, so that rests cost no more than whole vectors.
struct VectorParts: Sequence, IteratorProtocol {
  private var offset = 0
  private let count: Int

  /// - Parameter count: below 2³¹.
  @inline(__always)
  init(_ count: Int) { self.count = count }

  @inline(__always)
  mutating func next() -> VectorPart? {
    guard offset < count else { return nil }
    defer { offset &+= vectorWidth }
    return VectorPart(offset: offset, remaining: Int32(truncatingIfNeeded: count &- offset))
  }
}

/// The values of a part, `filler` in the lanes that are not in use.
@inline(__always)
func load(_ row: UnsafePointer<Float>, _ part: VectorPart, filler: Float = 0) -> Vector {
  retort_load(row + part.offset, part.remaining, Vector(repeating: filler))
}

@inline(__always)
func load(_ row: UnsafeMutablePointer<Float>, _ part: VectorPart, filler: Float = 0) -> Vector {
  load(UnsafePointer(row), part, filler: filler)
}

/// Stores the lanes in use.
@inline(__always)
func store(_ vector: Vector, _ row: UnsafeMutablePointer<Float>, _ part: VectorPart) {
  retort_store(vector, row + part.offset, part.remaining)
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

/// Sixteen values in double precision, for sums that must not lose digits.
struct WideVector {
  var low: SIMD8<Double>
  var high: SIMD8<Double>

  @inline(__always)
  init(low: SIMD8<Double> = .zero, high: SIMD8<Double> = .zero) {
    (self.low, self.high) = (low, high)
  }

  @inline(__always)
  init(_ values: Vector) {
    self.init(low: retort_widen(values.lowHalf), high: retort_widen(values.highHalf))
  }

  /// Each rounded once.
  @inline(__always)
  var rounded: Vector { Vector(lowHalf: retort_narrow(low), highHalf: retort_narrow(high)) }

  @inline(__always)
  static func - (a: Self, b: Self) -> Self { Self(low: a.low - b.low, high: a.high - b.high) }

  @inline(__always)
  static func * (a: Self, factor: Double) -> Self {
    Self(low: a.low * factor, high: a.high * factor)
  }

  @inline(__always)
  mutating func addSquare(of other: Self) {
    low.addProduct(other.low, other.low)
    high.addProduct(other.high, other.high)
  }

  /// Sum of the lanes, always in the same order: halves, quarters, pairs.
  @inline(__always)
  var laneSum: Double {
    let eight = low + high
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }
}
