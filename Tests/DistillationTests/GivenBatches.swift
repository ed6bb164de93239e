// Masked batches with masks that belong to the sequences, however they are put together.
import RetortTestSupport
import RetortText

@testable import RetortDistillation

struct GivenBatches: MaskedBatchSource {
  let sequences: TokenSequences
  /// By sequence: which of its positions are masked.
  let masked: [[Int]]
  let batchSize: Int

  var sequenceCount: Int { sequences.count }

  func length(of sequence: Int) -> Int { sequences.length(of: sequence) }

  func order(ofEpoch epoch: Int) -> EpochOrder {
    .sequential(count: sequences.count, batchSize: batchSize)
  }

  func batch(_ examples: [Int], at place: BatchPlace) -> MaskedBatch {
    var packed = PackedBatch(examples, of: sequences)
    var labels = [Int32](repeating: -1, count: packed.tokenCount)
    for (row, example) in examples.enumerated() {
      for position in masked[example] {
        let place = Int(packed.offsets[row]) + position
        labels[place] = packed.tokenIDs[place]
        packed.tokenIDs[place] = 4  // [MASK]
      }
    }
    return MaskedBatch(
      packed: packed, labels: labels, maskedCount: labels.count { $0 >= 0 })
  }
}

extension GivenBatches {
  /// Sequence i has i % `period` masked words, as far as it is long enough.
  init(count: Int, batchSize: Int, period: Int) {
    sequences = Small.sequences(count)
    masked = (0..<count).map { [sequences] i in
      Array((1..<sequences.length(of: i) - 1).prefix(i % period))
    }
    self.batchSize = batchSize
  }
}
