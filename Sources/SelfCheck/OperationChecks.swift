import RetortTransformers

/// Every operation of a forward pass by itself, with the gradients of all it reads. No size is a multiple of
/// sixteen, so that whole vectors and what is left of them both take part.
struct OperationChecks {
  let engine: Engine

  private let layout = HashedBatch.layout
  private let rows = HashedBatch.tokenCount
  private let columns = 51
  private let headCount = 3
  private let headSize = 17

  func measure() -> [Measurement] {
    linear() + gelu() + activation(.tanh, .tanh) + activation(.relu, .relu)
      + layerNorm(.layerNorm) + layerNorm(.residualLayerNorm) + attention(.attention)
      + attention(.attentionWithDropout) + attentionOfFirstRows() + embedding() + selectedRows()
      + dropout()
  }

  /// 213 columns are two tiles.
  private func linear() -> [Measurement] {
    let probe = OperationProbe(.linear, on: engine)
    let x = probe.input("x", rows: rows, columns: 83)
    let weight = probe.parameter("weight", .weight, [213, 83])
    let bias = probe.parameter("bias", .bias, [213])
    probe.finish(
      probe.scope.linear(x, weight: ParameterSpan(weight), bias: ParameterSpan(bias)))
    probe.recordGradients(inputs: ["input": x], parameters: ["weight": weight, "bias": bias])
    return probe.measurements
  }

  /// After the product with an identity, which is exact.
  private func gelu() -> [Measurement] {
    let probe = OperationProbe(.gelu, on: engine)
    let x = probe.input("x", rows: rows, columns: 37, scale: 8)
    let identity = Parameter(path: "identity", kind: .weight, shape: [37, 37])
    for i in 0..<37 { identity.values[i * 38] = 1 }
    probe.finish(
      probe.scope.linear(x, weight: ParameterSpan(identity), bias: nil, activation: .gelu))
    probe.recordGradients(inputs: ["input": x])
    return probe.measurements
  }

  private func activation(_ operation: CheckedOperation, _ function: Activation) -> [Measurement] {
    let probe = OperationProbe(operation, on: engine)
    let x = probe.input("x", rows: rows, columns: 37, scale: 8)
    probe.finish(probe.scope.activation(function, x))
    probe.recordGradients(inputs: ["input": x])
    return probe.measurements
  }

  private func layerNorm(_ operation: CheckedOperation) -> [Measurement] {
    let probe = OperationProbe(operation, on: engine)
    let x = probe.input("x", rows: rows, columns: columns, scale: 4)
    let residual =
      operation == .residualLayerNorm
      ? probe.input("r", rows: rows, columns: columns, scale: 4) : nil
    let scale = probe.parameter("scale", .normScale, [columns])
    let shift = probe.parameter("shift", .normShift, [columns])
    probe.finish(
      probe.scope.layerNorm(
        x, adding: residual, scale: scale, shift: shift, epsilon: 0x1p-7,
        site: HashedDropout.site, placement: layout.placement, mode: HashedDropout.mode))
    probe.recordGradients(inputs: ["input": x], parameters: ["scale": scale, "shift": shift])
    if let residual { probe.recordGradients(inputs: ["residual": residual]) }
    return probe.measurements
  }

  private func attention(_ operation: CheckedOperation) -> [Measurement] {
    let probe = OperationProbe(operation, on: engine)
    let x = probe.input("x", rows: rows, columns: 3 * columns, scale: 4)
    probe.finish(
      probe.scope.attention(
        queries: TensorColumns(x), keys: TensorColumns(x, from: columns),
        values: TensorColumns(x, from: 2 * columns), layout: layout, selection: layout.allRows,
        headCount: headCount, headSize: headSize, site: HashedDropout.site,
        mode: operation == .attention ? .inference : HashedDropout.mode))
    probe.recordGradients(inputs: ["queries, keys and values": x])
    return probe.measurements
  }

  private func attentionOfFirstRows() -> [Measurement] {
    let probe = OperationProbe(.attentionOfFirstRows, on: engine)
    let q = probe.input("q", rows: layout.sequenceCount, columns: columns, scale: 4)
    let x = probe.input("x", rows: rows, columns: 2 * columns, scale: 4)
    probe.finish(
      probe.scope.attention(
        queries: TensorColumns(q), keys: TensorColumns(x), values: TensorColumns(x, from: columns),
        layout: layout, selection: layout.firstRows, headCount: headCount, headSize: headSize,
        site: HashedDropout.site, mode: .inference))
    probe.recordGradients(inputs: ["queries": q, "keys and values": x])
    return probe.measurements
  }

  /// Thirteen words, so that every one of them comes up several times; 0 is the padding word.
  private func embedding() -> [Measurement] {
    let probe = OperationProbe(.embedding, on: engine)
    let words = probe.parameter("words", .embedding, [13, columns])
    let positions = probe.parameter("positions", .embedding, [40, columns])
    let types = probe.parameter("types", .embedding, [2, columns])
    probe.finish(
      probe.scope.embedding(
        tokenIDs: probe.hash("ids").integers(rows, below: 13), layout: layout, words: words,
        positions: positions, tokenTypes: types, paddingID: 0))
    probe.recordGradients(
      parameters: ["words": words, "positions": positions, "token types": types])
    return probe.measurements
  }

  private func selectedRows() -> [Measurement] {
    let probe = OperationProbe(.selectedRows, on: engine)
    let x = probe.input("x", rows: rows, columns: columns)
    probe.finish(probe.scope.rows([0, 7, 8, 27, 59], of: x))
    probe.recordGradients(inputs: ["input": x])
    return probe.measurements
  }

  private func dropout() -> [Measurement] {
    let probe = OperationProbe(.dropout, on: engine)
    let x = probe.input("x", rows: rows, columns: columns)
    probe.finish(
      probe.scope.dropout(
        x, site: HashedDropout.site, placement: layout.placement, mode: HashedDropout.mode))
    probe.recordGradients(inputs: ["input": x])
    return probe.measurements + dropoutMasks()
  }

  /// Which of 103 units of every row training keeps.
  private func dropoutMasks() -> [Measurement] {
    let probe = OperationProbe(.dropoutMasks, on: engine)
    let columns = 103
    let ones = probe.scope.input(
      [Float](repeating: 1, count: rows * columns), rows: rows, columns: columns)
    let source = CounterDropout(seed: 20_240_907, step: 3, microBatch: 1)
    let y = probe.scope.dropout(
      ones, site: DropoutSite(index: 5, probability: 0.1), placement: layout.placement,
      mode: .training(dropout: source))
    probe.record("kept units", Fingerprint(of: y.copyValues().map { $0 == 0 ? Float(0) : 1 }))
    return probe.measurements
  }
}
