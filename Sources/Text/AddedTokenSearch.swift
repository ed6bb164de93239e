/// Finds the tokens that a model adds to its vocabulary, before a text is cut into words.

/// An added token as it is spelled.
public struct AddedSpelling: Sendable, Hashable, CustomStringConvertible {
  public let content: String
  public let id: Int32
  /// Whether it is a mark rather than a word.
  public let isSpecial: Bool
  /// Whether it is looked for in the normalized text, in its own normalized spelling.
  public let isNormalized: Bool

  public init(content: String, id: Int32, isSpecial: Bool, isNormalized: Bool) {
    (self.content, self.id) = (content, id)
    (self.isSpecial, self.isNormalized) = (isSpecial, isNormalized)
  }

  public var description: String {
    "\(content.debugDescription):\(id)\(isSpecial ? ":special" : "")"
      + (isNormalized ? ":normalized" : "")
  }
}

/// Parts a text into added tokens and what is between them: first by the spellings of the text itself, then what is
/// left by those of its normalized form. Of tokens that begin at one place the longest counts.
/// Source: tokenizers v0.19.1, `tokenizer/added_vocabulary.rs`, `extract_and_normalize`.
struct AddedTokenSearch: Sendable {
  private let options: TokenizerOptions
  private let ascii: ASCIITable
  private let raw: SpellingTable
  private let normalized: SpellingTable

  enum Part {
    case text(UnsafeBufferPointer<UInt8>)
    case token(Int32)
  }

  /// - Parameter specials: BERT's five, which are found in the text itself.
  init(_ options: TokenizerOptions, ascii: ASCIITable, specials: [SpecialSpelling]) {
    (self.options, self.ascii) = (options, ascii)
    let added = { (isNormalized: Bool) in
      options.addedTokens.filter { $0.isNormalized == isNormalized }
    }
    raw = SpellingTable(
      specials + added(false).map { SpecialSpelling(spelling: Array($0.content.utf8), id: $0.id) })
    normalized = SpellingTable(
      added(true).map {
        SpecialSpelling(spelling: Self.normalized($0.content, options, ascii), id: $0.id)
      })
  }

  /// - Parameters:
  ///   - text: valid UTF-8.
  ///   - body: takes the parts in order; a part's bytes are valid during the call only.
  func forEachPart(of text: UnsafeBufferPointer<UInt8>, _ body: (Part) -> Void) {
    raw.forEachPart(of: text) { part in
      guard case .text(let bytes) = part, !normalized.isEmpty else { return body(part) }
      Self.normalized(bytes, options, ascii).withUnsafeBufferPointer {
        normalized.forEachPart(of: $0, body)
      }
    }
  }

  private static func normalized(
    _ text: String, _ options: TokenizerOptions, _ ascii: ASCIITable
  ) -> [UInt8] {
    var copy = text
    return copy.withUTF8 { normalized($0, options, ascii) }
  }

  private static func normalized(
    _ text: UnsafeBufferPointer<UInt8>, _ options: TokenizerOptions, _ ascii: ASCIITable
  ) -> [UInt8] {
    let scratch = UnsafeMutablePointer<UInt8>.allocate(
      capacity: WordScanner<NormalizedText>.scratchSize)
    defer { scratch.deallocate() }
    var scanner = WordScanner(
      options: options, specials: [], ascii: ascii, scratch: scratch, sink: NormalizedText())
    scanner.normalize(text)
    return scanner.sink.bytes
  }
}

/// Collects a text's normalized form.
private struct NormalizedText: WordSink {
  private(set) var bytes: [UInt8] = []

  static var takesScalars: Bool { true }

  mutating func scalar(_ scalar: UInt32) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4) { room in
      guard let base = room.baseAddress else { return }
      let count = WordScanner<Self>.encode(scalar, base)
      bytes.append(contentsOf: room[..<count])
    }
  }

  mutating func word(_ word: WordKey) -> Bool { true }
  mutating func word(_ bytes: UnsafeBufferPointer<UInt8>, characters: Int) -> Bool { true }
  mutating func special(_ id: Int32) -> Bool { true }
}

/// Spellings by their first byte, longer ones first.
private struct SpellingTable: Sendable {
  private var spellings: [[SpecialSpelling]] = Array(repeating: [], count: 256)
  let isEmpty: Bool

  init(_ all: [SpecialSpelling]) {
    for spelling in all.sorted(by: { $0.spelling.count > $1.spelling.count }) {
      if let first = spelling.spelling.first { spellings[Int(first)].append(spelling) }
    }
    isEmpty = spellings.allSatisfy(\.isEmpty)
  }

  func forEachPart(
    of text: UnsafeBufferPointer<UInt8>, _ body: (AddedTokenSearch.Part) -> Void
  ) {
    var (start, place) = (0, 0)
    func endText() {
      if start < place { body(.text(UnsafeBufferPointer(rebasing: text[start..<place]))) }
    }
    while place < text.count {
      let found = spellings[Int(text[place])].first { candidate in
        candidate.spelling.count <= text.count - place
          && candidate.spelling.elementsEqual(text[place..<(place + candidate.spelling.count)])
      }
      guard let found else {
        place += 1
        continue
      }
      endText()
      body(.token(found.id))
      place += found.spelling.count
      start = place
    }
    endText()
  }
}
