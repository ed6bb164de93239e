// Fine-tunings of models that have a classifier, and by such models.
import Foundation
import RetortDistillation
import RetortFiles
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Stored classifiers")
struct StoredClassifierTests {
  private static let letters = (97...122).map { String(UnicodeScalar(UInt8($0))) }
  private static let words = Vocabulary.specialTokens + letters + letters.map { "##\($0)" }

  /// A folder with a classifier.
  struct ClassifierFolder {
    let home: TemporaryFolder
    var path: String { home.file("base") }
    let model: TransformerModel

    init(
      _ family: ModelFamily = .distilbert, labels: [String] = ["negative", "positive"],
      heads: Set<ModelPart> = [.classification]
    ) throws {
      home = try TemporaryFolder()
      var configuration = family.defaults
      configuration.vocabularySize = words.count
      (configuration.hiddenSize, configuration.layerCount) = (24, 1)
      (configuration.headCount, configuration.feedForwardSize) = (3, 40)
      configuration.maximumPositions = 64
      configuration.labels = labels
      configuration.initializerRange = 0.3
      model = TransformerModel(configuration: configuration, heads: heads)
      model.initialize(seed: 5)
      try HuggingFaceFolder.write(
        model, vocabulary: Array((words.joined(separator: "\n") + "\n").utf8),
        tokenizer: .uncased, to: path)
    }

    /// - Parameter extra: keys of the fine-tuning.
    func text(_ extra: String = "", stages: String = "") -> String {
      """
      format: 1
      name: small
      seed: 3
      random: counter
      tasks:
        sentiment:
          generated: { grammar: film_reviews, train: 16, dev: 20, test: 6, seed: 12 }
      vocabulary: { from: base }
      models:
        base: { from: "\(path)" }
        random: { from: { random: "\(path)" } }
      stages:
        - id: tuned
          finetune: { model: base, \(options)\(extra) }
      \(stages)
      """
    }

    var options: String {
      "task: sentiment, recipe: hf-trainer-4.44, sequence_length: 64, batch_size: 8, "
        + "learning_rate: 1.0e-30, limit: { steps: 1 }, select_best: last"
    }

    func messages(_ text: String) -> [String] {
      let context = DefinitionContext(
        locations: Locations(cache: home.file("cache"), mirror: nil),
        definitionPath: home.file("x.yaml"))
      return DefinitionText.messages(text, context: context)
    }
  }

  private func weight(_ run: Run, _ experiment: SmallExperiment, _ id: String) throws -> [Float] {
    let stage = try #require(run.record.stages.first { $0.id == id })
    let stored = try StoredModel(path: "\(experiment.locations.stages)/\(stage.digest)/model.h5")
    #expect(stored.configuration.labels == SentimentGrammar.classNames)
    let head = try #require(try stored.load().classificationHead)
    return Array(head.output.weight.values)
  }

  @Test("one that fits is kept, said and recorded", arguments: ModelFamily.allCases)
  func kept(_ family: ModelFamily) throws {
    for labels in [["negative", "positive"], ["LABEL_0", "LABEL_1"]] {
      let folder = try ClassifierFolder(family, labels: labels)
      let own = try Array(#require(folder.model.classificationHead).output.weight.values)
      let experiment = try SmallExperiment(folder.text())
      let run = try experiment.run(experiment.request())
      // The rate is so low that a step moves nothing.
      #expect(try weight(run, experiment, "tuned") == own)
      #expect(run.plan.definition.canonicalText.contains("head:"))
      #expect(run.record.experiment.definition.contains { $0.contains("init: stored") })
      #expect(run.record.stages[0].classifier == .stored)
      #expect(run.record.stages[0].inputs == ["model": "base"])
      #expect(run.record.stages[0].trainedRole == "model")
      #expect(run.record.stages[0].best?.rule == "last")
      #expect(run.record.stages[0].curve.scales == [])
      let line = "classifier: kept as it is stored with base"
      #expect(run.observer.notes.contains("tuned: \(line)"))
      #expect(PlanExplanation(run.plan).text.contains(line))

      // Said, it is the same stage; a new one is another.
      let said = try experiment.run(
        experiment.request(
          runs: "said", overrides: ["stages.tuned.head={kind: classification, init: stored}"]))
      #expect(said.observer.steps.isEmpty)
      let new = try experiment.run(
        experiment.request(
          runs: "new", overrides: ["stages.tuned.head={kind: classification, init: new}"]))
      #expect(new.observer.steps.count == 1)
      #expect(try weight(new, experiment, "tuned") != own)
      #expect(new.record.stages[0].classifier == .new)
    }
  }

  @Test("a new classifier is the same stage whether it is said or there is none to keep")
  func newIsNew() throws {
    let folder = try ClassifierFolder(heads: [])
    let experiment = try SmallExperiment(folder.text())
    let run = try experiment.run(experiment.request())
    #expect(!run.plan.definition.canonicalText.contains("classification"))
    let said = try experiment.run(
      experiment.request(
        runs: "said", overrides: ["stages.tuned.head={kind: classification, init: new}"]))
    #expect(
      said.observer.steps.isEmpty && said.record.stages[0].digest == run.record.stages[0].digest)
  }

