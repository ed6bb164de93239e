// Ids equal to those of tokenizers 0.19.1, on hard cases, on every scalar, on all the data.
import Foundation
import RetortFiles
import Testing

@testable import RetortText

@Suite("BERT tokenizer")
struct BertTokenizerTests {
  private func uncased() throws -> BertTokenizer {
    BertTokenizer(
      vocabulary: try TokenizerFixture.vocabulary(), lowercase: true, stripAccents: nil,
      splitsCJK: true)
  }

  @Test("Ids of the fixture's texts, uncased, cased and truncated")
  func fixtureTexts() throws {
    let fixture = try TokenizerFixture.load()
    #expect(fixture.tokenizers == "0.19.1")
    #expect(fixture.cases.count == 520)
    let uncased = try uncased()
    let cased = BertTokenizer(
      vocabulary: uncased.vocabulary, lowercase: false, stripAccents: nil, splitsCJK: true)
    for item in fixture.cases {
      #expect(uncased.encode(item.text) == item.uncased, "\(item.text.debugDescription)")
      #expect(cased.encode(item.text) == item.cased, "\(item.text.debugDescription)")
      #expect(
        uncased.encode(item.text, maximumLength: 8) == item.truncated,
        "\(item.text.debugDescription)")
    }
  }

  @Test("Ids of made-up texts of every kind under every combination of options")
  func madeUpTexts() throws {
    let fixture = try TokenizerFixture.load()
    let vocabulary = try TokenizerFixture.vocabulary()
    let tokenizers = fixture.options.map {
      BertTokenizer(vocabulary: vocabulary, options: $0.options)
    }
    #expect(tokenizers.count == 12 && fixture.madeUp.count == 240)
    for item in fixture.madeUp {
      let tokenizer = tokenizers[item.options]
      #expect(
        tokenizer.encode(item.text) == item.ids,
        "\(item.text.debugDescription), \(tokenizer.options)")
    }
    // Under the options of another combination many of them have other ids.
    let differing = fixture.madeUp.count {
      tokenizers[(tokenizers.count - 1) - $0.options].encode($0.text) != $0.ids
    }
    #expect(differing > 60)
  }

  /// Every behaviour there is: accents stripped or not, however it came about.
  static let everyOption = [true, false].flatMap { lowercase in
    [true, false].flatMap { stripAccents in
      [true, false].map {
        TokenizerOptions(lowercase: lowercase, stripAccents: stripAccents, splitsCJK: $0)
      }
    }
  }

  @Test("Words of every Unicode scalar", arguments: everyOption)
  func everyScalar(options: TokenizerOptions) throws {
    let expected = try #require(try TokenizerFixture.load().scalars["\(options)"])
    let tokenizer = BertTokenizer(
      vocabulary: try TokenizerFixture.vocabulary(), options: options)
    var sum = SHA256()
    for value in UInt32(0)..<0x110000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      var text = "a\(scalar)B\(scalar)\u{300}\(scalar)"
      var words = text.withUTF8 { WordCollector.words(of: $0, tokenizer) }
      words.append(UInt8(ascii: "\n"))
      words.withUnsafeBytes { sum.update($0) }
    }
    #expect(sum.hexDigest() == expected)
  }

  @Test("Without specials, appending, and the words of the result")
  func forms() throws {
    let tokenizer = try uncased()
    let vocabulary = tokenizer.vocabulary
    let whole = tokenizer.encode("A warm film.")
    let bare = tokenizer.encode("A warm film.", addSpecials: false)
    #expect(whole == [vocabulary.classifierID] + bare + [vocabulary.separatorID])
    #expect(tokenizer.tokens("A warm film.").first == "[CLS]")
    #expect(tokenizer.encode("", addSpecials: false) == [])
    var ids: [Int32] = [7]
    var text = "A warm film."
    let wasRepaired = try text.withUTF8 {
      try tokenizer.encode(
        $0, addSpecials: true, maximumLength: 4, invalidUTF8: .refuse, into: &ids)
    }
    #expect(!wasRepaired)
    #expect(ids == [7] + whole.prefix(3) + [vocabulary.separatorID])
    for length in 0..<bare.count + 2 {
      #expect(
        tokenizer.encode("A warm film.", addSpecials: false, maximumLength: length)
          == Array(bare.prefix(length)))
    }
  }

  @Test("Vacuous digests would not do: a changed option changes the words")
  func optionsMatter() throws {
    let fixture = try TokenizerFixture.load()
    #expect(Set(fixture.scalars.values).count == 8)
    let differing = fixture.cases.count { $0.uncased != $0.cased }
    #expect(differing > 100)
  }

  @Test(
    "Invalid UTF-8 is refused with its place",
    arguments: [
      ([0x61, 0x80], 1), ([0xC0, 0xAF], 0), ([0xC3], 0), ([0x61, 0xE2, 0x82], 1),
      ([0xED, 0xA0, 0x80], 0), ([0xE0, 0x9F, 0xBF], 0), ([0xF0, 0x8F, 0xBF, 0xBF], 0),
      ([0xF4, 0x90, 0x80, 0x80], 0), ([0xF5, 0x80, 0x80, 0x80], 0), ([0xFF], 0),
      ([0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0xC3, 0x28], 9),
      ([0xE2, 0x28, 0xA1], 0), ([0xF0, 0x90, 0x28, 0xBC], 0), ([0xC3, 0xA9, 0xC3], 2),
    ] as [([UInt8], Int)])
  func invalid(bytes: [UInt8], offset: Int) throws {
    let tokenizer = try uncased()
    var ids: [Int32] = []
    let error = #expect(throws: InvalidUTF8.self) {
      try bytes.withUnsafeBufferPointer {
        try tokenizer.encode(
          $0, addSpecials: true, maximumLength: nil, invalidUTF8: .refuse, into: &ids)
      }
    }
    #expect(error?.byteOffset == offset)
    #expect(ids.isEmpty)
  }

  @Test("Malformed sequences become U+FFFD as in Python, wherever they are broken")
  func replacement() throws {
    let fixture = try TokenizerFixture.load()
    #expect(fixture.malformed.count == 268)
    let tokenizer = try uncased()
    for item in fixture.malformed {
      let bytes = item.decodedBytes
      let repaired = bytes.withUnsafeBufferPointer { UTF8Replacement.repaired($0) }
      #expect(repaired == Array(item.text.utf8), "\(item.bytes)")

      var ids: [Int32] = []
      let isMalformed = try bytes.withUnsafeBufferPointer {
        try tokenizer.encode(
          $0, addSpecials: true, maximumLength: nil, invalidUTF8: .replace, into: &ids)
      }
      #expect(isMalformed == (repaired != bytes), "\(item.bytes)")
      #expect(ids == tokenizer.encode(item.text), "\(item.bytes)")
      guard isMalformed else { continue }
      ids = []
      #expect(throws: InvalidUTF8.self, "\(item.bytes)") {
        try bytes.withUnsafeBufferPointer {
          try tokenizer.encode(
            $0, addSpecials: true, maximumLength: nil, invalidUTF8: .refuse, into: &ids)
        }
      }
      #expect(ids.isEmpty)
    }
  }

  @Test("Python's U+FFFD by hand: a cut sequence is one, a surrogate three, an overlong form two")
  func replacementByHand() {
    func text(_ bytes: [UInt8]) -> String {
      bytes.withUnsafeBufferPointer {
        String(decoding: UTF8Replacement.repaired($0), as: UTF8.self)
      }
    }
    #expect(text([0x61, 0xE2, 0x82]) == "a\u{FFFD}")
    #expect(text([0xE2, 0x82, 0x61]) == "\u{FFFD}a")
    #expect(text([0xF0, 0x9F, 0x98]) == "\u{FFFD}")
    #expect(text([0xED, 0xA0, 0x80]) == "\u{FFFD}\u{FFFD}\u{FFFD}")
    #expect(text([0xC0, 0xAF]) == "\u{FFFD}\u{FFFD}")
    #expect(text([0xF4, 0x90, 0x80, 0x80]) == "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}")
    #expect(text([0x5B, 0x4D, 0xFF, 0x5D]) == "[M\u{FFFD}]")
    #expect(text([]) == "")
  }

  @Test(
    "Ids of SST-2 and of the corpora under bert-base-uncased's vocabulary",
    .enabled(if: Mirror.isThere, Comment(rawValue: Mirror.reason)))
  func mirrorData() throws {
    let fixture = try TokenizerFixture.load()
    #expect(fixture.mirror.count == 9)
    let tokenizer = BertTokenizer(
      vocabulary: try Vocabulary(path: Mirror.vocabulary), lowercase: true, stripAccents: nil,
      splitsCJK: true)
    for (name, expected) in fixture.mirror {
      var texts = try String(contentsOfFile: "\(Mirror.path)/\(name)", encoding: .utf8)
        .utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      if texts.last?.isEmpty == true { texts.removeLast() }
      if name.hasSuffix(".tsv") {
        let column = name.hasSuffix("test.tsv") ? 1 : 0
        texts = texts.dropFirst().map {
          $0.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)[column]
        }
      }
      var (sum, count) = (SHA256(), 0)
      for text in texts {
        let ids = tokenizer.encode(String(Substring(text)))
        count += ids.count
        sum.update(ids.map { String($0) }.joined(separator: " ") + "\n")
      }
      #expect(texts.count == expected.texts, "\(name)")
      #expect(count == expected.ids, "\(name)")
      #expect(sum.hexDigest() == expected.sha256, "\(name)")
    }
  }
}

/// The words of a text, U+001F after each.
private struct WordCollector: WordSink {
  var words: [UInt8] = []

  static func words(
    of text: UnsafeBufferPointer<UInt8>, _ tokenizer: BertTokenizer
  ) -> [UInt8] {
    withUnsafeTemporaryAllocation(
      of: UInt8.self, capacity: WordScanner<WordCollector>.scratchSize
    ) { scratch in
      guard let base = scratch.baseAddress else { return [] }
      var scanner = tokenizer.makeScanner(scratch: base, sink: WordCollector())
      scanner.scan(text)
      return scanner.sink.words
    }
  }

  mutating func word(_ word: WordKey) -> Bool {
    word.withBytes { self.word($0, characters: $0.count) }
  }

  mutating func word(_ bytes: UnsafeBufferPointer<UInt8>, characters: Int) -> Bool {
    words.append(contentsOf: bytes)
    words.append(0x1F)
    return true
  }

  mutating func special(_ id: Int32) -> Bool { true }
}
