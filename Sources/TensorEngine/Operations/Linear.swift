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
    let x = UnsafePointer(input.pointer)

    let tiling = Tiling(extent: columns)
    let cost = OperationCost(
      .linear, .forward, flops: OperationCost.flops(rows: rows, columns: columns, inner: inner),
      values: rows * inner + columns * inner + (pre == y ? 1 : 2) * rows * columns)
    engine.perform(cost, tiles: tiling.count) { tile, _ in
      let range = tiling[tile]
      multiply(
        x, strideA: inner, weight.values + range.lowerBound * inner, strideB: inner,
        transposeB: true, into: pre + range.lowerBound, strideC: columns, rows: rows,
        columns: range.count, inner: inner)
      guard bias != nil || activation == .gelu else { return }
      let b = bias.map { UnsafePointer($0.values + range.lowerBound) }
      for row in 0..<rows {
        let offset = row * columns + range.lowerBound
        if let b { RowKernels.add(b, to: pre + offset, range.count) }
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
    let x = input.pointer
    // y = x · Wᵀ: ∂x = g · W, cut along x's columns; ∂W = gᵀ · x, cut along W's rows.
    let inputTiles = scope.isDifferentiable(input) ? Tiling(extent: inner) : Tiling(extent: 0)
    let weightTiles = weight.isTrainable ? Tiling(extent: columns) : Tiling(extent: 0)
    let inputGradient =
      inputTiles.count > 0 ? scope.gradientForContribution(to: input) : nil
    let weightGradient = weight.isTrainable ? weight.gradientForContribution() : nil
    let biasGradient = bias.flatMap { $0.isTrainable ? $0.gradientForContribution() : nil }
    let biasTiles =
      biasGradient != nil && weightGradient == nil ? Tiling(extent: columns) : Tiling(extent: 0)

    let total = inputTiles.count + weightTiles.count + biasTiles.count
    let products = (inputGradient == nil ? 0 : 1) + (weightGradient == nil ? 0 : 1)
    let cost = OperationCost(
      .linear, .backward,
      flops: products * OperationCost.flops(rows: rows, columns: columns, inner: inner),
      values: rows * columns + products * (rows + columns) * inner)
    scope.engine.perform(cost, tiles: total) { tile, _ in
      if tile < inputTiles.count {
        guard let inputGradient else { return }
        let range = inputTiles[tile]
        multiply(
          g, strideA: columns, weight.values + range.lowerBound, strideB: inner,
          into: inputGradient.pointer + range.lowerBound, strideC: inner, rows: rows,
          columns: range.count, inner: columns, beta: inputGradient.adds ? 1 : 0)
        return
      }
      let range = (weightGradient == nil ? biasTiles : weightTiles)[tile - inputTiles.count]
      if let weightGradient {
        multiply(
          g + range.lowerBound, strideA: columns, transposeA: true, x, strideB: inner,
          into: weightGradient.0 + range.lowerBound * inner, strideC: inner, rows: range.count,
          columns: inner, inner: rows, beta: weightGradient.adds ? 1 : 0)
      }
      if let biasGradient {
        ColumnKernels.addColumnSums(
          of: g, rows: rows, stride: columns, columns: range, to: biasGradient.0,
          adds: biasGradient.adds)
      }
    }
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
