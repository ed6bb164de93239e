// A classifier whose answers a fine-tuning learns from.
import RetortText
import RetortTransformers

/// Knows its class logits of every training example; everything else it computes batch by batch.
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
  ///   - training: the student's examples, or sequences of a text that is read as it is.
  ///   - reads: what the student's objective reads of it.
  public init(
    model: TransformerModel, training: any SequenceSource, reads: Observations, engine: Engine
  ) throws(EvaluationError) {
    logits =
      reads.classLogits
      ? try ClassificationEvaluation.logits(
        of: model, on: training, in: ComputeScope(engine: engine, recording: false)) : []
    classCount = model.configuration.labels.count
    live = LiveTeacher(model: model, engine: engine)
    scope = ComputeScope(engine: engine, recording: false)
  }

  public var dimensions: ModelDimensions { live.dimensions }

  public func targets(
    for batch: PackedBatch, layout: SequenceLayout, at place: BatchPlace, request: TeacherRequest
  ) throws -> TeacherTargets {
    var targets = TeacherTargets()
    var rest = request
    rest.classLogits = false
    if !rest.isEmpty {
      targets = try live.targets(for: batch, layout: layout, at: place, request: rest)
    }
    guard request.classLogits else { return targets }
    scope.reset()
    let rows = batch.examples.flatMap(logits(of:))
    targets.tensors.add(
      classLogits: scope.input(rows, rows: batch.sequenceCount, columns: classCount))
    return targets
  }

  public func classLogits(ofExample example: Int) -> [Float]? {
    logits.isEmpty ? nil : Array(logits(of: example))
  }

  private func logits(of example: Int) -> ArraySlice<Float> {
    logits[example * classCount..<(example + 1) * classCount]
  }
}
