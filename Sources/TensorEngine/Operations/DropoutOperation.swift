/// Dropout by itself:  y = x ∘ m / (1 - p), with m = 1 for kept units and 0 for dropped ones.
///
/// x, y [R, C]. Kept for the backward pass: the bits of m. Backward: ∂x = g ∘ m / (1 - p).
/// Source: Srivastava et al. 2014; the inverted form of torch.nn.Dropout.
struct DropoutNode {
  let input: Tensor
  let output: Tensor
  let words: UnsafeMutablePointer<UInt16>
  let scale: Float
}

extension ComputeScope {
  /// - Parameters:
  ///   - input: x [R, C].
  ///   - placement: which sequence and position each row is.
  /// - Returns: y [R, C]; x itself where nothing is dropped.
  public func dropout(
    _ input: Tensor, site: DropoutSite, placement: RowPlacement, mode: ForwardMode
  ) -> Tensor {
    guard let mask = mode.mask(at: site) else { return input }
    let (rows, columns) = (input.rows, input.columns)
    let output = makeTensor(
      rows: rows, columns: columns, differentiable: isDifferentiable(input))
    let rowWords = mask.words(for: columns)
    let words = allocate(rows * rowWords, of: UInt16.self)
    let (x, y) = (input.pointer, output.pointer)
    engine.perform(
      OperationCost(.dropout, .forward, values: 2 * rows * columns), onEach: 16, of: rows
    ) { range, _ in
      for row in range {
        mask.fill(words + row * rowWords, count: columns, row: row, of: placement)
        RowKernels.contributeKept(
          x + row * columns, keep: words + row * rowWords, scale: mask.scale,
          to: y + row * columns, adds: false, columns)
      }
    }
    record(.dropout(DropoutNode(input: input, output: output, words: words, scale: mask.scale)))
    return output
  }
}

extension DropoutNode {
  func backward(in scope: ComputeScope, upstream g: UnsafeMutablePointer<Float>) {
    guard scope.isDifferentiable(input) else { return }
    let columns = output.columns
    let rowWords = (columns + 15) / 16
    let gradient = scope.gradientForContribution(to: input)
    scope.engine.perform(
      OperationCost(.dropout, .backward, values: 2 * output.rows * columns), onEach: 16,
      of: output.rows
    ) { range, _ in
      for row in range {
        RowKernels.contributeKept(
          g + row * columns, keep: words + row * rowWords, scale: scale,
          to: gradient.pointer + row * columns, adds: gradient.adds, columns)
      }
    }
  }
}
