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
  /// what they are. A block whose projections are read is computed for every token; if nothing above is read, it ends
  /// with them. In a forward-only scope the memory of each layer is used again by the next.
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
    precondition(
      request.projections.keys.allSatisfy(blocks.indices.contains),
      "projections of blocks \(request.projections.keys.sorted()) of an encoder that has \(last)")
    let pass = EncoderPass(
      encoder: self, tokenIDs: tokenIDs, layout: layout, mode: mode, scope: scope)
    var states: [Int: Tensor] = [:]
    var projections: [Int: [AttentionProjection: TensorColumns]] = [:]
    var reached: EncoderPass.Reached?
    // A block's input is the hidden state of its number.
    for layer in request.layers.union(request.projections.keys).sorted() {
      let state = pass.hiddenState(layer, rows: layout.allRows, after: reached)
      if request.layers.contains(layer) { states[layer] = state }
      reached = .init(layer: layer, state: state)
      guard let asked = request.projections[layer], !asked.isEmpty else { continue }
      let isLast =
        request.lastLayer == nil && !request.layers.contains { $0 > layer }
        && !request.projections.keys.contains { $0 > layer }
      let projected = pass.projections(
        of: layer, state, to: isLast ? asked : Set(AttentionProjection.allCases))
      projections[layer] = projected
      reached?.projected = projected
    }
    guard let rows = request.lastLayer else {
      return HiddenStates(last: nil, layers: states, projections: projections)
    }
    let selection: RowSelection =
      switch rows {
      case .all: layout.allRows
      case .first: layout.firstRows
      case .selection(let rows): RowSelection(layout: layout, rows: rows)
      }
    let output: Tensor
    let isWhole = states[last] != nil || projections[last - 1] != nil
    let top = pass.hiddenState(last, rows: isWhole ? layout.allRows : selection, after: reached)
    if isWhole, !selection.isEveryRow {
      output = scope.rows(selection.rows, of: top)
    } else {
      output = top
    }
    return HiddenStates(last: (output, selection), layers: states, projections: projections)
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

  /// A hidden state that is there, and the projections of the block that reads it, if those are.
  struct Reached {
    let layer: Int
    let state: Tensor
    var projected: [AttentionProjection: TensorColumns]?
  }

  /// Projections of block `number`, of its input.
  func projections(
    of number: Int, _ input: Tensor, to asked: Set<AttentionProjection>
  ) -> [AttentionProjection: TensorColumns] {
    encoder.blocks[number].attention.project(input, to: asked, in: scope)
  }

  /// Hidden state number `layer`, from the one already reached or from the embeddings. Each recursion
  /// moves its result down to where it began, over what it was computed from.
  func hiddenState(_ layer: Int, rows: RowSelection, after reached: Reached?) -> Tensor {
    if let reached, reached.layer == layer { return reached.state }
    return scope.keepingOnlyResult {
      guard layer > 0 else {
        return encoder.embeddings(tokenIDs, layout: layout, mode: mode, in: scope)
      }
      let input = hiddenState(layer - 1, rows: layout.allRows, after: reached)
      return encoder.blocks[layer - 1](
        input, projected: reached?.layer == layer - 1 ? reached?.projected : nil, layout: layout,
        selection: rows, mode: mode, in: scope)
    }
  }
}
