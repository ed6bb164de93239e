import Randomness
import Text
import Transformers

extension FineTuningSettings {
  /// Where a fine-tuning's random numbers come from.
  public enum RandomSource: Sendable, Equatable {
    /// Functions of seed, step and place.
    case counter
    /// One generator drawn from step by step, as Hugging Face's Trainer does on a CPU.
    case torch
  }
}

/// The random numbers of one fine-tuning, in the order in which it needs them.
///
/// What the Trainer of transformers 4.44.2 draws, with accelerate 0.34.2 and torch 2.4.0: an epoch's order is `randperm`
/// of a generator seeded with seed + epoch; the default generator, seeded once, gives a 64-bit number to each data
/// loader that begins (an epoch's, an evaluation's) and one 32-bit number to each dropout of a training step. Counters
/// need no state; the generator's is the number of draws so far.
struct FineTuningRandomness {
  private let settings: FineTuningSettings
  private let sites: [DropoutSite]
  private var generator: TorchGenerator?

  /// - Parameter drawCount: numbers that the training has drawn before, to go on from there.
  init(_ settings: FineTuningSettings, configuration: TransformerConfiguration, drawCount: Int) {
    self.settings = settings
    sites = DropoutSites(configuration).ofClassifier
    generator =
      settings.random == .torch
      ? TorchGenerator(seed: settings.seed, drawCount: drawCount) : nil
  }

  var drawCount: Int { generator?.drawCount ?? 0 }

  func order(of count: Int, epoch: Int) -> EpochOrder {
    switch (settings.order, settings.random) {
    case (.sequential, _): .sequential(count: count, batchSize: settings.batchSize)
    case (.shuffled, .counter):
      .shuffled(count: count, batchSize: settings.batchSize, seed: settings.seed, epoch: epoch)
    case (.shuffled, .torch):
      .replayingTorch(
        count: count, batchSize: settings.batchSize, seed: settings.seed, epoch: epoch)
    }
  }

  /// Somebody begins to go through examples.
  ///
  /// Source: torch 2.4.0 `torch/utils/data/dataloader.py`, `_base_seed` of `_BaseDataLoaderIter`.
  mutating func beginLoading() { _ = generator?.next64() }

  /// The masks of the next forward pass.
  mutating func dropout(step: Int, microBatch: Int) -> any DropoutMaskSource {
    guard var generator else {
      return CounterDropout(seed: settings.seed, step: step, microBatch: microBatch)
    }
    let masks = TorchDropout(sites: sites, drawingFrom: &generator)
    self.generator = generator
    return masks
  }
}
