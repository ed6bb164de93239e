// Where the outputs of a teacher come from.
import RetortText
import RetortTransformers

/// What a student is taught with, for one batch. Valid until the source is asked for the next batch.
public struct TeacherTargets {
  /// Hidden states, projections and class logits that were asked for.
  public var tensors = ObservedTensors()
  /// What gives the teacher's logits of the asked-for rows; nil if they were not asked for.
  public var vocabulary: TeacherVocabulary?
  /// What was kept of the teacher's logits of those rows; then `vocabulary` is nil. By the temperature of the
  /// log-normalisers, nil for those without.
  public var topLogits: [Double?: TopLogits] = [:]

  public init() {}
}

/// What is asked of a teacher.
public struct TeacherRequest: Sendable {
  /// Hidden states that are read whole.
  public var hiddenStates: Set<HiddenLayer>
  /// Queries, keys and values of blocks.
  public var projections: Set<BlockProjection>
  /// Vectors of whole sequences.
  public var pooled: Set<Pooling>
  /// Rows whose vocabulary logits are read; nil for none.
  public var logitRows: RowSelection?
  /// Whether the logits of the classification head are read.
  public var classLogits: Bool

  public init(
    hiddenStates: Set<HiddenLayer> = [], projections: Set<BlockProjection> = [],
    pooled: Set<Pooling> = [], logitRows: RowSelection? = nil, classLogits: Bool = false
  ) {
    self.hiddenStates = hiddenStates
    self.projections = projections
    self.pooled = pooled
    self.logitRows = logitRows
    self.classLogits = classLogits
  }
}

extension TeacherRequest {
  var isEmpty: Bool {
    hiddenStates.isEmpty && projections.isEmpty && pooled.isEmpty && logitRows == nil
      && !classLogits
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
  /// As far as it knows them.
  var dimensions: ModelDimensions { get }

  func targets(
    for batch: PackedBatch, layout: SequenceLayout, at place: BatchPlace, request: TeacherRequest
  ) throws -> TeacherTargets

  /// One of several; itself where it is one alone.
  func named(_ name: String) -> any TeacherSource

  /// Makes sure, before a training begins, that it has something to say to all its steps.
  func check(covers steps: Int) throws

  /// Class logits [K] of an example, where they are known before its batch is run; nil where not.
  func classLogits(ofExample example: Int) throws -> [Float]?
}

extension Optional<any TeacherSource> {
  /// Of one of several teachers by its name, or of the only one; unknown where there is none.
  public func dimensions(of name: String?) -> ModelDimensions {
    (name.flatMap { self?.named($0) } ?? self)?.dimensions ?? ModelDimensions()
  }
}

extension TeacherSource {
  public func named(_ name: String) -> any TeacherSource { self }
  public func check(covers steps: Int) throws {}
  public func classLogits(ofExample example: Int) -> [Float]? { nil }
}
