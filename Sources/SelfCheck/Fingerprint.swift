import RetortRandomness

/// Two numbers that stand for an array: its length as a vector and its projection on hashed numbers, Σ values[i] ·
/// unit("projection", i). A single wrong element moves the projection by about its error.
public struct Fingerprint: Sendable, Equatable {
  public var norm: Double
  public var projection: Double

  public init(norm: Double, projection: Double) {
    (self.norm, self.projection) = (norm, projection)
  }

  init(of values: [Float]) {
    norm = values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    projection = IntegerHash.projection(of: values)
  }

  /// Of numbers that were computed in double precision.
  init(of values: [Double]) { self.init(of: values.map(Float.init)) }

  /// The largest norm of an array that vanishes but for rounding.
  static let zero = 1e-5

  /// Whether this may be what `golden` is in exact arithmetic.
  /// - Parameter tolerance: the error allowed, in norms of the golden array; one whose norm is 0 vanishes
  ///   but for rounding.
  func agrees(with golden: Fingerprint, within tolerance: Double) -> Bool {
    if golden.norm == 0 { return norm <= Self.zero }
    let allowed = tolerance * golden.norm
    return abs(norm - golden.norm) <= allowed && abs(projection - golden.projection) <= allowed
  }
}

/// One array that an operation computed here.
public struct Measurement: Sendable, Equatable {
  public let operation: CheckedOperation
  /// Such as `output`, `loss`, or `∂weight` for the gradient of the weight.
  public let quantity: String
  public var fingerprint: Fingerprint
  /// The error allowed, in norms of the golden array.
  public let tolerance: Double
}
