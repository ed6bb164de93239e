/// Layer normalisation, alone or after a residual connection with dropout:
///
///     s = x,  or  s = x + Drop(r)
///     y = γ ∘ (s - mean(s)) / √(var(s) + ε) + β      mean and (biased) variance over a row's C features
///
/// x, r [R, C], γ, β [C] → y [R, C]. Kept for the backward pass: x̂ = (s - mean) / √(var + ε) and the reciprocal
/// deviation of every row. Backward, with g = ∂loss/∂y and h = γ ∘ g: ∂s = (h - mean(h) - x̂ · mean(h ∘ x̂)) / √(var + ε);
/// ∂x = ∂s, ∂r = Drop'(∂s), ∂γ = Σ over rows of g ∘ x̂, ∂β = Σ over rows of g.
///
/// Source: Ba, Kiros, Hinton 2016 (arXiv 1607.06450); ε inside the root, as torch.nn.LayerNorm has it.
struct LayerNormNode {
  let input: Tensor
  let residual: Tensor?
  let scale: Parameter
  let shift: Parameter
  let output: Tensor
  let normalized: UnsafeMutablePointer<Float>
  let reciprocalDeviation: UnsafeMutablePointer<Float>
  /// Bits of kept units of r, a whole number of words a row.
  let keepMask: (words: UnsafeMutablePointer<UInt16>, scale: Float)?
}

extension ComputeScope {
  /// - Parameters:
  ///   - input: x [R, C].
  ///   - residual: r [R, C], what is dropped out and added to x first; nil for the plain form.
  ///   - scale, shift: γ and β [C].
  ///   - epsilon: ε.
  ///   - site: dropout of r; nil for none (DistilBERT has none after attention).
  ///   - placement: which sequence and position each row is.
  /// - Returns: y [R, C].
  public func layerNorm(
    _ input: Tensor, adding residual: Tensor? = nil, scale: Parameter, shift: Parameter,
    epsilon: Float, site: DropoutSite? = nil, placement: RowPlacement, mode: ForwardMode
  ) -> Tensor {
    let (rows, columns) = (input.rows, input.columns)
    precondition(
      residual.map { $0.shape == input.shape } ?? true,
      "layer norm: \(input.shape) and \(residual?.shape as Any) cannot be added")
    precondition(
      scale.count == columns && shift.count == columns,
      "layer norm: scale and shift must have \(columns) values")
    let output = makeTensor(
      rows: rows, columns: columns,
      differentiable: isDifferentiable(input) || residual.map(isDifferentiable) ?? false
        || scale.isTrainable || shift.isTrainable)
    let mask = residual == nil ? nil : mode.mask(at: site)
    let words = (columns + 15) / 16
    let bits = mask.map { _ in allocate(rows * words, of: UInt16.self) }
    let y = output.pointer
    let normalized = isRecording ? allocate(rows * columns, of: Float.self) : y
    let reciprocal = allocate(rows, of: Float.self)
    let (x, r) = (input.pointer, residual?.pointer)
    guard let gamma = scale.values.baseAddress, let beta = shift.values.baseAddress else {
      return output
    }

    let cost = OperationCost(
      .layerNorm, .forward,
      values: (2 + (residual == nil ? 0 : 1) + (isRecording ? 1 : 0)) * rows * columns)
    engine.perform(cost, onEach: 16, of: rows) { range, _ in
      for row in range {
        let offset = row * columns
        let hat = normalized + offset
        if let r {
          if let mask, let bits {
            mask.fill(bits + row * words, count: columns, row: row, of: placement)
            RowKernels.addDropped(
              x + offset, r + offset, keep: bits + row * words, scale: mask.scale, into: hat,
              columns)
          } else {
            RowKernels.add(x + offset, r + offset, into: hat, columns)
          }
          reciprocal[row] = RowKernels.normalize(hat, into: hat, epsilon: epsilon, columns)
        } else {
          reciprocal[row] = RowKernels.normalize(x + offset, into: hat, epsilon: epsilon, columns)
        }
        RowKernels.affine(hat, scale: gamma, shift: beta, into: y + offset, columns)
      }
    }
    record(
      .layerNorm(
        LayerNormNode(
          input: input, residual: residual, scale: scale, shift: shift, output: output,
          normalized: normalized, reciprocalDeviation: reciprocal,
          keepMask: mask.flatMap { mask in bits.map { ($0, mask.scale) } })))
    return output
  }
}

extension LayerNormNode {
  func backward(in scope: ComputeScope, upstream g: UnsafeMutablePointer<Float>) {
    let (rows, columns) = (output.rows, output.columns)
    let words = (columns + 15) / 16
    // The parameters first: the rows' pass below works in place on g.
    let scaleGradient = scale.isTrainable ? scale.gradientForContribution() : nil
    let shiftGradient = shift.isTrainable ? shift.gradientForContribution() : nil
    if scaleGradient != nil || shiftGradient != nil {
      let cost = OperationCost(
        .layerNorm, .backward, values: (scaleGradient == nil ? 1 : 2) * rows * columns)
      scope.engine.perform(cost, onEach: 128, of: columns) { range, _ in
        if let scaleGradient {
          ColumnKernels.addColumnProducts(
            of: g, normalized, rows: rows, stride: columns, columns: range, to: scaleGradient.0,
            adds: scaleGradient.adds)
        }
        if let shiftGradient {
          ColumnKernels.addColumnSums(
            of: g, rows: rows, stride: columns, columns: range, to: shiftGradient.0,
            adds: shiftGradient.adds)
        }
      }
    }
    let inputGradient =
      scope.isDifferentiable(input) ? scope.gradientForContribution(to: input) : nil
    let residualGradient = residual.flatMap {
      scope.isDifferentiable($0) ? scope.gradientForContribution(to: $0) : nil
    }
    guard let gamma = scale.values.baseAddress else { return }
    let targets = (inputGradient == nil ? 0 : 1) + (residualGradient == nil ? 0 : 1)
    let cost = OperationCost(.layerNorm, .backward, values: (2 + targets) * rows * columns)
    scope.engine.perform(cost, onEach: 16, of: rows) { range, _ in
      for row in range {
        let offset = row * columns
        RowKernels.normalizeBackward(
          g + offset, normalized: normalized + offset, scale: gamma,
          reciprocalDeviation: reciprocalDeviation[row], columns)
        if let inputGradient {
          RowKernels.contribute(
            g + offset, to: inputGradient.pointer + offset, adds: inputGradient.adds, columns)
        }
        if let residualGradient {
          RowKernels.contributeKept(
            g + offset, keep: keepMask.map { $0.words + row * words }, scale: keepMask?.scale ?? 1,
            to: residualGradient.pointer + offset, adds: residualGradient.adds, columns)
        }
      }
    }
  }
}
