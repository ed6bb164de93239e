/// Token ids of many sequences in memory, one after another.
public struct TokenSequences: Sendable {
  /// [T], all sequences' ids.
  public private(set) var tokenIDs: [Int32]
  /// [N + 1], where each sequence begins; starts at 0, ends at T.
  public private(set) var offsets: [Int]
  /// [N], how many tokens of each sequence come before its second text, all of them in a single text; nil where all are
  /// single texts.
  private(set) var secondStarts: [Int32]?

  public init() { (tokenIDs, offsets) = ([], [0]) }

  /// - Parameters:
  ///   - offsets: from 0 to the number of ids.
  ///   - secondStarts: one a sequence; nil for single texts.
  init(tokenIDs: [Int32], offsets: [Int], secondStarts: [Int32]? = nil) {
    (self.tokenIDs, self.offsets, self.secondStarts) = (tokenIDs, offsets, secondStarts)
  }

  /// - Parameter secondStart: how many ids come before the second text; nil for a single text.
  public mutating func append(_ sequence: some Sequence<Int32>, secondStart: Int? = nil) {
    if secondStart != nil { countSecondStarts() }
    tokenIDs.append(contentsOf: sequence)
    offsets.append(tokenIDs.count)
    let start = Int32(secondStart ?? length(of: count - 1))
    secondStarts?.append(start)
  }

  /// From now on a sequence may be a pair.
  private mutating func countSecondStarts() {
    if secondStarts == nil { secondStarts = lengths.map { Int32($0) } }
  }

  mutating func reserveCapacity(sequences: Int, tokens: Int) {
    tokenIDs.reserveCapacity(tokens)
    offsets.reserveCapacity(sequences + 1)
  }

  mutating func append(contentsOf other: TokenSequences) {
    if other.secondStarts != nil { countSecondStarts() }
    secondStarts?.append(contentsOf: other.secondStarts ?? other.lengths.map { Int32($0) })
    let start = tokenIDs.count
    tokenIDs.append(contentsOf: other.tokenIDs)
    for offset in other.offsets.dropFirst() { offsets.append(start + offset) }
  }

  /// The sequences `places`, in that order.
  public func inOrder(_ places: [Int]) -> TokenSequences {
    var chosen = TokenSequences()
    chosen.reserveCapacity(
      sequences: places.count, tokens: places.reduce(0) { $0 + length(of: $1) })
    for place in places {
      chosen.append(self[place], secondStart: secondStart(of: place))
    }
    return chosen
  }

  /// How often each id occurs, [V].
  /// - Parameter size: V, larger than every id.
  public func tokenCounts(vocabularySize size: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: size)
    for id in tokenIDs { counts[Int(id)] += 1 }
    return counts
  }

  /// Number of sequences, N.
  public var count: Int { offsets.count - 1 }
  public var tokenCount: Int { tokenIDs.count }
  public var lengths: [Int] { (0..<count).map(length(of:)) }

  public func length(of sequence: Int) -> Int { offsets[sequence + 1] - offsets[sequence] }

  public subscript(sequence: Int) -> ArraySlice<Int32> {
    tokenIDs[offsets[sequence]..<offsets[sequence + 1]]
  }
}

extension TokenSequences: SequenceSource {
  public func secondStart(of sequence: Int) -> Int? {
    secondStarts.map { Int($0[sequence]) }
  }

  public func appendTokens(of sequence: Int, to ids: inout [Int32]) {
    ids.append(contentsOf: self[sequence])
  }
}

/// Numbered sequences of token ids, in memory or in a mapped file.
public protocol SequenceSource: Sendable {
  var count: Int { get }
  var tokenCount: Int { get }
  func length(of sequence: Int) -> Int
  func appendTokens(of sequence: Int, to ids: inout [Int32])
  /// How many of its tokens come before its second text, all of them in a single text; nil where all are single texts.
  func secondStart(of sequence: Int) -> Int?
}

extension SequenceSource {
  public func secondStart(of sequence: Int) -> Int? { nil }
}

/// The sequences of one step, one after another, without padding.
public struct PackedBatch: Sendable, Equatable {
  /// [T], ids of all sequences.
  public var tokenIDs: [Int32]
  /// [N + 1], where each sequence begins; starts at 0, ends at T.
  public var offsets: [Int32]
  /// [N], how many tokens of each sequence come before its second text, all of them in a single text; nil where all are
  /// single texts.
  public var secondStarts: [Int32]?
  /// [N], the number of each sequence in its data set.
  public var examples: [Int]

  /// A batch of single texts.
  public init(tokenIDs: [Int32], offsets: [Int32], examples: [Int]) {
    precondition(
      offsets.first == 0 && offsets.last.map(Int.init) == tokenIDs.count
        && offsets.count == examples.count + 1,
      "offsets \(offsets.first ?? -1)...\(offsets.last ?? -1) of \(examples.count) sequences "
        + "do not fit \(tokenIDs.count) tokens")
    (self.tokenIDs, self.offsets, self.examples) = (tokenIDs, offsets, examples)
  }

  /// The sequences `examples` of `source`, in that order.
  public init(_ examples: [Int], of source: some SequenceSource) {
    tokenIDs = []
    offsets = [0]
    tokenIDs.reserveCapacity(examples.reduce(0) { $0 + source.length(of: $1) })
    offsets.reserveCapacity(examples.count + 1)
    for example in examples {
      source.appendTokens(of: example, to: &tokenIDs)
      offsets.append(Int32(tokenIDs.count))
    }
    let starts = examples.compactMap { source.secondStart(of: $0).map { Int32($0) } }
    secondStarts = starts.isEmpty ? nil : starts
    self.examples = examples
  }

  /// N.
  public var sequenceCount: Int { examples.count }
  /// T.
  public var tokenCount: Int { tokenIDs.count }
  /// Length of the longest sequence: what a padded batch would be padded to.
  public var longest: Int {
    examples.indices.reduce(0) { max($0, Int(offsets[$1 + 1] - offsets[$1])) }
  }
}
