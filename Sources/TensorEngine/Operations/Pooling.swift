/// One vector a sequence, and vectors of length 1.
///
/// Mean over a sequence's rows:  y[n] = 1/L Σ x[i], i in the sequence.  x [T, C] → y [N, C].  Backward: ∂x[i] += g[n] / L.
struct MeanOfSequencesNode {
  let input: Tensor
  let output: Tensor
  let layout: SequenceLayout
}

/// Rows of length 1:  y = x/‖x‖.  x, y [R, C].  Backward: ∂x += (g - (g·y) y) / ‖x‖.  A norm below 10⁻¹² counts as 10⁻¹², as in
/// torch.nn.functional.normalize. Kept for the backward pass: the norms [R].
struct UnitRowsNode {
  let input: Tensor
  let output: Tensor
  let norms: UnsafeMutablePointer<Float>
}

extension ComputeScope {
  /// - Parameters:
  ///   - input: x [T, C].
  ///   - layout: where each of the N sequences begins.
  /// - Returns: the means y [N, C].
  public func meanOfSequences(_ input: Tensor, layout: SequenceLayout) -> Tensor {
    precondition(
      input.rows == layout.tokenCount, "\(input.shape) of \(layout.tokenCount) tokens")
    let (count, columns) = (layout.sequenceCount, input.columns)
    let output = makeTensor(
      rows: count, columns: columns, differentiable: isDifferentiable(input))
    let (x, y) = (input.pointer, output.pointer)
    let cost = OperationCost(.pooling, .forward, values: (input.rows + count) * columns)
    engine.perform(cost, onEach: 1, of: count) { range, _ in
      let n = range.lowerBound
      let rows = Int(layout.offsets[n])..<Int(layout.offsets[n + 1])
      let factor = Vector(repeating: 1 / Float(rows.count))
      for part in VectorParts(columns) {
        var total = Vector.zero
        for row in rows { total += load(x + row * columns, part) }
        store(total * factor, y + n * columns, part)
      }
    }
    if isDifferentiable(output) {
      record(
        .meanOfSequences(MeanOfSequencesNode(input: input, output: output, layout: layout)))
    }
    return output
  }

  /// - Parameter input: x [R, C].
  /// - Returns: y [R, C], each row of length 1.
  public func unitRows(_ input: Tensor) -> Tensor {
    let (count, columns) = (input.rows, input.columns)
    let output = makeTensor(
      rows: count, columns: columns, differentiable: isDifferentiable(input))
    let norms = allocate(count, of: Float.self)
    let (x, y) = (input.pointer, output.pointer)
    let cost = OperationCost(.pooling, .forward, values: 2 * count * columns)
    engine.perform(cost, onEach: 16, of: count) { range, _ in
      for row in range {
        let norm = RowKernels.norm(x + row * columns, columns)
        norms[row] = Float(norm)
        let factor = Vector(repeating: Float(1 / norm))
        for part in VectorParts(columns) {
          store(load(x + row * columns, part) * factor, y + row * columns, part)
        }
      }
    }
    if isDifferentiable(output) {
      record(.unitRows(UnitRowsNode(input: input, output: output, norms: norms)))
    }
    return output
  }
}

extension MeanOfSequencesNode {
  func backward(in scope: ComputeScope, upstream g: UnsafeMutablePointer<Float>) {
    guard scope.isDifferentiable(input) else { return }
    let columns = input.columns
    let gradient = scope.gradientForContribution(to: input)
    let cost = OperationCost(
      .pooling, .backward,
      values: (output.rows + (gradient.adds ? 2 : 1) * input.rows) * columns)
    scope.engine.perform(cost, onEach: 1, of: output.rows) { range, _ in
      let n = range.lowerBound
      let rows = Int(layout.offsets[n])..<Int(layout.offsets[n + 1])
      let factor = Vector(repeating: 1 / Float(rows.count))
      for part in VectorParts(columns) {
        let share = load(g + n * columns, part) * factor
        for row in rows {
          let place = gradient.pointer + row * columns
          store(gradient.adds ? load(place, part) + share : share, place, part)
        }
      }
    }
  }
}

extension UnitRowsNode {
  func backward(in scope: ComputeScope, upstream g: UnsafeMutablePointer<Float>) {
    guard scope.isDifferentiable(input) else { return }
    let columns = input.columns
    let gradient = scope.gradientForContribution(to: input)
    let y = output.pointer
    let cost = OperationCost(
      .pooling, .backward, values: (gradient.adds ? 4 : 3) * input.rows * columns)
    scope.engine.perform(cost, onEach: 16, of: input.rows) { range, _ in
      for row in range {
        let (g, y) = (g + row * columns, y + row * columns)
        let place = gradient.pointer + row * columns
        // Of a norm that was taken for the least one, y is x times a constant.
        let isUnit = norms[row] > Float(RowKernels.leastNorm)
        let along = Vector(repeating: isUnit ? -RowKernels.dot(g, y, columns) : 0)
        let factor = Vector(repeating: 1 / norms[row])
        for part in VectorParts(columns) {
          let new = load(g, part).addingProduct(load(y, part), along) * factor
          store(gradient.adds ? load(place, part) + new : new, place, part)
        }
      }
    }
  }
}
