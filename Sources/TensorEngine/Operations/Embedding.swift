/// Sum of embeddings:  y[t] = words[ids[t]] + positions[position of t] (+ tokenTypes[0]).
///
/// words [V, C], positions [P, C], tokenTypes [2, C] → y [T, C]. Positions start again with each sequence; a single
/// text has token type 0 throughout. Backward: every row of g is added to the rows it came from, in token order,
/// except that the row of the padding word gets nothing (`padding_idx` of torch.nn.Embedding): it can stand in a
/// text as a random word of masking.
///
/// Source: bert/modeling.py `embedding_lookup` and `embedding_postprocessor`; DistilBERT has no token types.
struct EmbeddingNode {
  let tokenIDs: [Int32]
  let layout: SequenceLayout
  let words: Parameter
  let positions: Parameter
  let tokenTypes: Parameter?
  let paddingID: Int32?
  let output: Tensor
}

extension ComputeScope {
  /// - Parameters:
  ///   - tokenIDs: [T], each in 0..<V.
  ///   - words, positions, tokenTypes: the tables.
  ///   - paddingID: the word whose row gets no gradient from here; nil for none.
  /// - Returns: y [T, C].
  public func embedding(
    tokenIDs: [Int32], layout: SequenceLayout, words: Parameter, positions: Parameter,
    tokenTypes: Parameter?, paddingID: Int32?
  ) -> Tensor {
    let columns = words.columns
    precondition(
      tokenIDs.count == layout.tokenCount, "\(tokenIDs.count) ids for \(layout.tokenCount) tokens")
    precondition(
      layout.longest <= positions.rows,
      "a sequence of \(layout.longest) tokens for \(positions.rows) positions")
    let output = makeTensor(
      rows: layout.tokenCount, columns: columns,
      differentiable: words.isTrainable || positions.isTrainable
        || tokenTypes?.isTrainable ?? false)
    guard let w = words.values.baseAddress, let p = positions.values.baseAddress else {
      return output
    }
    let y = output.pointer
    let type = tokenTypes?.values.baseAddress
    let vocabularySize = words.rows
    let cost = OperationCost(.embedding, .forward, values: 3 * layout.tokenCount * columns)
    engine.perform(cost, onEach: 64, of: layout.tokenCount) { range, _ in
      for t in range {
        let id = Int(tokenIDs[t])
        precondition(id >= 0 && id < vocabularySize, "id \(id) of \(vocabularySize) words")
        let row = y + t * columns
        RowKernels.add(
          w + id * columns, p + Int(layout.placement.positions[t]) * columns, into: row, columns)
        if let type { RowKernels.add(type, to: row, columns) }
      }
    }
    record(
      .embedding(
        EmbeddingNode(
          tokenIDs: tokenIDs, layout: layout, words: words, positions: positions,
          tokenTypes: tokenTypes, paddingID: paddingID, output: output)))
    return output
  }
}

extension EmbeddingNode {
  func backward(in scope: ComputeScope, upstream g: UnsafeMutablePointer<Float>) {
    let columns = output.columns
    let wordGradient =
      words.isTrainable ? tokenIDs.withUnsafeBufferPointer(words.gradientForContribution) : nil
    let positionIDs = layout.placement.positions
    let positionGradient =
      positions.isTrainable
      ? positionIDs.withUnsafeBufferPointer(positions.gradientForContribution) : nil
    let typeGradient = tokenTypes.flatMap { types in
      types.isTrainable
        ? [Int32(0)].withUnsafeBufferPointer(types.gradientForContribution) : nil
    }
    // Cut along the columns: each worker adds all tokens' rows in order, so bits do not depend on the cut.
    // Read and written: the rows of the words' and the positions' gradients.
    let cost = OperationCost(.embedding, .backward, values: 5 * tokenIDs.count * columns)
    scope.engine.perform(cost, onEach: 128, of: columns) { range, _ in
      for t in 0..<tokenIDs.count {
        let row = UnsafePointer(g + t * columns + range.lowerBound)
        func add(to gradient: Parameter.Gradient?, row id: Int32) {
          guard let gradient else { return }
          RowKernels.add(
            row, to: gradient.row(Int(id), of: columns) + range.lowerBound, range.count)
        }
        if tokenIDs[t] != paddingID { add(to: wordGradient, row: tokenIDs[t]) }
        add(to: positionGradient, row: positionIDs[t])
        add(to: typeGradient, row: 0)
      }
    }
  }
}

extension Parameter.Gradient {
  /// - Parameter columns: of the parameter.
  @inline(__always)
  fileprivate func row(_ row: Int, of columns: Int) -> UnsafeMutablePointer<Float> {
    switch self {
    case .whole(let base): base + row * columns
    case .rows(let some): some.row(row)
    }
  }
}
