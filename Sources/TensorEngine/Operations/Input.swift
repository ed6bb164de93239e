/// Values from outside as a tensor of a scope.
extension ComputeScope {
  /// Copies `values` in.
  /// - Parameters:
  ///   - values: [rows, columns], row-major.
  ///   - differentiable: whether a backward pass computes a gradient for it.
  public func input(
    _ values: UnsafeBufferPointer<Float>, rows: Int, columns: Int, differentiable: Bool = false
  ) -> Tensor {
    precondition(
      values.count == rows * columns, "\(values.count) values for a tensor [\(rows), \(columns)]")
    let tensor = makeTensor(rows: rows, columns: columns, differentiable: differentiable)
    engine.perform(OperationCost(.input, .forward, values: 2 * values.count)) {
      if let source = values.baseAddress {
        tensor.pointer.update(from: source, count: values.count)
      }
    }
    return tensor
  }

  public func input(
    _ values: [Float], rows: Int, columns: Int, differentiable: Bool = false
  ) -> Tensor {
    values.withUnsafeBufferPointer {
      input($0, rows: rows, columns: columns, differentiable: differentiable)
    }
  }

  /// The gradient of a tensor after `backward()`, nil if nothing depended on it. Gradients of what operations
  /// made are passed on and gone by then; those of inputs stay.
  public func gradientValues(of tensor: Tensor) -> [Float]? {
    gradient(of: tensor).map {
      Array(UnsafeBufferPointer(start: $0, count: tensor.rows * tensor.columns))
    }
  }
}
