// What models predict at words of a text: their loss, their entropy, and how far they are from a teacher.
import Glibc
import RetortEvaluation
import RetortRandomness
import RetortText
import RetortTransformers

/// A figure of the logits at single words.
public enum WordFigure: Sendable, Hashable {
  /// Cross-entropy with the word that was masked, in nats.
  case loss
  /// Entropy of the model's own distribution at a temperature, in nats.
  case entropy(temperature: Double)
  /// KL(softmax(t/T) ‖ softmax(s/T)), in nats and without a factor T².
  case divergence(temperature: Double)
  /// Whether the most probable word is the teacher's.
  case agreement

  /// Whether it is the share of words of which something is true.
  public var isShare: Bool { self == .agreement }

  public var readsTeacher: Bool {
    switch self {
    case .loss, .entropy: false
    case .divergence, .agreement: true
    }
  }

  func objective(labels: [Int32]) -> any VocabularyObjective {
    switch self {
    case .loss: MaskedLanguageObjective(labels: labels)
    case .entropy(let temperature): EntropyObjective(temperature: temperature)
    case .divergence(let temperature):
      SoftTargetObjective(
        SoftTargetLoss(
          ForwardKL(), temperature: Float(temperature), scale: .none, targets: .soft))
    case .agreement: TopWordAgreement()
    }
  }
}

/// Words of a text at which every model is asked the same.
///
/// Masks are drawn once for each group of 32 sequences, in the order of the text: every model reads the same masked words, and
/// no bit depends on threads. Figures are summed by sequence, as the words of one sequence are not independent.
public struct WordMeasurement {
  /// Sequences that are masked, and computed, together.
  static let groupSize = 32

  private let text: any SequenceSource
  /// Masks a group; nil for text as it is.
  private let mask: (@Sendable (PackedBatch, _ group: Int) -> MaskedBatch)?
  /// [V], the best guess of a masked word without its context, up to a factor; empty where nothing is masked.
  private let unigram: [Double]

  /// - Parameters:
  ///   - masking: which words are asked for; nil for every token of the text as it is.
  ///   - tokenCounts: [V], how often each id occurs in the text that was learned: by them words are drawn.
  ///   - seed: of the masks.
  public init(
    text: any SequenceSource, vocabulary: Vocabulary, masking: MaskingRule?, tokenCounts: [Int],
    seed: UInt64
  ) {
    guard let masking else {
      self.init(text: text, unigram: [], mask: nil)
      return
    }
    let weights = masking.weights(counts: tokenCounts, vocabulary: vocabulary)
    let unigram = zip(tokenCounts, weights).map { Double($0 + 1) * $1 }
    self.init(text: text, unigram: unigram) { (batch: PackedBatch, group: Int) -> MaskedBatch in
      var stream = RandomStream(seed: seed, name: .masking, place: (UInt32(group), 0))
      return masking.apply(to: batch, weights: weights, vocabulary: vocabulary, stream: &stream)
    }
  }

  init(
    text: any SequenceSource, unigram: [Double],
    mask: (@Sendable (PackedBatch, _ group: Int) -> MaskedBatch)?
  ) {
    (self.text, self.unigram, self.mask) = (text, unigram, mask)
  }

  /// Figures of a model, in their order.
  /// - Parameters:
  ///   - model: with a masked-LM head.
  ///   - teacher: likewise; nil where no figure reads one.
  ///   - observer: hears how many sequences are done, and may ask to stop.
  public func estimates(
    of model: TransformerModel, teacher: TransformerModel? = nil, _ figures: [WordFigure],
    engine: Engine, observer: (any RecordingObserver)? = nil
  ) throws(MeasureError) -> [Estimate] {
    let scopes = (0..<2).map { _ in ComputeScope(engine: engine, recording: false) }
    let ofTeacher = figures.contains(where: \.readsTeacher) ? teacher : nil
    var sums = figures.map { _ in ClusteredSums(exampleCount: text.count) }
    try forEachGroup(observer) { batch throws(MeasureError) in
      let layout = SequenceLayout(batch.packed)
      let rows = rows(of: batch, layout)
      let labels = rows.rows.map { batch.labels[Int($0)] }
      let kept = figures.map { KeptRowValues($0.objective(labels: labels), rowCount: rows.count) }
      scopes[1].reset()
      let teaching = ofTeacher.map { teacher in
        let (head, hidden) = teacher.features(batch.packed, layout, rows, in: scopes[1])
        return TeacherVocabulary(hidden: hidden, decoder: head.decoder, bias: head.decoderBias)
      }
      scopes[0].reset()
      let (head, hidden) = model.features(batch.packed, layout, rows, in: scopes[0])
      _ = scopes[0].vocabularyHead(
        hidden: hidden, decoder: head.decoder, bias: head.decoderBias, teacher: teaching,
        objectives: kept.map { WeightedObjective($0, gradientScale: 0) })
      for (figure, kept) in kept.enumerated() {
        for (value, example) in zip(kept.values, examples(ofRows: rows, in: batch.packed)) {
          guard value.isFinite else { throw .notFinite(figure: "\(figures[figure])") }
          sums[figure].add(value, toExample: example)
        }
      }
    }
    return try estimates(sums, figures)
  }

