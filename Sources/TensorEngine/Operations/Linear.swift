/// Linear projection, alone or followed by GELU:  y = x · Wᵀ + b,  or  y = GELU(x · Wᵀ + b).
///
/// x [T, I], W [O, I], b [O] → y [T, O]. Backward, with g = ∂loss/∂y (through GELU: g ∘ GELU'(pre)):
/// ∂x = g · W, ∂W = gᵀ · x, ∂b = Σ over rows of g.
public enum LinearActivation: Sendable { case identity, gelu }

struct LinearNode {
  let input: Tensor
  let weight: ParameterSpan
  let bias: ParameterSpan?
  let output: Tensor
  /// Values before GELU; the derivative is taken there.
  let preactivation: UnsafeMutablePointer<Float>?
}

extension ComputeScope {
  /// - Parameters:
  ///   - input: x [T, I].
  ///   - weight: W [O, I]; several adjacent parameters make one projection.
  ///   - bias: b [O], or nil for none.
  ///   - activation: what follows.
  /// - Returns: y [T, O].
  /// - Source: torch.nn.functional.linear; GELU in its erf form.
  public func linear(
    _ input: Tensor, weight: ParameterSpan, bias: ParameterSpan?,
    activation: LinearActivation = .identity
  ) -> Tensor {
    let (rows, inner, columns) = (input.rows, weight.columns, weight.rows)
    precondition(
      input.columns == inner, "linear: input \(input.shape) for a weight [\(columns), \(inner)]")
    precondition(
      bias.map { $0.columns == columns } ?? true, "linear: a bias must have \(columns) values")
    let differentiable =
      isDifferentiable(input) || weight.isTrainable || bias?.isTrainable ?? false
    let output = makeTensor(rows: rows, columns: columns, differentiable: differentiable)
    let y = output.pointer
    // The product goes to `pre`; without GELU that is the output itself.
    let pre =
      activation == .gelu && isRecording ? allocate(rows * columns, of: Float.self) : y
    let cost = OperationCost(
      .linear, .forward, flops: OperationCost.flops(rows: rows, columns: columns, inner: inner),
      values: rows * inner + columns * inner + (pre == y ? 1 : 2) * rows * columns)
    var product = MatrixProduct(
      ProductSide(rowsOf: input.pointer, stride: inner),
      ProductSide(rowsOf: weight.values, stride: inner), into: pre, rows: rows, columns: columns,
      inner: inner)
    if !isRecording {
      product.packedRight = weight.packedWeights?.panels(for: product, on: engine)
    }
    engine.multiply(cost, [product]) { _, rows, range in
      guard bias != nil || activation == .gelu else { return }
      for row in rows {
        let offset = row * columns + range.lowerBound
        if let bias {
          RowKernels.add(bias.values + range.lowerBound, to: pre + offset, range.count)
        }
        if activation == .gelu { RowKernels.gelu(pre + offset, into: y + offset, range.count) }
      }
    }
    record(
      .linear(
        LinearNode(
          input: input, weight: weight, bias: bias, output: output,
          preactivation: activation == .gelu ? pre : nil)))
    return output
  }
}

extension LinearNode {
  func backward(in scope: ComputeScope, upstream g: UnsafeMutablePointer<Float>) {
    let (rows, inner, columns) = (input.rows, weight.columns, weight.rows)
    if let preactivation {
      // y = GELU(pre), so g becomes g · GELU'(pre), in place: nobody reads it after this node.
      scope.engine.perform(
        OperationCost(.gelu, .backward, values: 3 * rows * columns), onEach: 16384,
        of: rows * columns
      ) { range, _ in
        RowKernels.geluBackward(
          g + range.lowerBound, at: preactivation + range.lowerBound, range.count)
      }
    }
    let inputGradient =
      scope.isDifferentiable(input) ? scope.gradientForContribution(to: input) : nil
    let weightGradient = weight.isTrainable ? weight.gradientForContribution() : nil
    let biasGradient = bias.flatMap { $0.isTrainable ? $0.gradientForContribution() : nil }
    var products: [MatrixProduct] = []
    if let inputGradient {  // ∂x = g · W
      products.append(
        MatrixProduct(
          ProductSide(rowsOf: g, stride: columns),
          ProductSide(columnsOf: weight.values, stride: inner), into: inputGradient.pointer,
          rows: rows, columns: inner, inner: columns, adds: inputGradient.adds))
    }
    if let weightGradient {  // ∂W = gᵀ · x
      products.append(
        MatrixProduct(
          ProductSide(columnsOf: g, stride: columns),
          ProductSide(columnsOf: input.pointer, stride: inner), into: weightGradient.0,
          rows: columns, columns: inner, inner: rows, adds: weightGradient.adds))
    }
    let cost = OperationCost(
      .linear, .backward,
      flops: products.count * OperationCost.flops(rows: rows, columns: columns, inner: inner),
      values: rows * columns + products.count * (rows + columns) * inner)
    let sums = ColumnSums(of: g, rows: rows, columns: columns, to: biasGradient)
    scope.engine.multiply(cost, products, beside: (sums.tiles, sums.compute))
  }
}

extension RowKernels {
  /// y = GELU(x)
  static func gelu(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    for part in VectorParts(count) {
      store(GELU.value(load(x, part)), y, part)
    }
  }

  /// g *= GELU'(x)
  static func geluBackward(
    _ g: UnsafeMutablePointer<Float>, at x: UnsafePointer<Float>, _ count: Int
  ) {
    for part in VectorParts(count) {
      store(load(g, part) * GELU.derivative(load(x, part)), g, part)
    }
  }
}
