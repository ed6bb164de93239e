/// How lines of text become training sequences.

/// DistilBERT's rule for chunks and cleaning, with `sequenceLength` in the place of 512.
///
/// A line is [CLS], its tokens, [SEP]. One longer than `sequenceLength` is cut into pieces of
/// `sequenceLength` - 2 ids, [CLS] and [SEP] counted; a piece that does not begin with [CLS] or end
/// with [SEP] gets it. Then sequences shorter than `minimumLength`, and those of which
/// `maximumUnknownFraction` or more is unknown, are dropped.
///
/// Source: `lm_seqs_dataset.py` (transformers-research-projects fccd0cd).
public struct CorpusRule: Sendable, Hashable, CustomStringConvertible {
  public var sequenceLength: Int
  public var minimumLength: Int
  public var maximumUnknownFraction: Double
  /// Reading stops before the sequence that would bring the kept tokens above this.
  public var limitTokens: Int?
  /// Whether a longer line is one sequence, cut at `sequenceLength`, and not several.
  public var cutsLongLines: Bool

  public init(
    sequenceLength: Int, minimumLength: Int, maximumUnknownFraction: Double, limitTokens: Int?,
    cutsLongLines: Bool = false
  ) {
    precondition(sequenceLength >= 3, "a sequence of \(sequenceLength) has no room for text")
    self.sequenceLength = sequenceLength
    self.minimumLength = minimumLength
    self.maximumUnknownFraction = maximumUnknownFraction
    self.limitTokens = limitTokens
    self.cutsLongLines = cutsLongLines
  }

  public var description: String {
    "sequence_length=\(sequenceLength) minimum_length=\(minimumLength) "
      + "maximum_unknown_fraction=\(maximumUnknownFraction)"
      + (limitTokens.map { " limit_tokens=\($0)" } ?? "") + (cutsLongLines ? " long_lines=cut" : "")
  }

  /// Hands the sequences kept of one line to `body`, until it returns false.
  /// - Parameters:
  ///   - line: its ids, from [CLS] to [SEP].
  ///   - scratch: room for one sequence, reused from line to line.
  /// - Returns: false if `body` did.
  func forEachSequence(
    of line: ArraySlice<Int32>, vocabulary: Vocabulary, scratch: inout [Int32],
    _ body: (ArraySlice<Int32>) throws(DataError) -> Bool
  ) throws(DataError) -> Bool {
    if line.count <= sequenceLength {
      return keeps(line, unknown: vocabulary.unknownID) ? try body(line) : true
    }
    if cutsLongLines {
      scratch.removeAll(keepingCapacity: true)
      scratch.append(contentsOf: line.prefix(sequenceLength - 1))
      scratch.append(vocabulary.separatorID)
      return keeps(scratch[...], unknown: vocabulary.unknownID) ? try body(scratch[...]) : true
    }
    for start in stride(from: line.startIndex, to: line.endIndex, by: sequenceLength - 2) {
      let piece = line[start..<min(line.endIndex, start + sequenceLength - 2)]
      scratch.removeAll(keepingCapacity: true)
      if piece.first != vocabulary.classifierID { scratch.append(vocabulary.classifierID) }
      scratch.append(contentsOf: piece)
      if scratch.last != vocabulary.separatorID { scratch.append(vocabulary.separatorID) }
      if keeps(scratch[...], unknown: vocabulary.unknownID), try !body(scratch[...]) {
        return false
      }
    }
    return true
  }

  private func keeps(_ sequence: ArraySlice<Int32>, unknown: Int32) -> Bool {
    guard sequence.count >= minimumLength else { return false }
    let count = sequence.reduce(into: 0) { if $1 == unknown { $0 += 1 } }
    return Double(count) / Double(sequence.count) < maximumUnknownFraction
  }
}
