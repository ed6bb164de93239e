/// `bert-base-uncased`'s tokenizer, id for id, on UTF-8 bytes; cased models by options.

/// The same ids as `BertTokenizerFast` of tokenizers 0.19.1 gives (checked on every Unicode scalar,
/// on SST-2, on millions of words and of made-up texts: Tests/Peers/tokenizer_parity.py).
public struct BertTokenizer: Sendable {
  public let vocabulary: Vocabulary
  public let options: TokenizerOptions
  private let ascii: ASCIITable
  private let specials: [SpecialSpelling]
  /// Nil where no tokens are added to the vocabulary's.
  let addedTokens: AddedTokenSearch?

  /// - Parameters:
  ///   - lowercase: `do_lower_case` of the model's tokenizer configuration.
  ///   - stripAccents: `strip_accents`; nil follows `lowercase`.
  ///   - splitsCJK: `tokenize_chinese_chars`.
  public init(vocabulary: Vocabulary, lowercase: Bool, stripAccents: Bool?, splitsCJK: Bool) {
    self.init(
      vocabulary: vocabulary,
      options: TokenizerOptions(
        lowercase: lowercase, stripAccents: stripAccents, splitsCJK: splitsCJK))
  }

  public init(vocabulary: Vocabulary, options: TokenizerOptions) {
    self.vocabulary = vocabulary.with(specialIDs: options.addedTokens.filter(\.isSpecial).map(\.id))
    self.options = options
    ascii = ASCIITable(options: options)
    let specials = vocabulary.specialIDs.sorted().map {
      SpecialSpelling(spelling: Array(vocabulary.tokens[Int($0)].utf8), id: $0)
    }
    addedTokens =
      options.addedTokens.isEmpty
      ? nil : AddedTokenSearch(options, ascii: ascii, specials: specials)
    // Where tokens are added all are found by the search, before a text comes to the scanner.
    self.specials = addedTokens == nil ? specials : []
  }

  /// Digest of everything that decides the ids: vocabulary, options and rules.
  public var identity: String { "bert-wordpiece-1 \(options) vocabulary=\(vocabulary.digest)" }

  /// Appends the ids of `text` to `ids`.
  /// - Parameters:
  ///   - text: UTF-8.
  ///   - addSpecials: [CLS] before and [SEP] after.
  ///   - maximumLength: the most ids to append, [CLS] and [SEP] included; what is beyond is cut off.
  ///     At least 2 with specials. nil appends all.
  ///   - invalidUTF8: what becomes of malformed text.
  /// - Returns: whether anything was replaced.
  public func encode(
    _ text: UnsafeBufferPointer<UInt8>, addSpecials: Bool, maximumLength: Int?,
    invalidUTF8: InvalidUTF8Rule, into ids: inout [Int32]
  ) throws(InvalidUTF8) -> Bool {
    var encoder = TextEncoder(
      self, addSpecials: addSpecials, maximumLength: maximumLength, invalidUTF8: invalidUTF8)
    let repaired = try encoder.append(text)
    ids.append(contentsOf: encoder.tokenIDs)
    return repaired
  }

  /// Appends the ids of two texts: [CLS] first [SEP] second [SEP]. Where there is not room for all, the longer text is cut
  /// first, by the rule `longest_first` of the fast tokenizers.
  /// - Parameters:
  ///   - line: UTF-8, the two texts with a tab between them.
  ///   - maximumLength: the most ids to append, at least 3; nil appends all.
  ///   - invalidUTF8: what becomes of malformed text.
  /// - Returns: how many of the ids come before the second text (these have token type 0, the others 1), and whether anything
  ///   was replaced; nil, and nothing is appended, for a line with no tab or several.
  public func encodePair(
    _ line: UnsafeBufferPointer<UInt8>, maximumLength: Int?, invalidUTF8: InvalidUTF8Rule,
    into ids: inout [Int32]
  ) throws(InvalidUTF8) -> (secondStart: Int, wasRepaired: Bool)? {
    var encoder = TextEncoder(
      self, addSpecials: true, maximumLength: maximumLength, invalidUTF8: invalidUTF8)
    let pair = try encoder.appendPair(line)
    ids.append(contentsOf: encoder.tokenIDs)
    return pair
  }

  /// The ids of `text`.
  public func encode(
    _ text: String, addSpecials: Bool = true, maximumLength: Int? = nil
  ) -> [Int32] {
    var encoder = TextEncoder(
      self, addSpecials: addSpecials, maximumLength: maximumLength, invalidUTF8: .refuse)
    encoder.append(text)
    return Array(encoder.tokenIDs)
  }

  /// The tokens of `text`, as they stand in the vocabulary.
  public func tokens(
    _ text: String, addSpecials: Bool = true, maximumLength: Int? = nil
  ) -> [String] {
    encode(text, addSpecials: addSpecials, maximumLength: maximumLength)
      .map { vocabulary.tokens[Int($0)] }
  }

  /// A scanner that hands the normalized words of texts to a sink.
  /// - Parameter scratch: `WordScanner.scratchSize` bytes that live as long as the scanner.
  func makeScanner<Sink: WordSink>(
    scratch: UnsafeMutablePointer<UInt8>, sink: Sink
  ) -> WordScanner<Sink> {
    WordScanner(
      options: options, specials: specials, ascii: ascii, scratch: scratch, sink: sink)
  }
}
