/// In which batches an epoch visits its examples.
import RetortRandomness

/// The batches of one epoch: the examples' numbers, one batch after another, as compact as can be
/// for data sets of tens of millions of sequences.
public struct EpochOrder: Sendable, Equatable, RandomAccessCollection {
  private let examples: [UInt32]
  private let batchSize: Int

  public var startIndex: Int { 0 }
  /// The number of batches; the last may be smaller, it is never dropped.
  public var endIndex: Int { (examples.count + batchSize - 1) / batchSize }

  /// The examples of one batch.
  public subscript(batch: Int) -> [Int] {
    examples[batch * batchSize..<Swift.min(examples.count, (batch + 1) * batchSize)]
      .map { Int($0) }
  }

  private init(examples: [UInt32], batchSize: Int) {
    precondition(batchSize > 0, "a batch has at least one example")
    (self.examples, self.batchSize) = (examples, batchSize)
  }

  /// 0..<count as it stands: the order of evaluation.
  public static func sequential(count: Int, batchSize: Int) -> EpochOrder {
    EpochOrder(examples: (0..<UInt32(count)).map { $0 }, batchSize: batchSize)
  }

  /// Every example once, in an order of its own each epoch.
  ///
  /// Semantics of Hugging Face's Trainer (transformers 4.44.2): a new permutation every epoch, the
  /// last, smaller batch kept.
  public static func shuffled(
    count: Int, batchSize: Int, seed: UInt64, epoch: Int
  ) -> EpochOrder {
    EpochOrder(
      examples: permutation(count: count, seed: seed, epoch: epoch), batchSize: batchSize)
  }

  /// The order in which that Trainer itself visits the examples with this seed.
  ///
  /// Source: accelerate 0.34.2 `SeedableRandomSampler`: `torch.randperm`, seeded with seed + epoch.
  public static func replayingTorch(
    count: Int, batchSize: Int, seed: UInt64, epoch: Int
  ) -> EpochOrder {
    EpochOrder(
      examples: TorchPermutation.order(count: count, seed: seed + UInt64(epoch))
        .map { UInt32($0) },
      batchSize: batchSize)
  }

  /// Batches of examples of like length, in the order in which they fill up when the examples come
  /// shuffled. Groups are bounded at 3, 7, 11, …; what is left when the epoch ends is joined in the
  /// groups' order and cut into batches.
  ///
  /// Source: DistilBERT's `grouped_batch_sampler.py` (transformers-research-projects fccd0cd).
  public static func lengthGrouped(
    lengths: [Int], batchSize: Int, seed: UInt64, epoch: Int
  ) -> EpochOrder {
    let order = permutation(count: lengths.count, seed: seed, epoch: epoch)
    return lengthGrouped(lengths: lengths, batchSize: batchSize, order: order)
  }

  static func lengthGrouped(lengths: [Int], batchSize: Int, order: [UInt32]) -> EpochOrder {
    // The number of bounds that are at most the length: bisect_right.
    func group(_ length: Int) -> Int { length < 3 ? 0 : (length - 3) / 4 + 1 }
    let groupCount = group(lengths.max() ?? 0) + 1
    var waiting = [[UInt32]](repeating: [], count: groupCount)
    var examples: [UInt32] = []
    examples.reserveCapacity(order.count)
    for example in order {
      let group = group(lengths[Int(example)])
      waiting[group].append(example)
      if waiting[group].count == batchSize {
        examples += waiting[group]
        waiting[group].removeAll(keepingCapacity: true)
      }
    }
    for rest in waiting { examples += rest }
    return EpochOrder(examples: examples, batchSize: batchSize)
  }

  private static func permutation(count: Int, seed: UInt64, epoch: Int) -> [UInt32] {
    var stream = RandomStream(seed: seed, name: .order, place: (UInt32(epoch), 0))
    var order = (0..<UInt32(count)).map { $0 }
    for i in order.indices.dropFirst().reversed() {
      order.swapAt(i, Int(stream.integer(below: UInt32(i + 1))))
    }
    return order
  }
}
