// Training of a vocabulary: a worked example, order, limits, use.
import Testing

@testable import RetortText

@Suite("WordPiece training")
struct WordPieceTrainerTests {
  private let options = TokenizerOptions(lowercase: true, stripAccents: nil, splitsCJK: true)

  private func train(
    _ texts: [String], size: Int = 1000, minimumFrequency: Int = 2, alphabetLimit: Int = 1000
  ) throws -> Vocabulary {
    var trainer = WordPieceTrainer(
      size: size, minimumFrequency: minimumFrequency, alphabetLimit: alphabetLimit,
      options: options)
    for text in texts { trainer.add(text) }
    return try trainer.train()
  }

  private func repeated(_ counts: [(String, Int)]) -> String {
    counts.flatMap { Array(repeating: $0.0, count: $0.1) }.joined(separator: " ")
  }

  /// The words of Sennrich et al. 2016, algorithm 1, merged by hand.
  @Test("The most frequent pair first, of two alike the one whose tokens came first")
  func workedExample() throws {
    let text = repeated([("low", 5), ("lower", 2), ("newest", 6), ("widest", 3)])
    let letters = ["d", "e", "i", "l", "n", "o", "r", "s", "t", "w"]
    let merges = [
      "##es", "##est",  // 9 each
      "lo", "low",  // 7
      "ne", "##west", "newest",  // 6
      "wi", "##dest", "widest",  // 3
      "##er", "lower",  // 2
    ]
    let expected = Vocabulary.specialTokens + letters + letters.map { "##" + $0 } + merges
    #expect(try train([text]).tokens == expected)
    #expect(try train([text], size: 30).tokens == Array(expected.prefix(30)))
    #expect(try train([text], minimumFrequency: 6).tokens == Array(expected.prefix(32)))
  }

  @Test("The order of the texts does not matter, nor does the run")
  func order() throws {
    let grammar = SentimentGrammar()
    let lines = grammar.corpus(lines: 200, seed: 3).split(separator: "\n").map { String($0) }
    let vocabulary = try train(lines, size: 600)
    #expect(vocabulary.count == 600)
    #expect(try train(lines.reversed(), size: 600).digest == vocabulary.digest)
    #expect(try train([lines.joined(separator: "\n")], size: 600).digest == vocabulary.digest)
    #expect(Set(vocabulary.tokens).count == vocabulary.count)
    let tokenizer = BertTokenizer(vocabulary: vocabulary, options: options)
    for line in lines {
      #expect(!tokenizer.encode(line).contains(vocabulary.unknownID))
    }
  }

  @Test("Any word over the alphabet is known; special tokens in the text do not count")
  func alphabet() throws {
    let vocabulary = try train(["cab [MASK] [mask]", "Éa"])
    let tokenizer = BertTokenizer(vocabulary: vocabulary, options: options)
    #expect(vocabulary.id(of: "k") != nil && vocabulary.id(of: "##[") != nil)
    #expect(tokenizer.tokens("bcaaé", addSpecials: false) == ["b", "##c", "##a", "##a", "##e"])
    #expect(try train(["cab [MASK]"]).id(of: "[") == nil)
  }

  @Test("The rarest characters go first; words with them are left out")
  func limit() throws {
    let vocabulary = try train(["ab ab ab abz"], alphabetLimit: 2)
    #expect(
      vocabulary.tokens == Vocabulary.specialTokens + ["a", "b", "##a", "##b", "ab"])
  }

  @Test("Too small a size and an empty text are refused")
  func refusals() throws {
    #expect(throws: VocabularyError.tooSmall(size: 10, needed: 11, characters: 3)) {
      try train(["abc"], size: 10)
    }
    #expect(throws: VocabularyError.empty(path: "text to train on")) { try train([" ", ""]) }
    var trainer = WordPieceTrainer(size: 100, options: options)
    #expect(throws: InvalidUTF8.self) {
      try [UInt8]([0x61, 0xFF]).withUnsafeBufferPointer { try trainer.add($0) }
    }
  }
}
