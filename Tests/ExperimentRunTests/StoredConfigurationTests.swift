// What a configuration says survives run, cache, checkpoint, export and import, or is refused before.
import Foundation
import RetortDistillation
import RetortFiles
import RetortStorage
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Configurations of stored models")
struct StoredConfigurationTests {
  /// Every field with another value than its family's default.
  private static func unusual(_ family: ModelFamily) -> TransformerConfiguration {
    TransformerConfiguration(
      family: family, vocabularySize: words.count, hiddenSize: 24, layerCount: 2, headCount: 3,
      feedForwardSize: 40, maximumPositions: 70,
      tokenTypeCount: family.structure.hasTokenTypes ? 3 : 0,
      layerNormEpsilon: family.fixedLayerNormEpsilon ?? 0.5, hiddenDropout: 0.15,
      attentionDropout: 0.05, classifierDropout: 0.35, initializerRange: 0.3, paddingID: 7,
      labels: ["bad", "fair", "good"], usesSinusoidalPositions: family == .distilbert)
  }

  private static let letters = (97...122).map { String(UnicodeScalar(UInt8($0))) }
  private static let words = Vocabulary.specialTokens + letters + letters.map { "##\($0)" }

  private static func text(
    folder: String, _ student: ModelFamily, tokenType: Bool
  ) -> String {
    let finetune =
      "task: sentiment, recipe: hf-trainer-4.44, sequence_length: 64, batch_size: 8, "
      + "learning_rate: 1.0e-3, limit: { epochs: 1 }, select_best: last"
    return """
      format: 1
      name: small
      seed: 3
      random: counter
      corpora:
        reviews:
          generated: { grammar: film_reviews, lines: 16, seed: 11 }
      tasks:
        sentiment:
          generated: { grammar: film_reviews, train: 16, dev: 20, test: 6, seed: 12 }
      vocabulary: { from: base }
      models:
        base: { from: "\(folder)", head: { kind: masked_lm, init: new } }
        student:
          architecture: \(student.rawValue)
          init_from: base
          layers: [1]
          \(tokenType ? "token_type: fold" : "head: none")
          dropout: { hidden: 0.25, attention: 0.2, classifier: 0.45 }
      stages:
        - id: language
          pretrain: { model: base, corpus: [reviews], recipe: distilbert-2019, sequence_length: 64,
                      batch_size: 8, limit: { steps: 1 } }
        - id: taught
          finetune: { model: language, \(finetune) }
        - id: of_student
          finetune: { model: student, \(finetune) }
      """
  }

  @Test(
    "every value reaches every file, and the stored model answers as the trained one did",
    arguments: [
      (ModelFamily.bert, ModelFamily.bert),
      (.bert, .distilbert), (.distilbert, .distilbert),
    ])
  func walk(
    _ family: ModelFamily, _ studentFamily: ModelFamily
  ) throws {
    let home = try TemporaryFolder()
    let base = Self.unusual(family)
    let folder = home.file("base")
    try writeFolder(base, to: folder)

    let experiment = try SmallExperiment(
      Self.text(folder: folder, studentFamily, tokenType: family != studentFamily))
    let run = try experiment.run(experiment.request(keepsCheckpoints: true))

    let weights = try #require(run.record.weights.first { $0.name == "base" })
    #expect(weights.origin == .folder && weights.source == "folder \(folder)")
    #expect(try weights.digest == SHA256.hexDigest(ofFile: "\(folder)/model.safetensors"))

    var student = base
    student.family = studentFamily
    student.layerCount = 1
    (student.hiddenDropout, student.attentionDropout) = (0.25, 0.2)
    student.classifierDropout = 0.45
    if !studentFamily.structure.hasTokenTypes { student.tokenTypeCount = 0 }
    if let epsilon = studentFamily.fixedLayerNormEpsilon { student.layerNormEpsilon = epsilon }
    for (stage, expected) in [("language", base), ("taught", base), ("of_student", student)] {
      var expected = expected
      if stage != "language" { expected.labels = SentimentGrammar.classNames }
      let record = try #require(run.record.stages.first { $0.id == stage })
      let cached = "\(experiment.locations.stages)/\(record.digest)/model.h5"
      for path in [cached, "\(run.folder)/checkpoints/finished/\(stage).h5"] {
        let stored = try StoredModel(path: path)
        #expect(stored.configuration == expected, "\(stage)")
        // Out to a folder, and in again.
        let model = try stored.load()
        let exported = home.file("\(stage)-exported")
        try HuggingFaceFolder.write(
          model, vocabulary: stored.vocabularyFile, tokenizer: stored.tokenizer, to: exported)
        let back = try StoredModel(path: exported)
        #expect(back.configuration == expected, "\(stage), exported")
        let imported = home.file("\(stage)-imported.h5")
        let inner = try back.load()
        try withExtendedLifetime(inner) {
          try Checkpoint.write(
            path: imported,
            content: ModelCheckpoint.content(
              of: inner, attributes: [:],
              files: ModelCheckpoint.files(
                of: inner, vocabulary: back.vocabularyFile, tokenizer: back.tokenizer)))
        }
        let again = try StoredModel(path: imported)
        #expect(again.configuration == expected, "\(stage), imported")
        guard let recorded = record.evaluations.last else { continue }
        for (name, stored) in [("stored", stored), ("exported", back), ("imported", again)] {
          let result = try evaluate(stored)
          #expect(result.loss == recorded.loss, "\(stage), \(name)")
          #expect(result.predictions == recorded.predictions?.labels, "\(stage), \(name)")
        }
      }
    }
  }

  private func writeFolder(_ configuration: TransformerConfiguration, to folder: String) throws {
    let model = TransformerModel(configuration: configuration, heads: [])
    model.initialize(seed: 5)
    try HuggingFaceFolder.write(
      model, vocabulary: Array((Self.words.joined(separator: "\n") + "\n").utf8),
      tokenizer: .uncased, to: folder)
    // The same activation under its other name.
    let text = try String(contentsOfFile: "\(folder)/config.json", encoding: .utf8)
    let renamed = text.replacing("\"gelu\"", with: "\"gelu_python\"")
    try #require(renamed != text)
    try renamed.write(toFile: "\(folder)/config.json", atomically: true, encoding: .utf8)
  }

  private func evaluate(_ stored: StoredModel) throws -> ClassificationResult {
    let splits = SentimentGrammar().labelledSentences(counts: [16, 20, 6], seed: 12)
    return try ClassificationEvaluation.evaluate(
      try stored.load(),
      on: LabelledSequences(
        sequences: TokenSequences(
          splits[1].sentences, tokenizer: stored.makeTokenizer(), maximumLength: 64, threads: 1),
        labels: splits[1].labels),
      in: ComputeScope(engine: Engine(threadCount: 2), recording: false))
  }

  @Test("an epsilon that a distilbert's config.json cannot hold is refused by validate")
  func epsilonOfDistilBERT() {
    let text = SmallExperiment.text
      .replacing("architecture: bert\n", with: "architecture: distilbert\n")
      .replacing("layer_norm_epsilon: 1.0e-12", with: "layer_norm_epsilon: 0.5")
      .replacing("    token_type: fold\n", with: "")
    let messages = DefinitionText.messages(text)
    #expect(messages.count == 1)
    #expect(
      messages.first?.contains("models.teacher.sizes.layer_norm_epsilon: expected 1e-12") == true,
      "\(messages)")
  }
}
