// Vocabularies: ids, special tokens, and what is refused.
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortText

@Suite("Vocabulary")
struct VocabularyTests {
  private let tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##a", "été"]

  @Test("Ids are places in the file; special tokens are found")
  func ids() throws {
    let vocabulary = try Vocabulary(tokens: tokens)
    #expect(vocabulary.count == 8)
    for (id, token) in tokens.enumerated() { #expect(vocabulary.id(of: token) == Int32(id)) }
    #expect(vocabulary.id(of: "##") == nil)
    #expect(vocabulary.id(of: "ét") == nil)
    #expect(vocabulary.specialIDs == [0, 1, 2, 3, 4])
    #expect(vocabulary.maskID == 4)
    let text = tokens.joined(separator: "\n") + "\n"
    #expect(vocabulary.digest == SHA256.hexDigest(of: text))
  }

  @Test("A file with and without a last line feed, with CRLF, is the same vocabulary")
  func files() throws {
    let folder = try TemporaryFolder()
    let digest = try Vocabulary(tokens: tokens).digest
    for text in [
      tokens.joined(separator: "\n"), tokens.joined(separator: "\n") + "\n",
      tokens.joined(separator: "\r\n") + "\r\n",
    ] {
      try AtomicFile.replace(path: folder.file("vocab.txt"), with: text)
      #expect(try Vocabulary(path: folder.file("vocab.txt")).digest == digest)
    }
  }

  @Test("Refusals say what and where")
  func refusals() throws {
    let folder = try TemporaryFolder()
    func failure(_ bytes: [UInt8]) throws -> VocabularyError? {
      try AtomicFile.replace(path: folder.file("v"), with: bytes)
      return #expect(throws: VocabularyError.self) { try Vocabulary(path: folder.file("v")) }
    }
    let path = folder.file("v")
    #expect(try failure([]) == .empty(path: path))
    #expect(
      try failure(Array("a\nb".utf8) + [0xFF]) == .invalidUTF8(path: path, line: 2, byteOffset: 3))
    #expect(
      try failure(Array("[UNK]\n[CLS]\n[SEP]\n".utf8))
        == .missingSpecial(path: path, tokens: ["[PAD]", "[MASK]"]))
    #expect(throws: VocabularyError.self) { try Vocabulary(path: folder.file("none")) }
  }

  @Test("An empty line has an id and is no token; of two lines with one token the later counts")
  func blankAndRepeated() throws {
    let text =
      Vocabulary.specialTokens.joined(separator: "\n") + "\ngood\n\ngood\nun##\n##x\n##x\n\n\n"
    let vocabulary = try Vocabulary(text: Array(text.utf8), path: "vocab.txt")
    #expect(vocabulary.count == 11)
    #expect(vocabulary.tokens[6].isEmpty && vocabulary.id(of: "") == nil)
    #expect(vocabulary.id(of: "good") == 7 && vocabulary.id(of: "##x") == 10)
    let tokenizer = BertTokenizer(vocabulary: vocabulary, options: TokenizerOptions())
    #expect(tokenizer.encode("good goodx") == [2, 7, 7, 10, 3])
  }

  @Test("Matching takes the longest piece and refuses what cannot be covered")
  func matching() throws {
    let vocabulary = try Vocabulary(
      tokens: Vocabulary.specialTokens + ["un", "unaff", "##aff", "##able", "##ble", "##a", "una"])
    let tokenizer = BertTokenizer(
      vocabulary: vocabulary, lowercase: true, stripAccents: nil, splitsCJK: true)
    #expect(tokenizer.tokens("unaffable", addSpecials: false) == ["unaff", "##able"])
    #expect(tokenizer.tokens("unable", addSpecials: false) == ["una", "##ble"])
    #expect(tokenizer.tokens("unx una", addSpecials: false) == ["[UNK]", "una"])
  }
}
