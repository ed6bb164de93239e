// One vector a sentence.
import RetortText
import RetortTransformers

/// How sentence vectors are made of the last hidden state.
public struct SentencePooling: Sendable, Hashable {
  public var pooling: Pooling
  /// Whether vectors are divided by their length.
  public var isNormalised: Bool

  public init(_ pooling: Pooling, isNormalised: Bool) {
    (self.pooling, self.isNormalised) = (pooling, isNormalised)
  }
}

/// The sentence vectors of a model over a text, a few sequences at a time.
struct SentenceVectors {
  /// Sequences that are computed together.
  static let groupSize = 32

  let model: TransformerModel
  let pooling: SentencePooling
  private let scope: ComputeScope

  init(of model: TransformerModel, _ pooling: SentencePooling, engine: Engine) {
    (self.model, self.pooling) = (model, pooling)
    scope = ComputeScope(engine: engine, recording: false)
  }

  var columns: Int { model.configuration.hiddenSize }

  /// Vectors [examples, C] of some sequences, row by row.
  func callAsFunction(_ batch: PackedBatch) throws(MeasureError) -> [Float] {
    scope.reset()
    let layout = SequenceLayout(batch)
    let request: HiddenStateRequest = pooling.pooling == .first ? .first : .all
    let states = model.encoder.encode(
      tokenIDs: batch.tokenIDs, layout: layout, request: request, mode: .inference, in: scope)
    guard let last = states.last?.rows else {
      preconditionFailure("rows of the last hidden state were asked for")
    }
    var pooled =
      pooling.pooling == .first ? last : scope.meanOfSequences(last, layout: layout)
    if pooling.isNormalised { pooled = scope.unitRows(pooled) }
    let values = pooled.copyValues()
    guard values.allSatisfy(\.isFinite) else { throw .notFinite(figure: "a sentence vector") }
    return values
  }

  /// Vectors [N, C] of all sequences of a text.
  func all(
    of text: any SequenceSource, observer: (any RecordingObserver)?
  ) throws(MeasureError) -> [Float] {
    var vectors: [Float] = []
    vectors.reserveCapacity(text.count * columns)
    try Self.forEachGroup(of: text, observer) { batch throws(MeasureError) in
      vectors += try self(batch)
    }
    return vectors
  }

  /// Calls `body` with consecutive sequences of a text.
  static func forEachGroup(
    of text: any SequenceSource, _ observer: (any RecordingObserver)?,
    _ body: (PackedBatch) throws(MeasureError) -> Void
  ) throws(MeasureError) {
    var clock = RecordingClock(total: text.count, observer: observer)
    for first in stride(from: 0, to: text.count, by: groupSize) {
      let end = min(first + groupSize, text.count)
      let batch = PackedBatch(Array(first..<end), of: text)
      try body(batch)
      if clock.report(done: end, tokens: batch.tokenCount) {
        throw .interrupted(done: end, total: text.count)
      }
    }
  }
}
