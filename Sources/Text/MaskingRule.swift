/// DistilBERT's masking: which positions of a batch are to be predicted, and what stands there.
import RetortRandomness

#if canImport(Glibc)
  import Glibc
#endif

/// A batch ready for masked language modelling.
public struct MaskedBatch: Sendable, Equatable {
  /// The batch with the masked ids in place of the true ones.
  public var packed: PackedBatch
  /// [T], the true id where one is to be predicted, -1 elsewhere.
  public var labels: [Int32]
  /// Number of positions to predict.
  public var maskedCount: Int

  public init(packed: PackedBatch, labels: [Int32], maskedCount: Int) {
    (self.packed, self.labels, self.maskedCount) = (packed, labels, maskedCount)
  }

  /// With nothing to be predicted.
  public init(unmasked batch: PackedBatch) {
    self.init(
      packed: batch, labels: [Int32](repeating: -1, count: batch.tokenCount), maskedCount: 0)
  }
}

/// How positions are chosen and what is put there.
///
/// Over the whole batch ⌈probability · T⌉ positions are drawn without replacement, each with a
/// chance that falls with its token's count: weight(v) = max(count(v), 1)^-smoothing, 0 for special
/// tokens. A short sequence may get none. Of the chosen, each by itself: `mask` become [MASK],
/// `keep` stay, `random` become any token of the vocabulary, special ones included.
///
/// Source: DistilBERT's distiller.py, `prepare_batch_mlm`, and train.py (transformers-research-
/// projects fccd0cd). It draws from the padded batch, where padding has weight 0: the same chances.
public struct MaskingRule: Sendable, Hashable {
  /// Share of a batch's tokens that are predicted, 0 to 1.
  public var probability: Double
  /// A token that occurs c times is drawn with weight max(c, 1)^-smoothing; 0 draws uniformly.
  public var smoothing: Double
  /// Of the tokens drawn: the shares that are replaced by [MASK], left as they are and replaced at random.
  public var mask: Double
  public var keep: Double
  public var random: Double

  /// The defaults are DistilBERT's.
  public init(
    probability: Double = 0.15, smoothing: Double = 0.7, mask: Double = 0.8, keep: Double = 0.1,
    random: Double = 0.1
  ) {
    (self.probability, self.smoothing) = (probability, smoothing)
    (self.mask, self.keep, self.random) = (mask, keep, random)
  }

  /// Whether mask, keep and random are shares of a whole.
  public var isComplete: Bool {
    min(mask, keep, random) >= 0 && abs(mask + keep + random - 1) < 1e-9
  }

  /// Weight of each vocabulary id, [V].
  /// - Parameter counts: [V], how often each id occurs in the corpus.
  public func weights(counts: [Int], vocabulary: Vocabulary) -> [Double] {
    precondition(counts.count == vocabulary.count, "a count for each of \(vocabulary.count) ids")
    precondition((0...1).contains(probability), "probability \(probability) is not in 0...1")
    precondition(
      isComplete, "mask \(mask), keep \(keep) and random \(random) do not add up to 1")
    return counts.enumerated().map { id, count in
      vocabulary.specialIDs.contains(Int32(id)) ? 0 : pow(Double(max(count, 1)), -smoothing)
    }
  }

  /// The low bits of a key's pattern give way to the position: whole numbers sort quickly, the order
  /// of patterns is that of the keys, and 32 bits of the fraction are left.
  private static let positionMask = 1 << 20 - 1

  /// Masks a batch.
  ///
  /// Positions are chosen by exponential keys: each draws an exponential variable of rate weight(v),
  /// and the smallest ⌈probability · T⌉ win. That is drawing one position after another in proportion
  /// to the weights of those left (Efraimidis and Spirakis 2006, doi 10.1016/j.ipl.2005.11.003);
  /// torch.multinomial does the same. The keys use one number of the stream a position, the
  /// replacements one or two a chosen position, in the order of the positions.
  /// - Parameters:
  ///   - weights: [V], from `weights(counts:vocabulary:)`.
  ///   - stream: of the name `.masking`, at the batch's own place.
  public func apply(
    to batch: PackedBatch, weights: [Double], vocabulary: Vocabulary,
    stream: inout RandomStream
  ) -> MaskedBatch {
    precondition(batch.tokenCount <= Self.positionMask, "a batch of \(batch.tokenCount) tokens")
    var keys: [UInt64] = []
    keys.reserveCapacity(batch.tokenCount)
    for (position, id) in batch.tokenIDs.enumerated() {
      let uniform = stream.uniformDouble()  // drawn for every position, so that places stay put
      let weight = weights[Int(id)]
      guard weight > 0 else { continue }
      // 1 - uniform lies in (0, 1]: the key is finite and not negative (+ 0 makes -0 to 0).
      let key = -log(1 - uniform) / weight + 0
      keys.append(key.bitPattern & ~UInt64(Self.positionMask) | UInt64(position))
    }
    let wanted = Int((probability * Double(batch.tokenCount)).rounded(.up))
    keys.sort()
    let chosen = keys.prefix(wanted).map { Int($0) & Self.positionMask }.sorted()

    var result = MaskedBatch(
      packed: batch, labels: [Int32](repeating: -1, count: batch.tokenCount),
      maskedCount: chosen.count)
    for position in chosen {
      result.labels[position] = batch.tokenIDs[position]
      let uniform = stream.uniformDouble()
      if uniform < mask {
        result.packed.tokenIDs[position] = vocabulary.maskID
      } else if uniform >= mask + keep {
        result.packed.tokenIDs[position] = Int32(
          stream.integer(below: UInt32(vocabulary.count)))
      }
    }
    return result
  }
}