  /// The loss of the best guess that looks at nothing but how often words occur: words in the shares in which those of the
  /// learned text are masked,
  ///
  ///     q(v) ∝ (count(v) + 1) · max(count(v), 1)^-smoothing,  0 for special tokens.
  ///
  /// One is added to each count so that a word that was never learned is not impossible.
  public func unigramFloor(
    observer: (any RecordingObserver)? = nil
  ) throws(MeasureError) -> Estimate {
    precondition(!unigram.isEmpty, "a guess of words where none is masked")
    let total = unigram.reduce(0, +)
    var sums = ClusteredSums(exampleCount: text.count)
    try forEachGroup(observer) { batch throws(MeasureError) in
      for (sequence, example) in batch.packed.examples.enumerated() {
        let tokens = Int(batch.packed.offsets[sequence])..<Int(batch.packed.offsets[sequence + 1])
        for label in batch.labels[tokens] where label >= 0 {
          sums.add(-log(unigram[Int(label)] / total), toExample: example)
        }
      }
    }
    return try estimates([sums], [.loss])[0]
  }

  private func estimates(
    _ sums: [ClusteredSums], _ figures: [WordFigure]
  ) throws(MeasureError) -> [Estimate] {
    var estimates: [Estimate] = []
    for (sums, figure) in zip(sums, figures) {
      guard let estimate = sums.estimate(isShare: figure.isShare) else {
        throw .nothingMeasured(figure: "\(figure)")
      }
      estimates.append(estimate)
    }
    return estimates
  }

  // MARK: Batches

  /// The examples of a batch have their numbers in the text.
  private func forEachGroup(
    _ observer: (any RecordingObserver)?, _ body: (MaskedBatch) throws(MeasureError) -> Void
  ) throws(MeasureError) {
    var clock = RecordingClock(total: text.count, observer: observer)
    for (group, first) in stride(from: 0, to: text.count, by: Self.groupSize).enumerated() {
      let examples = Array(first..<min(first + Self.groupSize, text.count))
      let packed = PackedBatch(examples, of: text)
      let batch = mask?(packed, group) ?? MaskedBatch(unmasked: packed)
      if mask == nil || batch.maskedCount > 0 { try body(batch) }
      if clock.report(done: first + examples.count, tokens: packed.tokenCount) {
        throw .interrupted(done: first + examples.count, total: text.count)
      }
    }
  }

  private func rows(of batch: MaskedBatch, _ layout: SequenceLayout) -> RowSelection {
    guard mask != nil else { return layout.allRows }
    let masked = batch.labels.indices.filter { batch.labels[$0] >= 0 }
    return RowSelection(layout: layout, rows: masked.map { Int32($0) })
  }

  /// The example of each row.
  private func examples(ofRows rows: RowSelection, in batch: PackedBatch) -> [Int] {
    var sequence = 0
    return rows.rows.map { row in
      while batch.offsets[sequence + 1] <= row { sequence += 1 }
      return batch.examples[sequence]
    }
  }
}

extension TransformerModel {
  /// What the decoder of its masked-LM head multiplies, at some rows [R, C].
  fileprivate func features(
    _ batch: PackedBatch, _ layout: SequenceLayout, _ rows: RowSelection, in scope: ComputeScope
  ) -> (head: MaskedLanguageHead, hidden: Tensor) {
    guard let head = maskedLanguageHead else {
      preconditionFailure("a model without a masked-LM head has no logits")
    }
    let observed = observe(
      batch, layout: layout, hiddenStates: [], logitRows: rows, classLogits: false,
      mode: .inference, in: scope)
    guard let last = observed.last else {
      preconditionFailure("rows of the last hidden state were asked for")
    }
    return (
      head, head.transform(last.rows, placement: rows.placement, mode: .inference, in: scope)
    )
  }
}
