// What a store keeps of a model, computed batch by batch.
import RetortStorage
import RetortText
import RetortTransformers

/// Runs a model forward for the columns of a store, with the very arithmetic of a live teacher: class logits in a pass of
/// their own, as they are computed where they teach, everything else together.
final class OutputComputation {
  let model: TransformerModel
  let outputs: ModelOutputs
  let scope: ComputeScope
  private var selection: TopLogitSelection?

  /// - Parameter model: with the heads whose logits the outputs name.
  init(_ model: TransformerModel, _ outputs: ModelOutputs, engine: Engine) {
    (self.model, self.outputs) = (model, outputs)
    scope = ComputeScope(engine: engine, recording: false)
  }

  /// - Parameter masked: rows whose word is masked.
  /// - Returns: the batch's outputs, valid until the next batch is computed.
  func values(
    of batch: PackedBatch, layout: SequenceLayout, masked: [Int32] = []
  ) throws(EvaluationError) -> OutputValues {
    scope.reset()
    selection = nil
    let tensors = try tensors(of: batch, layout: layout, masked: masked)
    return OutputValues(
      tensors.mapValues(\.values),
      topLogits: selection.map {
        .init(values: $0.values, ids: $0.ids, logNormalizers: $0.logNormalizers)
      })
  }

  /// The columns as tensors [T, C] or [N, C], behind what is in the scope already.
  func tensors(
    of batch: PackedBatch, layout: SequenceLayout, masked: [Int32] = []
  ) throws(EvaluationError) -> [ModelOutput: Tensor] {
    let reads = Observations(outputs.columns.map(\.output))
    let logits = outputs.topLogits
    let logitRows = logits.map {
      $0.positions == .all ? layout.allRows : RowSelection(layout: layout, rows: masked)
    }
    var tensors: [ModelOutput: Tensor] = [:]
    if outputs.columns.contains(where: { $0.output != .classLogits }) || logitRows != nil {
      let observed = model.observe(
        batch, layout: layout,
        hiddenStates: reads.hiddenStates.union(reads.pooled.isEmpty ? [] : [.last]),
        projections: reads.projections,
        logitRows: logitRows.flatMap { $0.count > 0 ? $0 : nil }, classLogits: false,
        mode: .inference, in: scope)
      for layer in reads.hiddenStates {
        tensors[.hiddenState(layer.description)] = observed.tensors.hiddenState(layer)
      }
      for asked in reads.projections {
        tensors[asked.stored] = copy(observed.tensors.projection(asked), rows: layout.tokenCount)
      }
      for (pooling, vectors) in observed.tensors.pooled(reads.pooled, layout: layout, in: scope) {
        tensors[.pooled(pooling.rawValue)] = vectors
      }
      if let logits, let logitRows {
        let kept = TopLogitSelection(
          rows: logitRows.count, count: logits.count, temperatures: logits.temperatures)
        if let last = observed.last, logitRows.count > 0 {
          select(kept, from: last, rows: logitRows)
        }
        selection = kept
      }
    }
    if reads.classLogits {
      tensors[.classLogits] = try ClassificationEvaluation.classLogits(
        of: model, on: batch, in: scope)
    }
    return tensors
  }

  /// Columns of a tensor as one of their own.
  private func copy(_ projection: ObservedProjection, rows: Int) -> Tensor {
    scope.input(
      projection.columns.copyValues(projection.size), rows: rows, columns: projection.size)
  }

  /// Sends the model's own logits past the selection.
  private func select(
    _ selection: TopLogitSelection, from last: (rows: Tensor, selection: RowSelection),
    rows: RowSelection
  ) {
    guard let head = model.maskedLanguageHead else {
      preconditionFailure("a model without a masked-LM head has no logits")
    }
    let wanted =
      last.selection.count == rows.count ? last.rows : scope.rows(rows.rows, of: last.rows)
    let features = head.transform(
      wanted, placement: rows.placement, mode: .inference, in: scope)
    _ = scope.vocabularyHead(
      hidden: features, decoder: head.decoder, bias: head.decoderBias,
      objectives: [WeightedObjective(selection, gradientScale: 0)])
  }
}

extension Tensor {
  /// [rows · columns], in the scope's memory.
  var values: UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: pointer, count: rows * columns)
  }
}
