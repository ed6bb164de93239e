import Foundation

extension Reference {
  /// AdamW's state of one element, in double precision.
  public struct AdamW: Sendable {
    public var value: Double
    public var first = 0.0
    public var second = 0.0

    public init(_ value: Double) { self.value = value }

    /// Step t = 1, 2, ... as Loshchilov and Hutter's algorithm 2 has it.
    public mutating func step(
      _ t: Int, gradient: Double, learningRate: Double, beta1: Double, beta2: Double,
      epsilon: Double, decay: Double
    ) {
      first = beta1 * first + (1 - beta1) * gradient
      second = beta2 * second + (1 - beta2) * gradient * gradient
      let firstEstimate = first / (1 - pow(beta1, Double(t)))
      let secondEstimate = second / (1 - pow(beta2, Double(t)))
      value -=
        learningRate * (firstEstimate / (secondEstimate.squareRoot() + epsilon) + decay * value)
    }
  }
}
