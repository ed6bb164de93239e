import Randomness
import Text

/// The masked batches of a stage, each a function of seed, epoch and place: the live loop and the activation
/// store see the same ones.
public struct MaskedBatchSource: Sendable {
  private let corpus: any SequenceSource
  private let weights: [Double]
  private let vocabulary: Vocabulary
  private let settings: MaskedLanguageSettings

  public init(
    corpus: any SequenceSource, tokenCounts: [Int], vocabulary: Vocabulary,
    settings: MaskedLanguageSettings
  ) {
    self.corpus = corpus
    self.vocabulary = vocabulary
    self.settings = settings
    weights = settings.masking.weights(counts: tokenCounts, vocabulary: vocabulary)
  }

  public var sequenceCount: Int { corpus.count }

  /// In which batches an epoch, counted from 0, visits the corpus.
  public func order(ofEpoch epoch: Int) -> EpochOrder {
    guard settings.groupsByLength else {
      return .shuffled(
        count: corpus.count, batchSize: settings.batchSize, seed: settings.seed, epoch: epoch)
    }
    return .lengthGrouped(
      lengths: (0..<corpus.count).map(corpus.length(of:)), batchSize: settings.batchSize,
      seed: settings.seed, epoch: epoch)
  }

  /// Tokens of each optimizer step of an epoch.
  func tokensOfSteps(ofEpoch epoch: Int) -> [Int] {
    order(ofEpoch: epoch).tokensOfGroups(of: settings.accumulation, in: corpus)
  }

  /// The sequences `examples` with words masked.
  public func batch(_ examples: [Int], at place: BatchPlace) -> MaskedBatch {
    var stream = RandomStream(
      seed: settings.seed, name: .masking,
      place: (UInt32(place.step), UInt32(place.microBatch)))
    return settings.masking.apply(
      to: PackedBatch(examples, of: corpus), weights: weights, vocabulary: vocabulary,
      stream: &stream)
  }
}

extension EpochOrder {
  /// Tokens of each group of `size` consecutive batches.
  func tokensOfGroups(of size: Int, in source: some SequenceSource) -> [Int] {
    stride(from: 0, to: count, by: size).map { first in
      self[first..<Swift.min(first + size, count)].joined()
        .reduce(0) { $0 + source.length(of: $1) }
    }
  }
}
