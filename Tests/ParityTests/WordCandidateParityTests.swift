// The words that a masked LM puts in the place of others against those of transformers: word_candidates.h5.
import Foundation
import RetortTensorEngine
import RetortTestSupport
import RetortText
import Testing

@testable import RetortDistillation
@testable import RetortTransformers

@Suite("Candidates for words equal PyTorch's")
struct WordCandidateParityTests {
  @Test("the same words in the same order, in every family", arguments: ModelFamily.allCases)
  func candidates(_ family: ModelFamily) throws {
    let (fixture, models) = (try Fixture("word_candidates.h5"), try Fixture("tiny_models.h5"))
    let json = try models.text("config_json", of: family.rawValue)
    let file = try ConfigurationFile(json: Data(json.utf8), path: "tiny_models.h5")
    let model = TransformerModel(configuration: file.configuration, heads: [.maskedLanguage])
    try model.load(
      from: FixtureWeights(fixture: models, group: "\(family.rawValue)/weights"),
      names: .huggingFace(file.configuration), ignoring: [.classification, .pooler], seed: 0)
    let tokenizer = BertTokenizer(
      vocabulary: try Vocabulary(
        tokens: fixture.text("vocabulary", of: "").split(separator: "\n").map(String.init)),
      options: TokenizerOptions())
    let method = WordReplacement(
      copies: 1, candidates: Int(try fixture.number("count", of: "")), probability: 1)
    let replacer = WordReplacer(
      method, model, tokenizer, seed: 1, Engine(threadCount: 2))
    try Self.expectFairDraws(model, tokenizer)
    let sentences = try fixture.text("sentences", of: "").split(separator: "\n").map(String.init)
    let choices = try replacer.choices(for: sentences, from: 0)

    let words = try fixture.text("words", of: family.rawValue)
    var beyond = [Int](repeating: 0, count: sentences.count)
    var compared: [String: Int] = [:]
    for line in words.split(separator: "\n") {
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      try #require(parts.count == 5)
      let (sentence, word) = (try #require(Int(parts[0])), try #require(Int(parts[1])))
      try #require(choices[sentence].words[word] == parts[2])
      compared[parts[3], default: 0] += 1
      let found = choices[sentence].candidates.first { $0.word == word }
      if parts[3] == "beyond" {
        beyond[sentence] += 1
        #expect(found == nil, "\(line)")
      } else {
        #expect(found?.texts == parts[4].split(separator: " ").map(String.init), "\(line)")
      }
    }
    #expect(choices.map(\.beyond) == beyond)
    let replaceable = choices.reduce(0) { $0 + $1.candidates.count }
    let expected = compared.filter { $0.key != "beyond" }.values.reduce(0, +)
    #expect(replaceable == expected, "no other word has candidates")
    #expect(["masked_lm", "neighbours", "beyond"].allSatisfy { compared[$0] ?? 0 > 4 })
  }

  /// A word gives way with its probability, to each of its candidates as often as to the others.
  private static func expectFairDraws(
    _ model: TransformerModel, _ tokenizer: BertTokenizer
  ) throws {
    let replacer = WordReplacer(
      WordReplacement(copies: 8000, candidates: 15, probability: 0.4), model, tokenizer, seed: 1,
      Engine(threadCount: 2))
    let candidates = try #require(try replacer.choices(for: ["great"], from: 0)[0].candidates.first)
    let copies = try replacer.copies(of: ["great"], from: 0)[0].copies
    let counts = Dictionary(grouping: copies, by: \.text).mapValues { Double($0.count) / 8000 }
    let share = 0.4 / Double(candidates.texts.count)
    let others = Set(candidates.texts).subtracting(["great"])
    #expect(Set(counts.keys) == others.union(["great"]))
    // Standard errors: at most 0.0022 of a candidate, 0.0055 of the word itself.
    for text in others { #expect(abs((counts[text] ?? 0) - share) < 0.009, "\(text)") }
    #expect(abs((counts["great"] ?? 0) - (1 - share * Double(others.count))) < 0.022)
    #expect(copies.allSatisfy { ($0.text == "great") == ($0.replaced == 0) })
  }
}
