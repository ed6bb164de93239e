// The random numbers of one fine-tuning, in the order in which it needs them.
import RetortRandomness
import RetortText
import RetortTransformers

/// What the Trainer of transformers 4.44.2 draws, with accelerate 0.34.2 and torch 2.4.0: an epoch's order is `randperm`
/// of a generator seeded with seed + epoch; the default generator, seeded once, gives a 64-bit number to each data
/// loader that begins (an epoch's, an evaluation's) and one 32-bit number to each dropout of a training step. Counters
/// need no state; the generator's is the number of draws so far.
struct FineTuningRandomness {
  private let order: FineTuning.ExampleOrder
  private let batchSize: Int
  private let seed: UInt64
  private let sites: [DropoutSite]
  private var generator: TorchGenerator?

  init(
    source: RandomSource, order: FineTuning.ExampleOrder, batchSize: Int, seed: UInt64,
    configuration: TransformerConfiguration
  ) {
    (self.order, self.batchSize, self.seed) = (order, batchSize, seed)
    sites = DropoutSites(configuration).ofClassifier
    generator = source == .torch24CPU ? TorchGenerator(seed: seed) : nil
  }

  var drawCount: Int { generator?.drawCount ?? 0 }

  mutating func goOn(afterDraws count: Int) {
    if generator != nil { generator = TorchGenerator(seed: seed, drawCount: count) }
  }

  func order(of count: Int, epoch: Int) -> EpochOrder {
    switch (order, generator) {
    case (.sequential, _): .sequential(count: count, batchSize: batchSize)
    case (.shuffled, nil):
      .shuffled(count: count, batchSize: batchSize, seed: seed, epoch: epoch)
    case (.shuffled, _?):
      .replayingTorch(count: count, batchSize: batchSize, seed: seed, epoch: epoch)
    }
  }

  /// Somebody begins to go through examples.
  ///
  /// Source: torch 2.4.0 `torch/utils/data/dataloader.py`, `_base_seed` of `_BaseDataLoaderIter`.
  mutating func beginLoading() { _ = generator?.next64() }

  /// The masks of the next forward pass.
  mutating func dropout(step: Int, microBatch: Int) -> any DropoutMaskSource {
    guard var generator else {
      return CounterDropout(seed: seed, step: step, microBatch: microBatch)
    }
    let masks = TorchDropout(sites: sites, drawingFrom: &generator)
    self.generator = generator
    return masks
  }
}
