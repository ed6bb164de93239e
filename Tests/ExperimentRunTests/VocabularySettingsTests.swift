// A definition over a model's folder cuts text as that folder says, in every stage and in what it leaves.
import Foundation
import RetortOptions
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Vocabulary of a model's folder")
struct VocabularySettingsTests {
  private let folder: TemporaryFolder
  private var model: String { "\(folder.path)/model" }

  init() throws { folder = try TemporaryFolder() }

  /// A BERT of one layer whose tokens are letters, large and small.
  /// - Parameters:
  ///   - last: its last token.
  ///   - path: where it is written, `model` if nil.
  private func writeModel(
    _ settings: TokenizerSettings, last: String = "'", to path: String? = nil
  ) throws {
    let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".map { String($0) }
    let words = Vocabulary.specialTokens + letters + letters.map { "##\($0)" } + [".", ",", last]
    let model = TransformerModel(
      configuration: TransformerConfiguration(
        family: .bert, vocabularySize: words.count, hiddenSize: 16, layerCount: 1, headCount: 2,
        feedForwardSize: 16, maximumPositions: 128, tokenTypeCount: 2, layerNormEpsilon: 1e-12,
        hiddenDropout: 0.1, attentionDropout: 0.1, classifierDropout: nil, initializerRange: 0.1,
        paddingID: 0, labels: ["negative", "positive"], usesSinusoidalPositions: false), heads: [])
    model.initialize(seed: 1)
    try HuggingFaceFolder.write(
      model, vocabulary: Array((words.joined(separator: "\n") + "\n").utf8), tokenizer: settings,
      to: path ?? self.model)
  }

  /// - Parameters:
  ///   - address: of the one model there is.
  ///   - vocabulary: the `vocabulary` key's value, if there is one.
  private func definition(of address: String, vocabulary: String? = nil) -> String {
    """
    format: 1
    name: small
    seed: 3
    corpora:
      reviews:
        generated: { grammar: film_reviews, lines: 32, seed: 11 }
    models:
      teacher: { from: \(address), head: { kind: masked_lm, init: new } }
    \(vocabulary.map { "vocabulary: \($0)" } ?? "")
    stages:
      - id: teacher_mlm
        pretrain:
          model: teacher
          corpus: [reviews]
          sequence_length: 64
          masking: { probability: 0.15, smoothing: 0.7, mask: 0.8, keep: 0.1, random: 0.1 }
          batching: { batch_size: 8, accumulate: 1, group_by_length: true }
          optimizer: { name: adamw, learning_rate: 1.0e-3, betas: [0.9, 0.98], epsilon: 1.0e-6,
                       weight_decay: 0.01, max_grad_norm: 1.0 }
          schedule: { name: linear, warmup: 0.05 }
          freeze: []
          limit: { steps: 2 }
          checkpoint_every: { steps: 3 }

    """
  }

  private func data(_ text: String) throws -> PreparedData {
    let locations = Locations(cache: "\(folder.path)/cache", mirror: nil)
    return PreparedData(
      plan: ResolvedPlan(try DefinitionText.load(text)), locations: locations, threads: 2,
      note: { _ in })
  }

  private static let unusual = TokenizerSettings(
    lowercase: false, stripAccents: true, splitsCJK: false)

  @Test func theFolderSaysHowTextIsCut() throws {
    try writeModel(Self.unusual)
    for vocabulary in [nil, "{ from: teacher }", "{ from: \(model) }"] {
      let data = try data(definition(of: model, vocabulary: vocabulary))
      #expect(try data.tokenizerSettings() == Self.unusual)
      let tokenizer = try data.tokenizer()
      #expect(tokenizer.tokens("Aé中", addSpecials: false) == ["[UNK]"])
      #expect(tokenizer.tokens("Aé", addSpecials: false) == ["A", "##e"])
    }
  }

