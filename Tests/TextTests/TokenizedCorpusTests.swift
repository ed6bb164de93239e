// Corpora: the recipe's chunks and cleaning, the cache file, damage, limits.
import Foundation
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortText

@Suite("Tokenized corpus")
struct TokenizedCorpusTests {
  private let folder: TemporaryFolder
  private let tokenizer: BertTokenizer

  init() throws {
    folder = try TemporaryFolder()
    let letters = (UInt8(ascii: "a")...UInt8(ascii: "z")).map { String(UnicodeScalar($0)) }
    tokenizer = BertTokenizer(
      vocabulary: try Vocabulary(tokens: Vocabulary.specialTokens + letters), lowercase: true,
      stripAccents: nil, splitsCJK: true)
  }

  private func open(
    _ texts: [String], sequenceLength: Int = 16, minimumLength: Int = 12, limit: Int? = nil
  ) throws -> TokenizedCorpus {
    var paths: [String] = []
    for (number, text) in texts.enumerated() {
      paths.append(folder.file("text\(number)"))
      try AtomicFile.replace(path: paths[number], with: text)
    }
    return try TokenizedCorpus.open(
      texts: paths, tokenizer: tokenizer, sequenceLength: sequenceLength,
      minimumLength: minimumLength, cacheFolder: folder.file("cache/corpora"), limitTokens: limit,
      threads: 2)
  }

  private func words(_ count: Int) -> String {
    (0..<count).map { String(UnicodeScalar(UInt8(ascii: "a") + UInt8($0 % 26))) }
      .joined(separator: " ")
  }

  /// The rule said in another way: cut the line's ids, then mend the ends.
  private func reference(_ ids: [Int32], _ length: Int, minimum: Int) -> [[Int32]] {
    guard ids.count > length else { return ids.count >= minimum ? [ids] : [] }
    return stride(from: 0, to: ids.count, by: length - 2).map { start in
      var piece = Array(ids[start..<min(start + length - 2, ids.count)])
      if piece.first != 2 { piece.insert(2, at: 0) }
      if piece.last != 3 { piece.append(3) }
      return piece
    }.filter { $0.count >= minimum }
  }

  @Test("A line of any length becomes the recipe's sequences")
  func chunks() throws {
    for count in [0, 1, 9, 10, 13, 14, 15, 26, 27, 28, 40, 41, 42, 43, 56, 300] {
      let text = words(count) + "\n" + words(12)
      let corpus = try open([text])
      let expected =
        reference(tokenizer.encode(words(count)), 16, minimum: 12)
        + [tokenizer.encode(words(12))]
      #expect((0..<corpus.count).map { corpus[$0] } == expected, "\(count) words")
      #expect(corpus.tokenCount == expected.reduce(0) { $0 + $1.count })
      #expect(corpus.lengths == expected.map(\.count))
    }
  }

  @Test("First piece one short of full, the middle full: DistilBERT's lengths at 512")
  func publishedLengths() throws {
    let corpus = try open([words(1400)], sequenceLength: 512)
    #expect(corpus.lengths == [511, 512, 383])  // 1402 ids: 510 + 510 + 382
  }

  @Test("Specials written in a text count as ends of a piece")
  func writtenSpecials() throws {
    let text = words(13) + " [CLS] " + words(12) + " [SEP] " + words(12)
    let corpus = try open([text])
    let expected = reference(tokenizer.encode(text), 16, minimum: 12)
    #expect((0..<corpus.count).map { corpus[$0] } == expected)
    #expect(expected[1].prefix(2) == [2, 5])
  }

  @Test("Half unknown is dropped, less is kept")
  func unknown() throws {
    let kept = words(9) + String(repeating: " 0", count: 10)  // 10 of 21 unknown
    let dropped = words(8) + String(repeating: " 0", count: 10)  // 10 of 20
    let corpus = try open([dropped + "\n" + kept], sequenceLength: 64)
    #expect((0..<corpus.count).map { corpus[$0] } == [tokenizer.encode(kept)])
  }

