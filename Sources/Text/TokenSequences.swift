/// Token ids of many sequences in memory, one after another.
public struct TokenSequences: Sendable {
  /// [T], all sequences' ids.
  public private(set) var tokenIDs: [Int32]
  /// [N + 1], where each sequence begins; starts at 0, ends at T.
  public private(set) var offsets: [Int]

  public init() { (tokenIDs, offsets) = ([], [0]) }

  /// - Parameter offsets: from 0 to the number of ids.
  init(tokenIDs: [Int32], offsets: [Int]) {
    (self.tokenIDs, self.offsets) = (tokenIDs, offsets)
  }

  public mutating func append(_ sequence: some Sequence<Int32>) {
    tokenIDs.append(contentsOf: sequence)
    offsets.append(tokenIDs.count)
  }

  mutating func reserveCapacity(sequences: Int, tokens: Int) {
    tokenIDs.reserveCapacity(tokens)
    offsets.reserveCapacity(sequences + 1)
  }

  mutating func append(contentsOf other: TokenSequences) {
    let start = tokenIDs.count
    tokenIDs.append(contentsOf: other.tokenIDs)
    for offset in other.offsets.dropFirst() { offsets.append(start + offset) }
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
}

/// The sequences of one step, one after another, without padding.
public struct PackedBatch: Sendable, Equatable {
  /// [T], ids of all sequences.
  public var tokenIDs: [Int32]
  /// [N + 1], where each sequence begins; starts at 0, ends at T.
  public var offsets: [Int32]
  /// [N], the number of each sequence in its data set.
  public var examples: [Int]

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