  @Test func aDefinitionsOwnWordComesFirst() throws {
    try writeModel(Self.unusual)
    let data = try data(
      definition(of: model, vocabulary: "{ from: teacher, lowercase: true }"))
    #expect(
      try data.tokenizerSettings()
        == TokenizerSettings(lowercase: true, stripAccents: true, splitsCJK: false))
    #expect(try data.tokenizer().tokens("Aé", addSpecials: false) == ["a", "##e"])
  }

  @Test func aFolderThatSaysNothingIsUncased() throws {
    try writeModel(Self.unusual)
    try FileManager.default.removeItem(atPath: "\(model)/tokenizer_config.json")
    #expect(try data(definition(of: model)).tokenizerSettings() == .uncased)
  }

  @Test func modelsOfOtherTokensAreRefusedBeforeAnythingRuns() throws {
    try writeModel(.uncased)
    let other = "\(folder.path)/other"
    for (last, isRefused) in [("'", false), ("!", true)] {
      try writeModel(.uncased, last: last, to: other)
      let text = definition(of: model, vocabulary: "{ from: \(other) }")
      let experiment = try SmallExperiment(text)
      if isRefused {
        let error = #expect(throws: DefinitionError.self) {
          try experiment.run(experiment.request())
        }
        #expect(error?.diagnostics.count == 1)
        #expect(
          error?.diagnostics.first?.description.contains(
            "token 111 is ''', in the definition's vocabulary it is '!'")
            ?? false, "\(String(describing: error))")
        #expect(experiment.cachedStages.isEmpty)
      } else {
        try experiment.run(experiment.request())
      }
    }
  }

  @Test func theResolvedDefinitionSaysTheSame() throws {
    for vocabulary in ["{ from: teacher }", "{ from: teacher, lowercase: false }"] {
      let first = try DefinitionText.load(definition(of: "m", vocabulary: vocabulary))
      #expect(try DefinitionText.load(first.canonicalText) == first)
    }
    let trained = try DefinitionText.load(
      definition(of: "m", vocabulary: "{ train: { corpus: [reviews], size: 500 } }"))
    #expect(trained.vocabulary.lowercase == true)
  }

  /// The model that a stage leaves, and a definition that goes on from it, keep the settings.
  @Test func whatAStageLeavesKeepsTheSettings() throws {
    try writeModel(Self.unusual)
    let experiment = try SmallExperiment(definition(of: model))
    try experiment.run(experiment.request())
    let stage = try #require(experiment.cachedStages.first)
    let path = "\(experiment.locations.stages)/\(stage)/\(ExperimentRunner.modelName)"
    #expect(try StoredModel(path: path).tokenizer == Self.unusual)
    #expect(try data(definition(of: path)).tokenizerSettings() == Self.unusual)
    _ = try PlanDigests(
      ResolvedPlan(try DefinitionText.load(definition(of: path))),
      DigestFacts.gather(
        for: ResolvedPlan(try DefinitionText.load(definition(of: path))),
        in: experiment.locations, numericsVersion: 1, blasCore: "X"))

    // Other settings make another stage, and so does the definition's word.
    let other = try SmallExperiment(
      definition(of: model, vocabulary: "{ from: teacher, lowercase: true }"))
    try other.run(other.request())
    #expect(other.cachedStages.count == 1 && other.cachedStages.first != stage)
  }

  @Test func settingsAreInTheDigestWhereTheyAreUnusual() throws {
    func digest(_ settings: TokenizerSettings, _ vocabulary: String? = nil) throws -> String {
      let plan = ResolvedPlan(try DefinitionText.load(definition(of: "m", vocabulary: vocabulary)))
      let facts = DigestFacts(
        numericsVersion: 1, blasCore: "X",
        folders: [
          .path("m"): FolderDigests(
            configuration: "c", vocabulary: "v", weights: "w", tokenizer: settings)
        ])
      return try PlanDigests(plan, facts, stages: []).vocabulary
    }
    let settings: [TokenizerSettings] = [
      .uncased, Self.unusual,
      TokenizerSettings(lowercase: true, stripAccents: false, splitsCJK: true),
      TokenizerSettings(lowercase: true, stripAccents: nil, splitsCJK: false),
      TokenizerSettings(lowercase: false, stripAccents: nil, splitsCJK: true),
    ]
    #expect(Set(try settings.map { try digest($0) }).count == settings.count)
    // Said or not, what comes to the same is the same.
    let uncased = try digest(.uncased)
    #expect(try digest(.uncased, "{ from: teacher, lowercase: true }") == uncased)
    #expect(
      try digest(TokenizerSettings(lowercase: true, stripAccents: true, splitsCJK: true))
        == uncased)
    #expect(
      try digest(
        TokenizerSettings(lowercase: false, stripAccents: nil, splitsCJK: true),
        "{ from: teacher, lowercase: true }") == uncased)
  }
}
