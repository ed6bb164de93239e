import Text
import Transformers

/// What a student is taught with, for one batch. Valid until the source is asked for the next batch.
public struct TeacherTargets {
  /// Last hidden state of every token [T, C]; nil if it was not asked for.
  public var hidden: Tensor?
  /// What gives the teacher's logits of the asked-for rows; nil if they were not asked for.
  public var vocabulary: TeacherVocabulary?
  /// What was kept of the teacher's logits of those rows; then `vocabulary` is nil.
  public var topLogits: TopLogits?
}

/// What is asked of a teacher.
public struct TeacherRequest: Sendable {
  /// Whether the last hidden states are read.
  public var hidden: Bool
  /// Rows whose logits are read; nil for none.
  public var logitRows: RowSelection?

  public init(hidden: Bool, logitRows: RowSelection?) {
    (self.hidden, self.logitRows) = (hidden, logitRows)
  }
}

/// Which batch of a training it is.
public struct BatchPlace: Sendable, Hashable {
  /// Optimizer steps done before it.
  public var step: Int
  public var microBatch: Int

  public init(step: Int, microBatch: Int) { (self.step, self.microBatch) = (step, microBatch) }
}

/// A teacher is a source of targets: a model that is run on the spot, or what it said when it was run before.
/// The loop does not know which. Nothing that could carry a gradient is visible through it.
public protocol TeacherSource: AnyObject {
  func targets(
    for batch: PackedBatch, layout: SequenceLayout, at place: BatchPlace, request: TeacherRequest
  ) throws -> TeacherTargets
}
