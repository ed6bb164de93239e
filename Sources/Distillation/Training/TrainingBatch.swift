// A batch with what is to be learnt of it.
import RetortText

/// A batch of masked text, or of sentences with classes or numbers.
public struct TrainingBatch: Sendable {
  public let packed: PackedBatch
  /// [T] of masked text: the word that was masked, -1 where none was.
  public let words: [Int32]
  /// [N] of labelled sentences, each in 0..<K.
  public let classes: [Int32]
  /// [N], the labels of a regression; empty otherwise.
  public let numbers: [Float]
  let maskedCount: Int

  public init(_ masked: MaskedBatch) {
    packed = masked.packed
    words = masked.labels
    classes = []
    numbers = []
    maskedCount = masked.maskedCount
  }

  public init(_ packed: PackedBatch, classes: [Int32]) {
    precondition(classes.count == packed.sequenceCount, "a class for each sentence")
    (self.packed, self.classes) = (packed, classes)
    words = []
    numbers = []
    maskedCount = 0
  }

  public init(_ packed: PackedBatch, numbers: [Float]) {
    precondition(numbers.count == packed.sequenceCount, "a number for each sentence")
    (self.packed, self.numbers) = (packed, numbers)
    words = []
    classes = []
    maskedCount = 0
  }
}

extension RowCounts {
  init(_ batches: [TrainingBatch]) {
    self.init(
      tokens: batches.reduce(0) { $0 + $1.packed.tokenCount },
      maskedTokens: batches.reduce(0) { $0 + $1.maskedCount },
      sentences: batches.reduce(0) { $0 + $1.packed.sequenceCount },
      classes: Self.counts(of: batches.flatMap(\.classes)))
  }

  private static func counts(of classes: [Int32]) -> [Int] {
    var counts: [Int] = []
    for label in classes.map(Int.init) {
      while counts.count <= label { counts.append(0) }
      counts[label] += 1
    }
    return counts
  }
}
