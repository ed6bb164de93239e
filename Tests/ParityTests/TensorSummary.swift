// Large tensors told by norm, projection and samples, as Tests/Peers/summaries.py puts them.
import RetortRandomness
import RetortTensorEngine
import RetortTestSupport
import Testing

extension Fixture {
  /// Compares a tensor with the summary at `index` of those under `prefix`.
  /// - Parameter relative: the error allowed, measured in the tensor's norm (norm, projection) and in its
  ///   largest sample (samples).
  func expectSummary(
    of values: [Float], _ prefix: String, at index: Int, relative: Double, what: String
  ) throws {
    let norm = try doubles("\(prefix)_norms")[index]
    let projection = try doubles("\(prefix)_projections")[index]
    let places = try integers("\(prefix)_places")[index * 64..<(index + 1) * 64]
    let samples = try doubles("\(prefix)_samples")[index * 64..<(index + 1) * 64]
    let squares = values.reduce(0.0) { $0 + Double($1) * Double($1) }
    let reason = "float32 through the layers before it"
    expectClose(
      [squares.squareRoot()], [norm], Tolerance(relative: relative, absolute: 0, because: reason),
      "norm of \(what)")
    // Measured beside the norm: a projection may be near 0 by chance.
    expectClose(
      [norm + IntegerHash.projection(of: values)], [norm + projection],
      Tolerance(relative: 0, absolute: relative * norm, because: reason), "projection of \(what)",
      scale: norm)
    let largest = samples.reduce(0) { max($0, $1.magnitude) }
    expectClose(
      places.map { values[Int($0)] }, Array(samples),
      Tolerance(relative: relative, absolute: relative * largest, because: reason), what)
  }
}

extension Parameter {
  /// A weight as Tests/Peers/integer_hash.py states it: value(name, i), a scale 1 + value.
  func fill(from hash: IntegerHash) {
    let base: Float = kind == .normScale ? 1 : 0
    for i in values.indices { values[i] = base + hash.unit(i) / 8 }
  }
}
