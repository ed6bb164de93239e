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

  public init(_ masked: MaskedBatch) {
    packed = masked.packed
    words = masked.labels
    classes = []
    numbers = []
  }

  public init(_ packed: PackedBatch, classes: [Int32]) {
    precondition(classes.count == packed.sequenceCount, "a class for each sentence")
    (self.packed, self.classes) = (packed, classes)
    words = []
    numbers = []
  }

  public init(_ packed: PackedBatch, numbers: [Float]) {
    precondition(numbers.count == packed.sequenceCount, "a number for each sentence")
    (self.packed, self.numbers) = (packed, numbers)
    words = []
    classes = []
  }
}

extension RowCounts {
  init(_ batches: [TrainingBatch]) {
    self.init(batches.flatMap { $0.packed.examples.indices.map($0.rows(of:)) })
  }

  /// - Parameter teacher: whose class logits sequences are weighted by, known beforehand; nil where no term does.
  init(_ batches: [TrainingBatch], weightedBy teacher: (any TeacherSource)?) throws {
    self.init(
      try batches.flatMap { batch in
        try batch.packed.examples.indices.map { sequence in
          var rows = batch.rows(of: sequence)
          rows.teacherLogits = try teacher?.classLogits(ofExample: batch.packed.examples[sequence])
          return rows
        }
      })
  }
}

extension TrainingBatch {
  fileprivate func rows(of sequence: Int) -> RowCounts.SequenceRows {
    let range = Int(packed.offsets[sequence])..<Int(packed.offsets[sequence + 1])
    let isPair = packed.secondStarts.map { Int($0[sequence]) < range.count } ?? false
    return RowCounts.SequenceRows(
      length: range.count, maskedCount: words.isEmpty ? 0 : words[range].count { $0 >= 0 },
      // [CLS] and a [SEP] after each text.
      innerCount: max(0, range.count - (isPair ? 3 : 2)),
      label: classes.isEmpty ? nil : Int(classes[sequence]))
  }
}
