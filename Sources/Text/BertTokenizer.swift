/// `bert-base-uncased`'s tokenizer, id for id, on UTF-8 bytes; cased models by options.

/// The same ids as `BertTokenizerFast` of tokenizers 0.19.1 gives (checked on every Unicode scalar,
/// on SST-2, on millions of words and of made-up texts: Tests/Peers/tokenizer_parity.py).
public struct BertTokenizer: Sendable {
  public let vocabulary: Vocabulary
  public let options: TokenizerOptions
  private let ascii: ASCIITable
  private let specials: [SpecialSpelling]

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
    self.vocabulary = vocabulary
    self.options = options
    ascii = ASCIITable(options: options)
    specials = vocabulary.specialIDs.sorted().map {
      SpecialSpelling(spelling: Array(vocabulary.tokens[Int($0)].utf8), id: $0)
    }
  }

  /// Digest of everything that decides the ids: vocabulary, options and rules.
  public var identity: String { "bert-wordpiece-1 \(options) vocabulary=\(vocabulary.digest)" }

  /// Appends the ids of `text` to `ids`.
  /// - Parameters:
  ///   - text: UTF-8.
  ///   - addSpecials: [CLS] before and [SEP] after.
  ///   - maximumLength: the most ids to append, [CLS] and [SEP] included; what is beyond is cut off.
  ///     At least 2 with specials. nil appends all.
  public func encode(
    _ text: UnsafeBufferPointer<UInt8>, addSpecials: Bool, maximumLength: Int?,
    into ids: inout [Int32]
  ) throws(InvalidUTF8) {
    try UTF8Validation.check(text)
    encode(valid: text, addSpecials: addSpecials, maximumLength: maximumLength, into: &ids)
  }

  /// Appends the ids of `text` to `ids`, as the form above does, under a rule for malformed text.
  /// - Returns: whether anything was replaced.
  public func encode(
    _ text: UnsafeBufferPointer<UInt8>, addSpecials: Bool, maximumLength: Int?,
    invalidUTF8 rule: InvalidUTF8Rule, into ids: inout [Int32]
  ) throws(InvalidUTF8) -> Bool {
    do {
      try encode(text, addSpecials: addSpecials, maximumLength: maximumLength, into: &ids)
      return false
    } catch {
      guard rule == .replace else { throw error }
      UTF8Replacement.repaired(text).withUnsafeBufferPointer {
        encode(valid: $0, addSpecials: addSpecials, maximumLength: maximumLength, into: &ids)
      }
      return true
    }
  }

  /// Appends the ids of `text` to `ids`, as the form for bytes does.
  public func encode(
    _ text: String, addSpecials: Bool, maximumLength: Int?, into ids: inout [Int32]
  ) {
    var copy = text
    copy.withUTF8 {
      encode(valid: $0, addSpecials: addSpecials, maximumLength: maximumLength, into: &ids)
    }
  }

  /// The ids of `text`.
  public func encode(
    _ text: String, addSpecials: Bool = true, maximumLength: Int? = nil
  ) -> [Int32] {
    var ids: [Int32] = []
    encode(text, addSpecials: addSpecials, maximumLength: maximumLength, into: &ids)
    return ids
  }

  /// The tokens of `text`, as they stand in the vocabulary.
  public func tokens(
    _ text: String, addSpecials: Bool = true, maximumLength: Int? = nil
  ) -> [String] {
    encode(text, addSpecials: addSpecials, maximumLength: maximumLength)
      .map { vocabulary.tokens[Int($0)] }
  }

  private func encode(
    valid text: UnsafeBufferPointer<UInt8>, addSpecials: Bool, maximumLength: Int?,
    into ids: inout [Int32]
  ) {
    let room = maximumLength ?? .max
    precondition(room >= (addSpecials ? 2 : 0), "no room for [CLS] and [SEP]")
    let limit = maximumLength.map { ids.count + $0 - (addSpecials ? 1 : 0) } ?? .max
    if addSpecials { ids.append(vocabulary.classifierID) }
    if ids.count < limit {
      withUnsafeMutablePointer(to: &ids) { ids in
        _ = scan(
          text,
          into: IdentifierSink(
            index: vocabulary.index, unknownID: vocabulary.unknownID, limit: limit, ids: ids))
      }
    }
    if addSpecials { ids.append(vocabulary.separatorID) }
  }

  /// Hands the normalized words of `text`, which must be valid UTF-8, to a sink.
  func scan<Sink: WordSink>(_ text: UnsafeBufferPointer<UInt8>, into sink: Sink) -> Sink {
    withUnsafeTemporaryAllocation(
      of: UInt8.self, capacity: WordScanner<Sink>.scratchSize
    ) { scratch in
      guard let base = scratch.baseAddress else { return sink }
      var scanner = WordScanner(
        options: options, specials: specials, ascii: ascii, scratch: base, sink: sink)
      scanner.scan(text)
      return scanner.sink
    }
  }
}

/// WordPiece: the longest token first, then the longest `##` token at what is left of the word; a
/// word that cannot be covered so, or is too long, is one unknown token.
private struct IdentifierSink: WordSink {
  let index: WordPieceIndex
  let unknownID: Int32
  let limit: Int
  /// The caller's array: a copy in the sink would be copied again at its first change.
  let ids: UnsafeMutablePointer<[Int32]>

  @inline(__always)
  mutating func special(_ id: Int32) -> Bool {
    ids.pointee.append(id)
    return ids.pointee.count < limit
  }

  @inline(__always)
  mutating func word(_ bytes: UnsafeBufferPointer<UInt8>, characters: Int) -> Bool {
    if characters > WordScanner<Self>.longestWord {
      ids.pointee.append(unknownID)
    } else if let id = index.id(of: bytes) {
      ids.pointee.append(id)
    } else {
      pieces(of: bytes)
    }
    if ids.pointee.count >= limit {
      if ids.pointee.count > limit { ids.pointee.removeLast(ids.pointee.count - limit) }
      return false
    }
    return true
  }

  private mutating func pieces(of word: UnsafeBufferPointer<UInt8>) {
    let before = ids.pointee.count
    var place = 0
    while place < word.count {
      guard let piece = index.longestPiece(of: word, from: place) else {
        ids.pointee.removeLast(ids.pointee.count - before)
        ids.pointee.append(unknownID)
        return
      }
      ids.pointee.append(piece.id)
      place = piece.end
    }
  }
}
