/// Training of a WordPiece vocabulary from text.

/// Grows a vocabulary by merging, as the trainer of Hugging Face's `tokenizers` does, and not by the
/// likelihood criterion of the first WordPiece papers:
///
/// 1. The text is cut into words as the tokenizer will cut it; words are counted. Words of more than
///    100 characters and special tokens written out do not count.
/// 2. The alphabet is the `alphabetLimit` most frequent characters (ties: the smaller code point).
///    Words with any other character are left out.
/// 3. Every word is spelled with its first character and `##` characters. Then, again and again, the
///    pair of neighbours that occurs most often (ties: the pair whose tokens came first) is merged
///    into one token everywhere, until the vocabulary is full or no pair occurs
///    `minimumFrequency` times.
///
/// The order is: the five special tokens, the alphabet by code point, the alphabet with `##`, the
/// merged tokens as they came. Both forms of every character are there, so that no word over the
/// alphabet is unknown. The same text in any order of lines gives the same vocabulary.
///
/// Source: tokenizers v0.19.1, `models/bpe/trainer.rs`; Sennrich et al. 2016, section 3.2.
public struct WordPieceTrainer: Sendable {
  public let size: Int
  public let minimumFrequency: Int
  public let alphabetLimit: Int
  /// Of the tokenizer that will use the vocabulary.
  public let options: TokenizerOptions
  private let ascii: ASCIITable
  private var counts: [String: Int] = [:]

  /// - Parameters:
  ///   - size: the most tokens, special ones and alphabet included.
  ///   - options: of the tokenizer that will use the vocabulary.
  public init(
    size: Int, minimumFrequency: Int = 2, alphabetLimit: Int = 1000,
    options: TokenizerOptions = TokenizerOptions()
  ) {
    self.size = size
    self.minimumFrequency = max(1, minimumFrequency)
    self.alphabetLimit = alphabetLimit
    self.options = options
    ascii = ASCIITable(options: options)
  }

  /// Counts the words of one more text.
  public mutating func add(_ text: UnsafeBufferPointer<UInt8>) throws(InvalidUTF8) {
    try UTF8Validation.check(text)
    count(valid: text)
  }

  /// Counts the words of one more text.
  public mutating func add(_ text: String) {
    var copy = text
    copy.withUTF8 { count(valid: $0) }
  }

  private mutating func count(valid text: UnsafeBufferPointer<UInt8>) {
    let specials = Vocabulary.specialTokens.map { SpecialSpelling(spelling: Array($0.utf8), id: 0) }
    withUnsafeMutablePointer(to: &counts) { counts in
      withUnsafeTemporaryAllocation(
        of: UInt8.self, capacity: WordScanner<WordCounter>.scratchSize
      ) { scratch in
        guard let base = scratch.baseAddress else { return }
        var scanner = WordScanner(
          options: options, specials: specials, ascii: ascii, scratch: base,
          sink: WordCounter(counts: counts))
        scanner.scan(text)
      }
    }
  }

  /// The vocabulary of all texts added so far.
  public func train() throws(VocabularyError) -> Vocabulary {
    guard !counts.isEmpty else { throw .empty(path: "text to train on") }
    let alphabet = alphabet()
    let needed = Vocabulary.specialTokens.count + 2 * alphabet.count
    guard size >= needed else {
      throw .tooSmall(size: size, needed: needed, characters: alphabet.count)
    }
    var merging = PieceMerging(alphabet: alphabet)
    // In a fixed order: a dictionary's own order differs from run to run.
    for (word, count) in counts.sorted(by: { precedes($0.key, $1.key) }) {
      merging.add(word: word, count: count)
    }
    merging.run(size: size, minimumFrequency: minimumFrequency)
    return try Vocabulary(tokens: merging.tokens)
  }

  private func precedes(_ a: String, _ b: String) -> Bool {
    a.utf8.lexicographicallyPrecedes(b.utf8)
  }

  /// Ascending by code point.
  private func alphabet() -> [Unicode.Scalar] {
    var frequency: [Unicode.Scalar: Int] = [:]
    for (word, count) in counts {
      for scalar in word.unicodeScalars { frequency[scalar, default: 0] += count }
    }
    return frequency.sorted { ($1.value, $0.key.value) < ($0.value, $1.key.value) }
      .prefix(alphabetLimit).map(\.key).sorted()
  }
}

private struct WordCounter: WordSink {
  let counts: UnsafeMutablePointer<[String: Int]>

  mutating func word(_ bytes: UnsafeBufferPointer<UInt8>, characters: Int) -> Bool {
    if characters <= WordScanner<Self>.longestWord {
      counts.pointee[String(decoding: bytes, as: UTF8.self), default: 0] += 1
    }
    return true
  }

  mutating func word(_ word: WordKey) -> Bool {
    word.withBytes { self.word($0, characters: $0.count) }
  }

  mutating func special(_ id: Int32) -> Bool { true }
}
