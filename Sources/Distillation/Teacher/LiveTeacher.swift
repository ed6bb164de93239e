// A teacher that runs on the same batches as the student.
import RetortText
import RetortTransformers

/// A teacher that is run, forward only, on every batch the student sees.
public final class LiveTeacher: TeacherSource {
  private let model: TransformerModel
  private let scope: ComputeScope

  /// - Parameter model: with the head whose logits will be asked for.
  public init(model: TransformerModel, engine: Engine) {
    self.model = model
    scope = ComputeScope(engine: engine, recording: false)
  }

  public var dimensions: ModelDimensions { model.dimensions }

  public func targets(
    for batch: PackedBatch, layout: SequenceLayout, at place: BatchPlace, request: TeacherRequest
  ) throws -> TeacherTargets {
    scope.reset()
    let observed = model.observe(
      batch, layout: layout,
      hiddenStates: request.hiddenStates.union(request.pooled.isEmpty ? [] : [.last]),
      projections: request.projections, logitRows: request.logitRows,
      classLogits: request.classLogits, mode: .inference, in: scope)
    var targets = TeacherTargets()
    targets.tensors = observed.tensors
    targets.tensors.add(pooled: observed.tensors.pooled(request.pooled, layout: layout, in: scope))
    if let wanted = request.logitRows, let last = observed.last {
      guard let head = model.maskedLanguageHead else {
        preconditionFailure("a teacher without a masked-LM head has no logits")
      }
      targets.vocabulary = head.teaching(
        hidden: last.rows, rows: last.selection, wanted: wanted, in: scope)
    }
    return targets
  }
}

extension ObservedTensors {
  /// Vectors of whole sequences from the last hidden states, which are there if any are asked for.
  func pooled(
    _ asked: Set<Pooling>, layout: SequenceLayout, in scope: ComputeScope
  ) -> [Pooling: Tensor] {
    // In one order, so that memory is laid out alike.
    let poolings = Pooling.allCases.filter(asked.contains)
    return Dictionary(
      uniqueKeysWithValues: poolings.map {
        ($0, $0(hiddenState(.last), layout: layout, in: scope))
      })
  }
}

extension MaskedLanguageHead {
  /// From a teacher's last hidden states to what its logits are computed from.
  /// - Parameters:
  ///   - hidden: last hidden states of `rows`.
  ///   - wanted: the rows whose logits are read, all of them among `rows`.
  func teaching(
    hidden: Tensor, rows: RowSelection, wanted: RowSelection, in scope: ComputeScope
  ) -> TeacherVocabulary {
    let selected = rows.count == wanted.count ? hidden : scope.rows(wanted.rows, of: hidden)
    return TeacherVocabulary(
      hidden: transform(selected, placement: wanted.placement, mode: .inference, in: scope),
      decoder: decoder, bias: decoderBias)
  }
}
