// One forward pass of a model that computes what is read of it and nothing else.
import RetortText
import RetortTransformers

/// What a model computed of a batch.
struct ModelObservation {
  let tensors: ObservedTensors
  /// Rows of the last hidden state; nil if nobody reads any.
  let last: (rows: Tensor, selection: RowSelection)?
}

extension TransformerModel {
  /// - Parameters:
  ///   - hiddenStates: that are read whole.
  ///   - projections: that are read of every token.
  ///   - logitRows: rows whose vocabulary logits will be computed from the last hidden state; nil for none.
  ///   - classLogits: whether the classification head is computed.
  func observe(
    _ batch: PackedBatch, layout: SequenceLayout, hiddenStates: Set<HiddenLayer>,
    projections: Set<BlockProjection> = [], logitRows: RowSelection?, classLogits: Bool,
    mode: ForwardMode, in scope: ComputeScope
  ) -> ModelObservation {
    let layerCount = encoder.blocks.count
    var numbers: Set<Int> = []
    for layer in hiddenStates {
      if case .number(let number) = layer.of(layerCount: layerCount) { numbers.insert(number) }
    }
    let readsLast = hiddenStates.contains { $0.of(layerCount: layerCount) == .last }
    // Of the last layer those rows alone that somebody reads.
    let rows: HiddenStateRequest.Rows? =
      if readsLast || logitRows?.isEveryRow == true || logitRows != nil && classLogits {
        .all
      } else if let logitRows {
        .selection(logitRows.rows)
      } else {
        classLogits ? .first : nil
      }
    let states = encoder.encode(
      tokenIDs: batch.tokenIDs, layout: layout,
      request: HiddenStateRequest(
        lastLayer: rows, layers: numbers,
        projections: Dictionary(
          projections.map { ($0.block.number(layerCount: layerCount), [$0.projection]) },
          uniquingKeysWith: { $0.union($1) })),
      mode: mode, in: scope)
    var tensors: [HiddenLayer: Tensor] = [:]
    for layer in hiddenStates {
      switch layer.of(layerCount: layerCount) {
      case .last: tensors[layer] = states.last?.rows
      case .number(let number): tensors[layer] = states.layers[number]
      }
    }
    var projected: [BlockProjection: ObservedProjection] = [:]
    for asked in projections {
      let block = states.projections[asked.block.number(layerCount: layerCount)]
      projected[asked] = block?[asked.projection].map {
        ObservedProjection(
          $0, size: configuration.hiddenSize, headCount: configuration.headCount)
      }
    }
    var logits: Tensor?
    if classLogits, let last = states.last {
      let first = layout.firstRows
      logits = classify(
        firstRows: last.selection.count == first.count
          ? last.rows : scope.rows(first.rows, of: last.rows),
        layout: layout, mode: mode, in: scope)
    }
    return ModelObservation(
      tensors: ObservedTensors(
        hiddenStates: tensors, projections: projected, classLogits: logits),
      last: states.last)
  }

  /// What terms may ask of it.
  public var dimensions: ModelDimensions {
    ModelDimensions(
      layerCount: configuration.layerCount, hiddenSize: configuration.hiddenSize,
      vocabularySize: configuration.vocabularySize,
      classCount: classificationHead == nil ? nil : configuration.labels.count,
      headCount: configuration.headCount)
  }
}
