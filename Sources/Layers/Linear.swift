// A linear projection and its parameters.

/// y = x · Wᵀ + b.
public final class Linear: Module, Sendable {
  /// W [O, I]
  public let weight: Parameter
  /// b [O]
  public let bias: Parameter

  /// - Parameters:
  ///   - path: the parameters become `<path>.weight` and `<path>.bias`.
  ///   - inputSize: I.
  ///   - outputSize: O.
  public convenience init(path: String, inputSize: Int, outputSize: Int) {
    self.init(
      weight: Parameter(path: "\(path).weight", kind: .weight, shape: [outputSize, inputSize]),
      bias: Parameter(path: "\(path).bias", kind: .bias, shape: [outputSize]))
  }

  init(weight: Parameter, bias: Parameter) {
    (self.weight, self.bias) = (weight, bias)
  }

  /// Projections of the same input whose weights lie one after another in memory, and so do their
  /// biases, so that one product can compute several of them (`AdjacentLinears`).
  public static func adjacent(
    paths: [String], inputSize: Int, outputSize: Int
  ) -> [Linear] {
    let weights = Parameter.contiguous(
      paths.map { ("\($0).weight", .weight, [outputSize, inputSize]) })
    let biases = Parameter.contiguous(paths.map { ("\($0).bias", .bias, [outputSize]) })
    return zip(weights, biases).map { Linear(weight: $0, bias: $1) }
  }

  /// - Parameter x: [T, I].
  /// - Returns: y [T, O], through `activation`.
  public func callAsFunction(
    _ x: Tensor, activation: LinearActivation = .identity, in scope: ComputeScope
  ) -> Tensor {
    scope.linear(
      x, weight: ParameterSpan(weight), bias: ParameterSpan(bias), activation: activation)
  }

  public func visitParameters(_ visit: (Parameter) -> Void) {
    visit(weight)
    visit(bias)
  }
}

/// Several projections of the same input, made by `Linear.adjacent`, computed as one.
public struct AdjacentLinears: Sendable {
  private let weight: ParameterSpan
  private let bias: ParameterSpan

  public init(_ linears: [Linear]) {
    weight = ParameterSpan(contiguous: linears.map(\.weight))
    bias = ParameterSpan(contiguous: linears.map(\.bias))
  }

  /// - Parameter x: [T, I].
  /// - Returns: the outputs side by side, [T, sum of O].
  public func callAsFunction(_ x: Tensor, in scope: ComputeScope) -> Tensor {
    scope.linear(x, weight: weight, bias: bias)
  }
}
