// Gradients checked against finite differences of a double-precision reference.
//
// Differences are taken in double precision, where they are good to nine digits; in float32 their
// quotients would drown in rounding.
import Testing

/// What the gradients of a scalar function are expected to be: the function, in double precision.
public struct GradientCheck {
  /// The function at given inputs; the random-weighted projection of an operation's output, or a loss.
  public let function: ([Matrix]) -> Double
  public let inputs: [Matrix]
  /// Elements of each input whose derivative is compared one by one.
  public var sampleCount = 40

  public init(at inputs: [Matrix], _ function: @escaping ([Matrix]) -> Double) {
    (self.inputs, self.function) = (inputs, function)
  }

  /// Compares a gradient of one input: elements chosen at random one by one, and all together along
  /// one random direction.
  /// - Parameters:
  ///   - gradient: what was computed, same count as the input.
  ///   - input: which input.
  public func expect(
    _ gradient: [Float], ofInput input: Int, _ tolerance: Tolerance, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let count = inputs[input].values.count
    guard gradient.count == count else {
      Issue.record(
        "\(what): a gradient of \(gradient.count) values for \(count) inputs",
        sourceLocation: sourceLocation)
      return
    }
    var random = RandomInputs(input &* 7919 &+ count)
    let places =
      count <= sampleCount
      ? Array(0..<count) : random.ascending(sampleCount, below: count).map(Int.init)
    expectClose(
      places.map { Double(gradient[$0]) }, places.map { derivative(ofInput: input, at: $0) },
      tolerance, what, sourceLocation: sourceLocation)

    let direction = random.normal(count).map(Double.init)
    let numeric = derivative(ofInput: input, along: direction)
    let terms = zip(gradient, direction).map { Double($0) * $1 }
    let computed = terms.reduce(0, +)
    // Errors of single elements add up like random steps.
    let bound = terms.reduce(0) {
      let allowed = tolerance.absolute + tolerance.relative * $1.magnitude
      return $0 + allowed * allowed
    }
    if !((computed - numeric).magnitude <= 2 * bound.squareRoot()) {
      Issue.record(
        """
        \(what): along a random direction the gradient gives \(computed) where \(numeric) was \
        expected within \(2 * bound.squareRoot())
        """, sourceLocation: sourceLocation)
    }
  }

  private func derivative(ofInput input: Int, at place: Int) -> Double {
    var direction = [Double](repeating: 0, count: inputs[input].values.count)
    direction[place] = 1
    return derivative(ofInput: input, along: direction)
  }

  /// (f(x + h d) - f(x - h d)) / 2 h
  private func derivative(ofInput input: Int, along direction: [Double]) -> Double {
    let step = 1e-5
    func value(_ step: Double) -> Double {
      var moved = inputs
      for i in direction.indices where direction[i] != 0 {
        moved[input].values[i] += step * direction[i]
      }
      return function(moved)
    }
    return (value(step) - value(-step)) / (2 * step)
  }
}
