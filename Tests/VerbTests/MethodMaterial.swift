// What the definitions in Experiments/methods read, small enough to be made in a test.
import Foundation
import RetortTestSupport
import RetortText
import RetortTransformers

/// A mirror with the models, tasks and texts that the definitions name: as deep as the published ones, so that every layer that a
/// definition names is there, and narrow.
struct MethodMaterial {
  let folder: TemporaryFolder
  var mirror: String { folder.file("mirror") }

  init() throws {
    folder = try TemporaryFolder()
    let sets = SentimentGrammar().labelledSentences(counts: [96, 24, 8], seed: 5)
    let texts = Self.corpora.enumerated().map {
      SentimentGrammar().corpus(lines: 60, seed: UInt64($0.offset))
    }
    try writeTasks(sets)
    for (name, text) in zip(Self.corpora, texts) {
      try folder.write("mirror/data/corpora/\(name).txt", text)
    }
    let words = Set((sets.flatMap(\.sentences) + texts).flatMap { $0.split { $0.isWhitespace } })
    let pieces =
      ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + words.map { $0.lowercased() }.sorted()
    try writeModel("google-bert/bert-base-uncased", layers: 12, pieces, head: .maskedLanguage)
    try writeModel("sentence-transformers/all-MiniLM-L6-v2", layers: 6, pieces, head: nil)
  }

  static let corpora = [
    "movie_reviews", "brown", "abc", "webtext", "state_union", "inaugural",
  ]

  /// 48 features, so that there are 48 relation heads.
  private func writeModel(
    _ name: String, layers: Int, _ pieces: [String], head: ModelPart?
  ) throws {
    let model = TransformerModel(
      configuration: TransformerConfiguration(
        family: .bert, vocabularySize: pieces.count, hiddenSize: 48, layerCount: layers,
        headCount: 12, feedForwardSize: 48, maximumPositions: 512, tokenTypeCount: 2,
        layerNormEpsilon: 1e-12, hiddenDropout: 0.1, attentionDropout: 0.1,
        classifierDropout: 0.1, initializerRange: 0.2, paddingID: 0,
        labels: TransformerConfiguration.defaultLabels(count: 2), usesSinusoidalPositions: false),
      heads: head.map { [.pooler, $0] } ?? [.pooler])
    model.initialize(seed: 7)
    try HuggingFaceFolder.write(
      model, vocabulary: Array((pieces.joined(separator: "\n") + "\n").utf8), tokenizer: .uncased,
      to: folder.file("mirror/hub/\(name)"))
  }

  // MARK: Tasks

  private func writeTasks(_ sets: [LabelledSentences]) throws {
    func write(_ path: String, _ rows: [[String]]) throws {
      try folder.write(
        "mirror/data/glue/\(path).tsv",
        rows.map { $0.joined(separator: "\t") }.joined(separator: "\n") + "\n")
    }
    for (name, set) in zip(["train", "dev"], sets) {
      let labels = set.labels ?? []
      try write(
        "SST-2/\(name)",
        [["sentence", "label"]] + zip(set.sentences, labels).map { [$0, "\($1)"] })
      // The next sentence follows where both are of one opinion, and contradicts where they are not.
      let pairs = set.sentences.indices.map { index -> [String] in
        let next = (index + 1) % set.count
        let gold =
          index % 3 == 0
          ? "neutral" : labels[index] == labels[next] ? "entailment" : "contradiction"
        return Self.parsed(index) + [set.sentences[index], set.sentences[next], gold, gold]
      }
      for part in name == "train" ? ["train"] : ["dev_matched", "dev_mismatched"] {
        try write("MNLI/\(part)", [Self.columns + ["label1", "gold_label"]] + pairs)
      }
    }
    let test = sets[2].sentences.enumerated()
    try write("SST-2/test", [["index", "sentence"]] + test.map { ["\($0)", $1] })
    for part in ["test_matched", "test_mismatched"] {
      try write("MNLI/\(part)", [Self.columns] + test.map { Self.parsed($0) + [$1, $1] })
    }
  }

  /// Of MNLI's files, up to the two sentences.
  private static let columns = [
    "index", "promptID", "pairID", "genre", "sentence1_binary_parse", "sentence2_binary_parse",
    "sentence1_parse", "sentence2_parse", "sentence1", "sentence2",
  ]

  private static func parsed(_ row: Int) -> [String] {
    ["\(row)", "3", "\(row)c", "gov", "( a )", "( b )", "(A)", "(B)"]
  }
}
