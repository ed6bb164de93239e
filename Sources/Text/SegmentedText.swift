/// The words of a text with their word-pieces, for whatever replaces words.

/// A text as a tokenizer cuts it, without [CLS] and [SEP].
public struct SegmentedText: Sendable, Equatable {
  /// Normalized, W of them: as the tokenizer compares them with its vocabulary. A word too long for that is its token for
  /// unknown words, and special and added tokens are as the vocabulary spells them.
  public fileprivate(set) var words: [String] = []
  /// [T], the ids of all words.
  public fileprivate(set) var tokenIDs: [Int32] = []
  /// [W], how many ids there are up to each word's end.
  fileprivate var ends: [Int] = []

  /// The places of a word's ids.
  public func pieces(of word: Int) -> Range<Int> { (word == 0 ? 0 : ends[word - 1])..<ends[word] }
}

extension BertTokenizer {
  /// The words of `text` and their ids: the same ids as `encode` gives.
  public func segmented(_ text: String) -> SegmentedText {
    let scratch = UnsafeMutablePointer<UInt8>.allocate(
      capacity: WordScanner<SegmentingSink>.scratchSize)
    defer { scratch.deallocate() }
    var scanner = makeScanner(scratch: scratch, sink: SegmentingSink(vocabulary))
    defer { scanner.sink.identifiers.deallocate() }
    var copy = text
    copy.withUTF8 { bytes in
      guard let addedTokens else { return scanner.scan(bytes) }
      addedTokens.forEachPart(of: bytes) { part in
        switch part {
        case .text(let bytes): scanner.scan(bytes)
        case .token(let id): _ = scanner.sink.special(id)
        }
      }
    }
    var result = scanner.sink.text
    result.tokenIDs = Array(scanner.sink.identifiers.tokenIDs)
    return result
  }
}

/// Cuts words into pieces and keeps both.
private struct SegmentingSink: WordSink {
  var identifiers: IdentifierSink
  private(set) var text = SegmentedText()
  private let vocabulary: Vocabulary

  init(_ vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
    identifiers = IdentifierSink(index: vocabulary.index, unknownID: vocabulary.unknownID)
  }

  mutating func word(_ word: WordKey) -> Bool {
    _ = identifiers.word(word)
    return end(word.withBytes { String(decoding: $0, as: UTF8.self) })
  }

  mutating func word(_ bytes: UnsafeBufferPointer<UInt8>, characters: Int) -> Bool {
    _ = identifiers.word(bytes, characters: characters)
    return end(
      characters > WordScanner<Self>.longestWord
        ? Vocabulary.unknownToken : String(decoding: bytes, as: UTF8.self))
  }

  mutating func special(_ id: Int32) -> Bool {
    identifiers.append(id)
    return end(vocabulary.tokens[Int(id)])
  }

  private mutating func end(_ word: String) -> Bool {
    text.words.append(word)
    text.ends.append(identifiers.count)
    return true
  }
}
