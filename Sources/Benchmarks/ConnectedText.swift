// Sequences of one length, and their masks, for distillation.
import RetortDistillation
import RetortText

/// Sentences joined and cut into sequences of equal length, with words masked by place alone: everything that is
/// read is fixed by the sentences, so that another program can be given the same.
///
/// The sentences' tokens, [CLS] and [SEP] left out, stand one after another and are cut into pieces of length - 2
/// tokens, each between [CLS] and [SEP]; what is left over is dropped. Of each sequence the positions 3, 10, 17, …,
/// counted from 0, become [MASK], as far as they are before the last: 18 of 128, 14 %. Where nothing reads masked words
/// all stay as they are.
public struct ConnectedText: MaskedBatchSource {
  public let sequences: TokenSequences
  private let batchSize: Int
  /// Nil for text as it is.
  private let maskID: Int32?

  public static let maskPeriod = 7
  public static let firstMask = 3

  /// - Parameters:
  ///   - sentences: with [CLS] and [SEP].
  ///   - length: of each sequence, [CLS] and [SEP] counted; at least 4.
  ///   - count: sequences to make; fewer where the sentences end.
  ///   - maskID: the id of [MASK]; nil for text as it is.
  public init(
    _ sentences: TokenSequences, length: Int, count: Int, batchSize: Int, maskID: Int32?
  ) {
    precondition(length >= 4, "a sequence of \(length) tokens has nothing to mask")
    var sequences = TokenSequences()
    var piece: [Int32] = []
    for index in 0..<sentences.count where sequences.count < count {
      let sentence = sentences[index]
      guard let classifier = sentence.first, let separator = sentence.last else { continue }
      for id in sentence.dropFirst().dropLast() {
        piece.append(id)
        if piece.count == length - 2, sequences.count < count {
          sequences.append([classifier] + piece + [separator])
          piece.removeAll(keepingCapacity: true)
        }
      }
    }
    self.sequences = sequences
    self.batchSize = batchSize
    self.maskID = maskID
  }

  public var sequenceCount: Int { sequences.count }

  public func length(of sequence: Int) -> Int { sequences.length(of: sequence) }

  public func order(ofEpoch epoch: Int) -> EpochOrder {
    .sequential(count: sequences.count, batchSize: batchSize)
  }

  public func batch(_ examples: [Int], at place: BatchPlace) -> MaskedBatch {
    var packed = PackedBatch(examples, of: sequences)
    guard let maskID else { return MaskedBatch(unmasked: packed) }
    var labels = [Int32](repeating: -1, count: packed.tokenCount)
    var count = 0
    for row in examples.indices {
      let (start, end) = (Int(packed.offsets[row]), Int(packed.offsets[row + 1]))
      for place in stride(from: start + Self.firstMask, to: end - 1, by: Self.maskPeriod) {
        labels[place] = packed.tokenIDs[place]
        packed.tokenIDs[place] = maskID
        count += 1
      }
    }
    return MaskedBatch(packed: packed, labels: labels, maskedCount: count)
  }
}
