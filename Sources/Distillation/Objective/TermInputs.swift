// What a term is computed from.
import RetortTensorEngine

/// What is known of the rows that stream through the vocabulary head.
public struct VocabularyRows: Sendable {
  /// [R], the word that was masked, -1 where none was.
  public let labels: [Int32]
  /// What was kept of the teacher's logits of these rows, where it does not compute them; with log-normalisers if the term
  /// has a `temperatureOfKeptLogits`. Nil for a term that reads no logits of the teacher.
  public let teacherLogits: TopLogits?

  public init(labels: [Int32], teacherLogits: TopLogits?) {
    self.labels = labels
    self.teacherLogits = teacherLogits
  }
}

/// A batch as a term on tensors sees it: what it said it reads.
public struct TermBatch {
  public let student: ObservedTensors
  public let teacher: ObservedTensors
  /// [T] of masked text: the word that was masked, -1 where none was. Empty for labelled sentences.
  public let words: [Int32]
  /// [N], the classes of labelled sentences; empty otherwise.
  public let classes: [Int32]
  /// [N], the numbers of scored sentences; empty otherwise.
  public let numbers: [Float]
  public let layout: SequenceLayout
  /// The term's own.
  public let parameters: [Parameter]

  public init(
    student: ObservedTensors, teacher: ObservedTensors, words: [Int32] = [], classes: [Int32] = [],
    numbers: [Float] = [], layout: SequenceLayout, parameters: [Parameter] = []
  ) {
    self.student = student
    self.teacher = teacher
    self.words = words
    self.classes = classes
    self.numbers = numbers
    self.layout = layout
    self.parameters = parameters
  }
}

extension TermBatch {
  /// The rows on which a term is taken, and what each counts. Without any, the sum over the batch is 0.
  public func rows(_ rows: TermRows) -> BatchRows {
    BatchRows(
      rows.weights(layout: layout, words: words), tokenCount: layout.tokenCount)
  }
}

extension Pooling {
  /// - Parameter states: [T, C].
  /// - Returns: [N, C].
  func callAsFunction(
    _ states: Tensor, layout: SequenceLayout, in scope: ComputeScope
  ) -> Tensor {
    switch self {
    case .mean: scope.meanOfSequences(states, layout: layout)
    case .first: scope.rows(layout.firstRows.rows, of: states)
    }
  }
}

extension [Int32] {
  /// Of masked words [T], -1 where none was masked: the rows with one.
  var maskedRows: [Int32] { indices.filter { self[$0] >= 0 }.map(Int32.init) }
}

/// What a model computed for a batch.
public struct ObservedTensors {
  private let hiddenStates: [HiddenLayer: Tensor]
  private let projections: [BlockProjection: ObservedProjection]
  private var vectors: [Pooling: Tensor]
  private var logits: Tensor?

  public init(
    hiddenStates: [HiddenLayer: Tensor] = [:],
    projections: [BlockProjection: ObservedProjection] = [:], pooled: [Pooling: Tensor] = [:],
    classLogits: Tensor? = nil
  ) {
    (self.hiddenStates, self.projections) = (hiddenStates, projections)
    (vectors, logits) = (pooled, classLogits)
  }

  mutating func add(classLogits: Tensor) { logits = classLogits }
  mutating func add(pooled: [Pooling: Tensor]) { vectors = pooled }

  /// A teacher's vectors [N, C] of whole sequences, which the term said it reads.
  public func pooled(_ pooling: Pooling) -> Tensor {
    guard let tensor = vectors[pooling] else {
      preconditionFailure("vectors of sequences, \(pooling.rawValue), were not asked for")
    }
    return tensor
  }

  /// A hidden state [T, C] that the term said it reads.
  public func hiddenState(_ layer: HiddenLayer) -> Tensor {
    guard let tensor = hiddenStates[layer] else {
      preconditionFailure("hidden state \(layer) was not asked for")
    }
    return tensor
  }

  /// Queries, keys or values of a block, which the term said it reads.
  public func projection(_ projection: BlockProjection) -> ObservedProjection {
    guard let found = projections[projection] else {
      preconditionFailure("\(projection) was not asked for")
    }
    return found
  }

  /// Class logits [N, K] of a term that said it reads them.
  public var classLogits: Tensor {
    guard let logits else { preconditionFailure("class logits were not asked for") }
    return logits
  }
}

/// Queries, keys or values of a block.
public struct ObservedProjection {
  /// [T, C], often one of several side by side.
  public let columns: TensorColumns
  /// C
  public let size: Int
  /// Heads of the model's own attention.
  public let headCount: Int

  public init(_ columns: TensorColumns, size: Int, headCount: Int) {
    (self.columns, self.size, self.headCount) = (columns, size, headCount)
  }
}
