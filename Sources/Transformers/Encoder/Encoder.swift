// The stack of embeddings and blocks, computing only what is read.

/// Embeddings followed by blocks, in every family.
public final class Encoder: Module, Sendable {
  public let embeddings: TransformerEmbeddings
  public let blocks: [TransformerBlock]

  init(configuration: TransformerConfiguration, sites: DropoutSites) {
    embeddings = TransformerEmbeddings(
      path: "embeddings", configuration: configuration, site: sites.embedding)
    blocks = sites.layers.enumerated().map { index, sites in
      TransformerBlock(
        path: "encoder.layer.\(index)", configuration: configuration, sites: sites)
    }
  }

  /// Hidden states of a batch.
  ///
  /// Layers above the highest one asked for are not computed; of the last layer, keys and values are
  /// computed for every token and everything else for the requested rows alone, which changes nothing in
  /// what they are. In a forward-only scope the memory of each layer is used again by the next.
  /// - Parameters:
  ///   - tokenIDs: [T], a packed batch.
  ///   - layout: where each sequence begins.
  ///   - request: what is read.
  public func encode(
    tokenIDs: [Int32], layout: SequenceLayout, request: HiddenStateRequest, mode: ForwardMode,
    in scope: ComputeScope
  ) -> HiddenStates {
    let last = blocks.count
    precondition(
      request.layers.allSatisfy { (0...last).contains($0) },
      "hidden states \(request.layers.sorted()) of an encoder that has 0...\(last)")
    let pass = EncoderPass(
      encoder: self, tokenIDs: tokenIDs, layout: layout, mode: mode, scope: scope)
    var states: [Int: Tensor] = [:]
    var reached: (layer: Int, state: Tensor)?
    for layer in request.layers.sorted() {
      let state = pass.hiddenState(layer, rows: layout.allRows, after: reached)
      states[layer] = state
      reached = (layer, state)
    }
    guard let rows = request.lastLayer else { return HiddenStates(last: nil, layers: states) }
    let selection: RowSelection =
      switch rows {
      case .all: layout.allRows
      case .first: layout.firstRows
      case .selection(let rows): RowSelection(layout: layout, rows: rows)
      }
    let output: Tensor
    if let whole = states[last] {
      output = selection.isEveryRow ? whole : scope.rows(selection.rows, of: whole)
    } else {
      output = pass.hiddenState(last, rows: selection, after: reached)
    }
    return HiddenStates(last: (output, selection), layers: states)
  }

  public func visitParameters(_ visit: (Parameter) -> Void) {
    embeddings.visitParameters(visit)
    for block in blocks { block.visitParameters(visit) }
  }
}

/// One batch on its way through the encoder.
private struct EncoderPass {
  let encoder: Encoder
  let tokenIDs: [Int32]
  let layout: SequenceLayout
  let mode: ForwardMode
  let scope: ComputeScope

  /// Hidden state number `layer`, from the one already reached or from the embeddings. Each recursion
  /// moves its result down to where it began, over what it was computed from.
  func hiddenState(
    _ layer: Int, rows: RowSelection, after reached: (layer: Int, state: Tensor)?
  ) -> Tensor {
    if let reached, reached.layer == layer { return reached.state }
    return scope.keepingOnlyResult {
      guard layer > 0 else {
        return encoder.embeddings(tokenIDs, layout: layout, mode: mode, in: scope)
      }
      let input = hiddenState(layer - 1, rows: layout.allRows, after: reached)
      return encoder.blocks[layer - 1](
        input, layout: layout, selection: rows, mode: mode, in: scope)
    }
  }
}
