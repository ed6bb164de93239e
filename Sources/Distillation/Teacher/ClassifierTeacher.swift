// A classifier whose answers a fine-tuning learns from.
import RetortText
import RetortTransformers

/// Knows its class logits of every training example; hidden states it computes batch by batch.
///
/// The teacher does not train and no padding touches an example, so its logits are the same in every epoch: they are
/// computed once.
public final class ClassifierTeacher: TeacherSource {
  /// [examples, K], in the order of the training set; empty if nobody reads them.
  private let logits: [Float]
  private let classCount: Int
  private let live: LiveTeacher
  private let scope: ComputeScope

  /// Runs the teacher over the training set, if its class logits are read.
  /// - Parameters:
  ///   - model: with a classification head of the student's classes; used forward only.
  ///   - training: the student's.
  ///   - objective: what the student learns.
  public init(
    model: TransformerModel, training: LabelledSequences, objective: Objective, engine: Engine
  ) throws(EvaluationError) {
    logits =
      objective.readsOfTeacher.classLogits
      ? try ClassificationEvaluation.evaluate(
        model, on: LabelledSequences(sequences: training.sequences, labels: nil),
        in: ComputeScope(engine: engine, recording: false)
      ).logits : []
    classCount = model.configuration.labels.count
    live = LiveTeacher(model: model, engine: engine)
    scope = ComputeScope(engine: engine, recording: false)
  }

  public var dimensions: ModelDimensions { live.dimensions }

  public func targets(
    for batch: PackedBatch, layout: SequenceLayout, at place: BatchPlace, request: TeacherRequest
  ) throws -> TeacherTargets {
    var targets = TeacherTargets()
    if !request.hiddenStates.isEmpty || request.logitRows != nil {
      var rest = request
      rest.classLogits = false
      targets = try live.targets(for: batch, layout: layout, at: place, request: rest)
    }
    guard request.classLogits else { return targets }
    scope.reset()
    let rows = batch.examples.flatMap { logits[$0 * classCount..<($0 + 1) * classCount] }
    targets.tensors.add(
      classLogits: scope.input(rows, rows: batch.sequenceCount, columns: classCount))
    return targets
  }
}
