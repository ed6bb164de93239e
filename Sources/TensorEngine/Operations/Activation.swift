/// Elementwise activations of the classification heads:  y = tanh(x)  and  y = max(x, 0).
///
/// x, y [R, C]. Kept for the backward pass: y alone. Backward: ∂x = g ∘ (1 - y²) and ∂x = g where y > 0.
public enum Activation: Sendable { case tanh, relu }

struct ActivationNode {
  let function: Activation
  let input: Tensor
  let output: Tensor
}

extension ComputeScope {
  /// - Parameter input: x [R, C].
  /// - Returns: y [R, C].
  public func activation(_ function: Activation, _ input: Tensor) -> Tensor {
    let output = makeTensor(
      rows: input.rows, columns: input.columns, differentiable: isDifferentiable(input))
    let (x, y) = (input.pointer, output.pointer)
    let count = input.rows * input.columns
    engine.perform(
      OperationCost(.activation, .forward, values: 2 * count), onEach: 16384, of: count
    ) { range, _ in
      let (x, y) = (x + range.lowerBound, y + range.lowerBound)
      for part in VectorParts(range.count) { store(function.value(load(x, part)), y, part) }
    }
    record(.activation(ActivationNode(function: function, input: input, output: output)))
    return output
  }
}

extension ActivationNode {
  func backward(in scope: ComputeScope, upstream g: UnsafeMutablePointer<Float>) {
    guard scope.isDifferentiable(input) else { return }
    let gradient = scope.gradientForContribution(to: input)
    let y = output.pointer
    let count = output.rows * output.columns
    scope.engine.perform(
      OperationCost(.activation, .backward, values: 3 * count), onEach: 16384, of: count
    ) { range, _ in
      let (g, y) = (g + range.lowerBound, y + range.lowerBound)
      for part in VectorParts(range.count) {
        store(load(g, part) * function.derivative(atOutput: load(y, part)), g, part)
      }
      RowKernels.contribute(
        g, to: gradient.pointer + range.lowerBound, adds: gradient.adds, range.count)
    }
  }
}

extension Activation {
  @inline(__always)
  fileprivate func value(_ x: Vector) -> Vector {
    switch self {
    case .tanh: hyperbolicTangent(x)
    // Written so that not-a-number stays one.
    case .relu: x.replacing(with: Vector.zero, where: x .< Vector.zero)
    }
  }

  @inline(__always)
  fileprivate func derivative(atOutput y: Vector) -> Vector {
    switch self {
    case .tanh: Vector(repeating: 1) - y * y
    case .relu: Vector.zero.replacing(with: Vector(repeating: 1), where: y .> Vector.zero)
    }
  }
}
