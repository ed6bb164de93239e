// Models are looked at before anything runs: every mistake in them at once, with the definition's own.
import Foundation
import RetortDistillation
import RetortFiles
import RetortOptions
import RetortStorage
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Models looked at before a run")
struct ModelLookTests {
  /// Two folders, and a definition whose first stage needs neither of them.
  struct TwoModels {
    let home: TemporaryFolder
    var experiment: SmallExperiment

    init(_ change: (_ first: String, _ second: String) throws -> Void) throws {
      home = try TemporaryFolder()
      let (first, second) = (home.file("first"), home.file("second"))
      for path in [first, second] {
        var configuration = ModelFamily.bert.defaults
        configuration.vocabularySize = Self.words.count
        (configuration.hiddenSize, configuration.layerCount) = (24, 1)
        (configuration.headCount, configuration.feedForwardSize) = (3, 40)
        configuration.maximumPositions = 64
        let model = TransformerModel(configuration: configuration, heads: [.maskedLanguage])
        model.initialize(seed: 5)
        try HuggingFaceFolder.write(
          model, vocabulary: Array((Self.words.joined(separator: "\n") + "\n").utf8),
          tokenizer: .uncased, to: path)
      }
      try change(first, second)
      let options =
        "task: sentiment, recipe: hf-trainer-4.44, sequence_length: 64, batch_size: 8, "
        + "learning_rate: 1.0e-3, limit: { steps: 1 }, select_best: last"
      experiment = try SmallExperiment(
        """
        format: 1
        name: small
        seed: 3
        random: counter
        tasks:
          sentiment:
            generated: { grammar: film_reviews, train: 16, dev: 20, test: 6, seed: 12 }
        vocabulary: { from: "\(home.file("vocabulary"))" }
        models:
          plain: { architecture: distilbert, dropout: { hidden: 0.1, attention: 0.1, classifier: 0.2 },
                   sizes: { hidden_size: 24, layer_count: 1, head_count: 3, feed_forward_size: 40,
                            maximum_positions: 64, initializer_range: 0.02, layer_norm_epsilon: 1.0e-12 } }
          first: { from: "\(first)" }
          second: { from: "\(second)", head: { kind: masked_lm, init: stored } }
        stages:
          - id: early
            finetune: { model: plain, \(options) }
          - id: late
            finetune: { model: first, \(options) }
          - id: last
            finetune: { model: second, \(options) }
        """)
      try FileManager.default.copyItem(atPath: first, toPath: home.file("vocabulary"))
    }

    static let letters = (97...122).map { String(UnicodeScalar(UInt8($0))) }
    static let words = Vocabulary.specialTokens + letters + letters.map { "##\($0)" }
  }

  private static func edit(_ path: String, _ old: String, _ new: String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try #require(text.contains(old))
    try text.replacing(old, with: new).write(toFile: path, atomically: true, encoding: .utf8)
  }

  /// Two mistakes, one in each folder.
  @Test(
    "both folders' mistakes come before the first step",
    arguments: [
      ("\"hidden_act\": \"gelu\"", "\"hidden_act\": \"relu\"", "hidden_act is \"relu\""),
      ("\"model_type\": \"bert\"", "\"model_type\": \"roberta\"", "model_type is \"roberta\""),
      ("\"hidden_size\": 24", "\"hidden_size\": 48", "misshapen"),
      ("\"intermediate_size\": 40", "\"intermediate_size\": 4000000", "misshapen"),
      ("\"hidden_size\": 24", "\"hidden_size\": 1099511627776", "hidden size is 1099511627776"),
      ("\"num_hidden_layers\": 1", "\"num_hidden_layers\": 4000", "missing"),
      ("\"vocab_size\": 57", "\"vocab_size\": 56", "57 tokens, expected at most 56"),
      (
        "\"initializer_range\"", "\"problem_type\": \"regression\", \"initializer_range\"",
        "problem_type is \"regression\""
      ),
    ])
  func mistakes(_ change: (old: String, new: String, message: String)) throws {
    let models = try TwoModels { first, second in
      for folder in [first, second] {
        try Self.edit("\(folder)/config.json", change.old, change.new)
      }
    }
    try expect(models, [change.message, change.message])
  }

  @Test func otherWeightsAndWords() throws {
    let models = try TwoModels { first, second in
      // The first has other weights, the second has no masked-language head.
      var configuration = try HuggingFaceFolder(path: second).configuration
      let vocabulary = try MappedFile.contents(path: "\(second)/vocab.txt")
      let bare = TransformerModel(configuration: configuration, heads: [.classification])
      try HuggingFaceFolder.write(bare, vocabulary: vocabulary, tokenizer: .uncased, to: second)
      configuration.layerCount = 2
      let deep = TransformerModel(configuration: configuration, heads: [])
      try HuggingFaceFolder.write(
        deep, vocabulary: vocabulary, tokenizer: .uncased, to: "\(first)-deep")
      try AtomicFile.replace(
        path: "\(first)/model.safetensors",
        with: try MappedFile.contents(path: "\(first)-deep/model.safetensors"))
    }
    try expect(models, ["unexpected: encoder.layer.1", "a masked_lm head in the weights"])
  }

  private func expect(_ models: TwoModels, _ messages: [String]) throws {
    let experiment = models.experiment
    let observer = RunOnlooker()
    let error = #expect(throws: DefinitionError.self) {
      try experiment.run(experiment.request(), observer)
    }
    let found =
      error?.diagnostics.map(\.description).filter { !$0.contains("vocabulary.from") } ?? []
    #expect(found.count == 2, "\(found)")
    for (index, message) in messages.enumerated() where index < found.count {
      #expect(found[index].contains(["models.first.", "models.second."][index]), "\(found)")
      #expect(found[index].contains(message), "\(found)")
    }
    #expect(observer.stages.isEmpty && experiment.cachedStages.isEmpty)
  }
}
