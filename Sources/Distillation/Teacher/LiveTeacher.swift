import Text
import Transformers

/// A teacher that is run, forward only, on every batch the student sees.
public final class LiveTeacher: TeacherSource {
  private let model: TransformerModel
  private let scope: ComputeScope

  /// - Parameter model: with a masked-LM head if its logits will be asked for.
  public init(model: TransformerModel, engine: Engine) {
    self.model = model
    scope = ComputeScope(engine: engine, recording: false)
  }

  public func targets(
    for batch: PackedBatch, layout: SequenceLayout, at place: BatchPlace, request: TeacherRequest
  ) throws -> TeacherTargets {
    scope.reset()
    let rows: HiddenStateRequest.Rows =
      request.hidden ? .all : request.logitRows.map { .selection($0.rows) } ?? .all
    guard
      let (last, selection) = model.encoder.encode(
        tokenIDs: batch.tokenIDs, layout: layout, request: HiddenStateRequest(lastLayer: rows),
        mode: .inference, in: scope
      ).last
    else { return TeacherTargets() }
    var targets = TeacherTargets(hidden: request.hidden ? last : nil)
    if let wanted = request.logitRows {
      guard let head = model.maskedLanguageHead else {
        preconditionFailure("a teacher without a masked-LM head has no logits")
      }
      targets.vocabulary = head.teaching(
        hidden: last, rows: selection, wanted: wanted, in: scope)
    }
    return targets
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