  @Test(
    "one that does not fit is an error that names both",
    arguments: [
      (["bad", "fair", "good"], "[3, 24] for bad, fair, good, stored with base"),
      (["positive", "negative"], "[2, 24] for positive, negative, stored with base"),
    ])
  func doesNotFit(labels: [String], found: String) throws {
    let folder = try ClassifierFolder(labels: labels)
    for extra in ["", ", head: { kind: classification, init: stored }"] {
      let messages = folder.messages(folder.text(extra))
      #expect(messages.count == 1)
      let message = try #require(messages.first)
      #expect(message.contains("stages.tuned.head"))
      #expect(message.contains("[2, 24] for negative, positive, as sentiment has"))
      #expect(message.contains(found) && message.contains("init: new"), "\(message)")
    }
    #expect(folder.messages(folder.text(", head: { kind: classification, init: new }")).isEmpty)
  }

  @Test func noneToKeep() throws {
    let folder = try ClassifierFolder(heads: [])
    let messages = folder.messages(folder.text(", head: { kind: classification, init: stored }"))
    #expect(messages.count == 1)
    #expect(messages.first?.contains("'base', which has none") ?? false, "\(messages)")
  }

  @Test("after a stage a classifier is kept where that is asked for")
  func afterAStage() throws {
    let folder = try ClassifierFolder()
    let again = """
        - id: again
          finetune: { model: tuned, \(folder.options), seed: 9, head: { kind: classification, init: stored } }
        - id: anew
          finetune: { model: tuned, \(folder.options), seed: 9 }
      """
    let experiment = try SmallExperiment(folder.text(stages: again))
    let run = try experiment.run(experiment.request())
    let own = try weight(run, experiment, "tuned")
    #expect(try weight(run, experiment, "again") == own)
    #expect(try weight(run, experiment, "anew") != own)
  }

  @Test("a folder with a classifier can be the teacher of a fine-tuning")
  func teacher() throws {
    let folder = try ClassifierFolder()
    let taught = """
        - id: taught
          finetune:
            { model: random, teacher: base, \(folder.options),
              loss: { soft_targets: { weight: 0.5, temperature: 2.0 }, cross_entropy: { weight: 0.5 } } }
      """
    let experiment = try SmallExperiment(folder.text(stages: taught))
    let run = try experiment.run(experiment.request(stages: ["taught"]))
    #expect(run.record.stages.map(\.inputs) == [["teacher": "base", "model": "random"]])
    #expect(run.record.weights.map(\.name).sorted() == ["base", "random"])
    let other = try ClassifierFolder(labels: ["bad", "fair", "good"])
    let messages = other.messages(
      other.text(", head: { kind: classification, init: new }", stages: taught))
    #expect(messages.contains { $0.contains("stages.taught.teacher") && $0.contains("[3, 24]") })
    let without = try ClassifierFolder(heads: [])
    #expect(
      without.messages(without.text(stages: taught)).contains { $0.contains("has a classifier") })
  }
}
