/// Sum of embeddings:  y[t] = words[ids[t]] + positions[position of t] (+ tokenTypes[type of t]).
///
/// words [V, C], positions [P, C], tokenTypes [types, C] → y [T, C]. Positions start again with each sequence. The type is
/// 1 in the second text of a pair and 0 everywhere else. Backward: every row of g is added to the rows it came from, in
/// token order, except that the row of the padding word gets nothing (`padding_idx` of torch.nn.Embedding): it can stand in a
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
    precondition(
      layout.tokenTypes == nil || tokenTypes.map { $0.rows > 1 } ?? true,
      "pairs of texts for one token type")
    guard let w = words.values.baseAddress, let p = positions.values.baseAddress else {
      return output
    }
    let y = output.pointer
    let types = tokenTypes?.values.baseAddress
    let typeIDs = layout.tokenTypes
    let vocabularySize = words.rows
    let cost = OperationCost(.embedding, .forward, values: 3 * layout.tokenCount * columns)
    engine.perform(cost, onEach: 64, of: layout.tokenCount) { range, _ in
      for t in range {
        let id = Int(tokenIDs[t])
        precondition(id >= 0 && id < vocabularySize, "id \(id) of \(vocabularySize) words")
        let row = y + t * columns
        RowKernels.add(
          w + id * columns, p + Int(layout.placement.positions[t]) * columns, into: row, columns)
        if let types {
          RowKernels.add(types + Int(typeIDs?[t] ?? 0) * columns, to: row, columns)
        }
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
    let typeIDs = layout.tokenTypes
    let typeGradient = tokenTypes.flatMap { types in
      types.isTrainable
        ? (typeIDs ?? [0]).withUnsafeBufferPointer(types.gradientForContribution) : nil
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
        add(to: typeGradient, row: typeIDs?[t] ?? 0)
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
