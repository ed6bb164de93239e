// The words that a model's own masked LM finds most probable in the place of another.
import RetortTensorEngine
import RetortText
import RetortTransformers

/// Asks for one place of one sentence at a time, many at once.
///
/// The sequence is [CLS] sentence [SEP] sentence [SEP], the first with [MASK] in the place asked for, the second as it is:
/// the model sees the answer, and candidates stay near it. A model with token types reads 0 for the first and 1 for the
/// second. What is beyond the model's positions is cut off at the end.
/// Source: TinyBERT `data_augmentation.py` of huawei-noah/Pretrained-Language-Model@170f475, `_masked_language_model`.
final class MaskedWordCandidates {
  /// One place of one sentence.
  struct Question {
    /// The sentence's number.
    let sentence: Int
    /// The sentence's ids, without [CLS] and [SEP].
    let tokenIDs: [Int32]
    /// Which of them is masked.
    let place: Int
  }

  private let model: TransformerModel
  private let head: MaskedLanguageHead
  private let vocabulary: Vocabulary
  private let count: Int
  private let scope: ComputeScope
  /// Tokens that are computed together, at least, if there are as many.
  private static let batchTokens = 4096

  /// - Parameters:
  ///   - model: with a masked-LM head.
  ///   - count: candidates of a place, at most as many as the model has words.
  init(_ model: TransformerModel, vocabulary: Vocabulary, count: Int, engine: Engine) {
    guard let head = model.maskedLanguageHead else {
      preconditionFailure("a model without a masked-LM head is asked for words")
    }
    (self.model, self.head, self.vocabulary, self.count) = (model, head, vocabulary, count)
    scope = ComputeScope(engine: engine, recording: false)
  }

  /// Whether the model has a position for a masked token.
  /// - Parameter place: among the sentence's ids.
  func reaches(_ place: Int) -> Bool { place + 1 < model.configuration.maximumPositions }

  /// The ids of each question's most probable words, the first one first. Of equally probable ones the lower id comes first.
  /// - Parameter questions: of places that it reaches.
  /// - Returns: with the number of tokens that were read.
  func answers(to questions: [Question]) throws(AugmentationError) -> (ids: [[Int32]], tokens: Int)
  {
    var ids: [[Int32]] = []
    ids.reserveCapacity(questions.count)
    var tokens = 0
    var batch: [Question] = []
    var waiting = TokenSequences()
    for question in questions {
      let (sequence, secondStart) = sequence(of: question)
      waiting.append(sequence, secondStart: hasTokenTypes ? secondStart : nil)
      batch.append(question)
      guard waiting.tokenCount >= Self.batchTokens || batch.count + ids.count == questions.count
      else { continue }
      ids += try compute(batch, waiting)
      tokens += waiting.tokenCount
      batch.removeAll(keepingCapacity: true)
      waiting = TokenSequences()
    }
    return (ids, tokens)
  }

  private var hasTokenTypes: Bool {
    model.configuration.structure.hasTokenTypes && model.configuration.tokenTypeCount > 1
  }

  private func sequence(of question: Question) -> (ids: ArraySlice<Int32>, secondStart: Int) {
    let sentence = question.tokenIDs
    var ids = [vocabulary.classifierID] + sentence
    ids[1 + question.place] = vocabulary.maskID
    ids.append(vocabulary.separatorID)
    ids += sentence
    ids.append(vocabulary.separatorID)
    let most = model.configuration.maximumPositions
    return (ids.prefix(most), min(sentence.count + 2, most))
  }

  private func compute(
    _ questions: [Question], _ sequences: TokenSequences
  ) throws(AugmentationError) -> [[Int32]] {
    scope.reset()
    let batch = PackedBatch(Array(0..<sequences.count), of: sequences)
    let layout = SequenceLayout(batch)
    let rows = questions.enumerated().map { batch.offsets[$0] + 1 + Int32($1.place) }
    let states = model.encoder.encode(
      tokenIDs: batch.tokenIDs, layout: layout,
      request: HiddenStateRequest(lastLayer: .selection(rows)), mode: .inference, in: scope)
    guard let (hidden, selection) = states.last else {
      preconditionFailure("the encoder gives what is asked of it")
    }
    let largest = TopLogitSelection(rows: rows.count, count: count, temperatures: [])
    _ = scope.vocabularyHead(
      hidden: head.transform(
        hidden, placement: selection.placement, mode: .inference, in: scope),
      decoder: head.decoder, bias: head.decoderBias,
      objectives: [WeightedObjective(largest, gradientScale: 0)])
    return try questions.enumerated().map { (row, question) throws(AugmentationError) in
      let places = row * count..<(row + 1) * count
      guard largest.values[places].allSatisfy(\.isFinite) else {
        throw .notFinite(sentence: question.sentence)
      }
      return Array(largest.ids[places])
    }
  }
}