  @Test("Counts are over the lines read, before cleaning")
  func counts() throws {
    let corpus = try open([words(20) + "\na\n\n", words(10)])
    #expect(corpus.tokenCounts.count == 31)
    #expect(corpus.tokenCounts[2] == 4 && corpus.tokenCounts[3] == 4)
    #expect(corpus.tokenCounts[5] == 3)  // a
    let total = corpus.tokenCounts.reduce(0, +)
    #expect(total == 39)  // [CLS] and [SEP] of four lines, 31 words
  }

  @Test("A limit stops before the sequence that would pass it")
  func limit() throws {
    let text = [words(10), words(11), words(12), words(10)].joined(separator: "\n")
    #expect(try open([text], limit: 25).lengths == [12, 13])
    #expect(try open([text], limit: 38).lengths == [12, 13])
    #expect(try open([text], limit: 39).lengths == [12, 13, 14])
    #expect(try open([text, text], limit: nil).count == 8)
    let error = #expect(throws: DataError.self) { try open([text], limit: 5) }
    #expect(error?.description.contains("limit_tokens=5") == true)
  }

  @Test("The cache file is used again, and made again when damaged anywhere")
  func damage() throws {
    let text = (0..<20).map { words(10 + $0) }.joined(separator: "\n")
    let first = try open([text])
    let path = first.cachePath
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    let made = try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
    _ = try open([text])
    let again = try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
    #expect(made == again)

    for place in stride(from: 0, to: bytes.count, by: 37) {
      var damaged = bytes
      damaged[place] ^= 1 << UInt8(place % 8)
      try AtomicFile.replace(path: path, with: damaged)
      #expect(CorpusFile(path: path) == nil, "a flipped bit in byte \(place) is not seen")
    }
    for length in [0, 1, 55, 56, bytes.count - 1] {
      try AtomicFile.replace(path: path, with: Array(bytes.prefix(length)))
      #expect(CorpusFile(path: path) == nil, "cut to \(length) bytes")
    }
    let repaired = try open([text])
    #expect((0..<repaired.count).map { repaired[$0] } == (0..<first.count).map { first[$0] })
    #expect([UInt8](try Data(contentsOf: URL(filePath: path))) == bytes)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.file("cache/corpora")).count == 1)
  }

  @Test("Other text, rule or vocabulary: another digest")
  func digests() throws {
    let text = words(40)
    var digests = Set([try open([text]).digest])
    digests.insert(try open([text], sequenceLength: 17).digest)
    digests.insert(try open([text], minimumLength: 11).digest)
    digests.insert(try open([text], limit: 1000).digest)
    digests.insert(try open([text + "\n"]).digest)
    digests.insert(try open([text, text]).digest)
    #expect(digests.count == 6)
    #expect(try open([text]).digest == open([text]).digest)
  }

  @Test("Invalid UTF-8 names row, column and byte; nothing is left behind")
  func invalid() throws {
    let path = folder.file("bad")
    try AtomicFile.replace(path: path, with: Array("fine\né".utf8) + [0xC3, 0x28])
    let error = #expect(throws: DataError.self) {
      try TokenizedCorpus.open(
        texts: [path], tokenizer: tokenizer, sequenceLength: 16,
        cacheFolder: folder.file("cache"), limitTokens: nil, threads: 2)
    }
    #expect(error == .invalidUTF8(path: path, row: 2, column: 2, byteOffset: 7))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("cache")).isEmpty)
  }

  @Test("An empty corpus is refused")
  func empty() throws {
    #expect(throws: DataError.self) { try open(["\n\nshort\n"]) }
    #expect(throws: DataError.self) { try open([""]) }
  }

  @Test("Vocabularies beyond 65,536 ids take four bytes an id")
  func wide() throws {
    let many = (0..<70_000).map { "w\($0)x" }
    let wide = BertTokenizer(
      vocabulary: try Vocabulary(tokens: Vocabulary.specialTokens + many), lowercase: true,
      stripAccents: nil, splitsCJK: true)
    let path = folder.file("wide")
    let text = (0..<20).map { "w\($0 * 3500)x" }.joined(separator: " ")
    try AtomicFile.replace(path: path, with: text)
    let corpus = try TokenizedCorpus.open(
      texts: [path], tokenizer: wide, sequenceLength: 128, cacheFolder: folder.file("cache"),
      limitTokens: nil, threads: 2)
    #expect(corpus[0] == wide.encode(text))
    #expect(corpus[0].max() == 66_505)
  }
}
