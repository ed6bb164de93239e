// Copies of sentences: what they consist of, and what they depend on.
import Foundation
import RetortTestSupport
import RetortText
import Testing

@testable import RetortDistillation

@Suite("Copies of sentences")
struct AugmentationTests {
  private static let sentence = (1...40).map { "w\($0)" }.joined(separator: " ")

  private static func copies(
    _ count: Int = 400, mask: Double = 0.1, ngram: Double = 0.25, longest: Int = 5,
    seed: UInt64 = 1, of sentences: [String] = [sentence], from first: Int = 0
  ) throws -> [[SentenceCopies.Copy]] {
    try MaskingCopies(
      copies: count, maskProbability: mask, ngramProbability: ngram, longestNgram: longest
    ).makeCopier(seed: seed).copies(of: sentences, from: first).map(\.copies)
  }

  @Test("masked copies: shares of words and of n-grams, their lengths and places")
  func masking() throws {
    let all = try Self.copies(4000)[0]
    let lengths = all.map { $0.text.split(separator: " ").count }
    let short = lengths.filter { $0 < 40 }
    #expect(Set(lengths) == [1, 2, 3, 4, 5, 40])
    // Standard errors: 0.0068 of a share of 0.25, 0.001 of one of 0.1.
    #expect(abs(Double(short.count) / 4000 - 0.25) < 0.028)
    let words = all.flatMap { $0.text.split(separator: " ") }
    let masked = words.count { $0 == "[MASK]" }
    #expect(abs(Double(masked) / Double(words.count) - 0.1) < 0.004)
    #expect(all.reduce(0) { $0 + $1.replaced } == masked)
    // Every other word stands where it stood, and an n-gram begins anywhere.
    let starts = all.compactMap { copy -> Int? in
      let words = copy.text.split(separator: " ")
      return words.count == 5 ? Int(words[0].dropFirst()) : nil
    }
    #expect(Set(starts).count > 30)
    #expect(starts.allSatisfy { 1...36 ~= $0 })
    for copy in all.prefix(50) where copy.text.split(separator: " ").count == 40 {
      let words = copy.text.split(separator: " ").map(String.init)
      let places = words.indices.filter { words[$0] != "[MASK]" && words[$0] != "w\($0 + 1)" }
      #expect(places == [])
    }
    #expect(try Self.copies(5, ngram: 1, of: ["one two"])[0].allSatisfy { !$0.text.isEmpty })
    #expect(try Self.copies(of: [""])[0].isEmpty)
  }

  @Test("a copy depends on seed, sentence and its number, and on nothing else")
  func counters() throws {
    let sentences = ["a b c d e f", "g h i j k l m", "n o p q", "r s t"]
    let all = try Self.copies(9, of: sentences, from: 5)
    #expect(try Self.copies(9, of: Array(sentences[2...]), from: 7) == Array(all[2...]))
    #expect(try Self.copies(4, of: sentences, from: 5) == all.map { Array($0.prefix(4)) })
    let equal = try Self.copies(9, of: Array(repeating: Self.sentence, count: 8), from: 5)
    #expect(Set(equal.map { $0.map(\.text) }).count == 8)
    #expect(try Self.copies(9, seed: 2, of: sentences, from: 5) != all)
  }

  /// Copies that are given.
  private final class GivenCopies: SentenceCopier {
    func copies(of sentences: [String], from first: Int) -> [SentenceCopies] {
      sentences.map { sentence in
        SentenceCopies(
          copies: [sentence, sentence + "!", sentence + "!", "?"].map {
            .init(text: $0, replaced: 1)
          }, replaceable: sentence == "s0" ? 0 : 1, beyond: 2, tokens: 3)
      }
    }
  }

  @Test("duplicates, originals, counts", arguments: [true, false])
  func text(keepsOriginals: Bool) throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/t.txt"
    let sentences = (0..<70).map { "s\($0)" }
    let making = AugmentedTextMaking(
      path: path, copier: GivenCopies(), keepsOriginals: keepsOriginals, identity: "one")
    let made = try making.run(total: 70, resumes: false) { try sentences.forEach($0) }
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let own = keepsOriginals ? ["s0", "s0!", "?", "s1"] : ["s0!", "?", "s1!", "?"]
    #expect(lines.prefix(4).map(String.init) == own)
    var expected = AugmentationCounts()
    (expected.sentences, expected.untouched, expected.copies) = (70, 1, 280)
    (expected.duplicates, expected.replaced, expected.beyond) = (140, 140, 140)
    expected.lines = keepsOriginals ? 210 : 140
    #expect(made.counts == expected && lines.count == expected.lines && made.tokens == 210)
    // Nothing is left to do; of another identity it begins anew.
    #expect(AugmentedTextMaking.finishedSentences(path: path, identity: "one") == 70)
    #expect(AugmentedTextMaking.finishedSentences(path: path, identity: "two") == 0)
  }
}
