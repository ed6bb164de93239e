// The generated task: the same for the same seed, balanced, not decided by counting words.
import RetortFiles
import RetortRandomness
import Testing

@testable import RetortText

@Suite("Sentiment grammar")
struct SentimentGrammarTests {
  private let grammar = SentimentGrammar()

  @Test("Sets share no sentence, are balanced and repeat exactly")
  func sets() {
    let sets = grammar.labelledSentences(counts: [3000, 500], seed: 11)
    #expect(sets.map(\.count) == [3000, 500])
    #expect(Set(sets[0].sentences + sets[1].sentences).count == 3500)
    let positive = sets[0].labels?.count { $0 == 1 } ?? 0
    #expect(abs(positive - 1500) < 137)  // five standard deviations
    #expect(grammar.labelledSentences(counts: [3000, 500], seed: 11)[1].digest == sets[1].digest)
    #expect(grammar.labelledSentences(counts: [3000, 500], seed: 12)[1].digest != sets[1].digest)
  }

  @Test("A line depends on its number and the seed alone")
  func lines() {
    let corpus = grammar.corpus(lines: 40, seed: 5)
    #expect(corpus.hasPrefix(grammar.corpus(lines: 25, seed: 5)))
    #expect(corpus.split(separator: "\n").count == 40)
    #expect(!corpus.hasPrefix(grammar.corpus(lines: 1, seed: 6)))
  }

  /// Not a reference but a seal: published quickstart records rest on these very texts.
  @Test("The texts stay what they are")
  func seal() {
    #expect(
      SHA256.hexDigest(of: grammar.corpus(lines: 100, seed: 42)).prefix(16) == "d76f0d6344152c55")
    #expect(
      grammar.labelledSentences(counts: [100], seed: 42)[0].digest.prefix(16) == "6f2c6fb2a5f4105f")
  }

  @Test("Sentences are made of clean words: no doubled spaces, articles that fit")
  func spelling() {
    for sentence in grammar.labelledSentences(counts: [2000], seed: 1)[0].sentences {
      #expect(!sentence.contains("  ") && sentence.hasSuffix(" ."))
      let words = sentence.split(separator: " ")
      for (article, word) in zip(words, words.dropFirst()) where article == "a" || article == "an" {
        let vowel = "aeiou".contains(word.first ?? "x") || word.hasPrefix("honest")
        #expect((article == "an") == vowel, "\(sentence)")
      }
    }
  }

  @Test("Adding up the words' own values is better than chance and far from right")
  func counting() {
    let values = Dictionary(
      (SentimentLexicon.adjectives + SentimentLexicon.nouns + SentimentLexicon.qualities)
        .map { ($0.text, $0.value) }
        + SentimentLexicon.verbs.flatMap { [($0.third, $0.value), ($0.base, $0.value)] },
      uniquingKeysWith: { first, _ in first })
    let set = grammar.labelledSentences(counts: [4000], seed: 2)[0]
    var right = 0
    for (sentence, label) in zip(set.sentences, set.labels ?? []) {
      let sum = sentence.split(separator: " ").reduce(0) { $0 + (values[String($1)] ?? 0) }
      if (sum > 0) == (label == 1) { right += 1 }
    }
    let accuracy = Double(right) / 4000
    #expect(accuracy > 0.55 && accuracy < 0.8, "\(accuracy)")
  }
}
