import RetortRandomness
import RetortText

/// Where the masked batches of a stage come from. Each is a function of its place: a training that is gone on with, the
/// live teacher and a store of a teacher's outputs all see the same ones.
public protocol MaskedBatchSource: Sendable {
  /// Sequences of an epoch.
  var sequenceCount: Int { get }
  func length(of sequence: Int) -> Int
  /// In which batches an epoch, counted from 0, visits the sequences.
  func order(ofEpoch epoch: Int) -> EpochOrder
  /// The sequences `examples` with words masked.
  func batch(_ examples: [Int], at place: BatchPlace) throws -> MaskedBatch
}

/// Batches of a corpus, masked when they are asked for, or as they are: functions of seed, epoch and place.
public struct MaskedCorpus: MaskedBatchSource {
  private let corpus: any SequenceSource
  private let weights: [Double]
  private let vocabulary: Vocabulary
  private let masking: MaskingRule?
  private let batchSize: Int
  private let groupsByLength: Bool
  private let seed: UInt64

  /// - Parameters:
  ///   - tokenCounts: [V], how often each id occurs: rare words are masked more often.
  ///   - masking: nil for text as it is.
  ///   - groupsByLength: whether batches are made of sequences of like length.
  ///   - seed: of order and masks.
  public init(
    corpus: any SequenceSource, tokenCounts: [Int], vocabulary: Vocabulary, masking: MaskingRule?,
    batchSize: Int, groupsByLength: Bool = true, seed: UInt64
  ) {
    self.corpus = corpus
    self.vocabulary = vocabulary
    self.masking = masking
    self.batchSize = batchSize
    self.groupsByLength = groupsByLength
    self.seed = seed
    weights = masking?.weights(counts: tokenCounts, vocabulary: vocabulary) ?? []
  }

  public var sequenceCount: Int { corpus.count }

  public func length(of sequence: Int) -> Int { corpus.length(of: sequence) }

  public func order(ofEpoch epoch: Int) -> EpochOrder {
    guard groupsByLength else {
      return .shuffled(
        count: corpus.count, batchSize: batchSize, seed: seed, epoch: epoch)
    }
    return .lengthGrouped(
      lengths: (0..<corpus.count).map(corpus.length(of:)), batchSize: batchSize,
      seed: seed, epoch: epoch)
  }

  public func batch(_ examples: [Int], at place: BatchPlace) -> MaskedBatch {
    let batch = PackedBatch(examples, of: corpus)
    guard let masking else { return MaskedBatch(unmasked: batch) }
    var stream = RandomStream(
      seed: seed, name: .masking,
      place: (UInt32(place.step), UInt32(place.microBatch)))
    return masking.apply(to: batch, weights: weights, vocabulary: vocabulary, stream: &stream)
  }
}

extension EpochOrder {
  /// Tokens of each group of `size` consecutive batches.
  public func tokensOfGroups(of size: Int, lengthOf length: (Int) -> Int) -> [Int] {
    stride(from: 0, to: count, by: size).map { first in
      self[first..<Swift.min(first + size, count)].joined().reduce(0) { $0 + length($1) }
    }
  }
}
