// Label smoothing, weights of classes and rates of layers, from the definition to the record.
import Foundation
import RetortDistillation
import RetortOptions
import RetortRecords
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Label smoothing, class weights and learning rates of layers in a definition")
struct LabelWeightingTests {
  /// Texts whose label follows from a word: three of four are bad.
  private static func csv(_ count: Int) -> String {
    "review,stars\n"
      + (0..<count).map {
        "the \($0 % 4 == 0 ? "great" : "dull") film \($0),\($0 % 4 == 0 ? "good" : "bad")\n"
      }
      .joined()
  }

  private static func experiment(
    task options: String = "", stage: String = "", train: String = csv(24)
  ) throws -> SmallExperiment {
    let experiment = try SmallExperiment(
      SmallExperiment.text.replacing(
        "    generated: { grammar: film_reviews, train: 24, dev: 20, test: 6, seed: 12 }",
        with: "    files: { train: train.csv, dev: dev.csv }\n    text: review\n    label: stars\n"
          + options
      ).replacing("baselines: [no_distillation, mlm_only, teacher]\n", with: "")
        .replacing("      select_best: eval_loss\n", with: "      select_best: eval_loss\n" + stage)
    )
    try experiment.folder.write("train.csv", train)
    try experiment.folder.write("dev.csv", csv(12))
    return experiment
  }

  private func run(
    task options: String = "", stage: String = ""
  ) throws -> RunRecord.Stage {
    let experiment = try Self.experiment(task: options, stage: stage)
    _ = try experiment.loadedAndReadAgain()
    let record = try experiment.run(experiment.request(stages: ["sentiment"])).record
    #expect(try RunRecord(text: try record.text(), source: "test") == record)
    return try #require(record.stages.first { $0.id == "sentiment" })
  }

  @Test("each changes the result and the digest, and the record says it")
  func records() throws {
    let plain = try run()
    #expect(plain.loss == "loss = CE(labels), mean over sentences")
    let balanced = try run(task: "    class_weights: balanced\n")
    // bad 18, good 6 of 24.
    #expect(
      balanced.loss
        == "loss = CE(labels; class weights 0.666667, 2), mean over sentences by the weights of their classes"
    )
    let written = try run(task: "    class_weights: { good: 5.0 }\n")
    #expect(written.loss.contains("class weights 1, 5)"))
    let smoothed = try run(
      stage: "      loss: { cross_entropy: { weight: 1.0, label_smoothing: 0.1 } }\n")
    #expect(smoothed.loss == "loss = CE(labels; smoothed by 0.1), mean over sentences")
    let rates = try run(stage: "      learning_rates: { layer_decay: 0.5, head: 5.0e-3 }\n")
    #expect(rates.learningRate.hasPrefix("0.001, layer decay 0.5, head 0.005, linear to 0 over"))
    let all = [plain, balanced, written, smoothed, rates]
    #expect(Set(all.map(\.digest)).count == all.count)
    #expect(Set(all.map { $0.epochs[1].validationLoss }).count == all.count)
    // A factor of all weights changes nothing: the mean is divided by their sum.
    let scaled = try run(task: "    class_weights: { bad: 0.5, good: 2.5 }\n")
    let difference = zip(scaled.epochs, written.epochs).map {
      abs($0.validationLoss - $1.validationLoss)
    }
    #expect(difference.allSatisfy { $0 < 1e-5 }, "\(difference)")
  }

  @Test("a part of a task has the weights of the whole, from its own examples")
  func part() throws {
    let experiment = try Self.experiment(
      task:
        "    class_weights: balanced\n  few:\n    of: sentiment\n    labels: { count: 10, unit: rows, seed: 1 }\n"
    )
    try experiment.folder.write(
      "small.yaml",
      try String(contentsOfFile: experiment.definition, encoding: .utf8)
        .replacing("task: sentiment", with: "task: few"))
    let record = try experiment.run(experiment.request(stages: ["sentiment"])).record
    let stage = try #require(record.stages.last)
    #expect(
      stage.loss.contains("class weights ") && !stage.loss.contains("0.666667"), "\(stage.loss)")
  }

  @Test("what is the standard is not written: digests stay")
  func standard() throws {
    let plain = try Self.experiment().loadedAndReadAgain()
    let written = try Self.experiment(
      stage: "      learning_rates: { layer_decay: 1.0 }\n"
    ).loadedAndReadAgain()
    #expect(plain.definition.canonicalText == written.definition.canonicalText)
    let text = "      loss: { cross_entropy: { weight: 1.0"
    let loss = try Self.experiment(stage: text + " } }\n").loadedAndReadAgain()
    let zero = try Self.experiment(stage: text + ", label_smoothing: 0.0 } }\n")
      .loadedAndReadAgain()
    #expect(loss.definition.canonicalText == zero.definition.canonicalText)
  }

  @Test("explain lists each group with its rate and its weights, frozen ones too")
  func explained() throws {
    let loaded = try Self.experiment(
      task: "    class_weights: { good: 3.0 }\n",
      stage: "      learning_rates: { layer_decay: 0.5, head: 5.0e-3 }\n"
        + "      freeze: [embeddings]\n"
    ).loadedAndReadAgain()
    let text = PlanExplanation(ResolvedPlan(loaded.definition)).text
    #expect(text.contains("class weights: good 3, any other 1"), "\(text)")
    // A DistilBERT of one layer of 32: its head is 32 · 32 + 32 + 32 · 2 + 2.
    #expect(text.contains("  head: 0.005, 1,122 weights"), "\(text)")
    #expect(text.contains("  layer 0: 0.0005, 8,544 weights"), "\(text)")
    #expect(text.contains("  embeddings: 0.00025, frozen"), "\(text)")
  }

  @Test("mistakes are reported all at once, where they are")
  func mistakes() throws {
    func text(task: String = "", stage: String = "") throws -> String {
      let experiment = try Self.experiment(task: task, stage: stage)
      let error = #expect(throws: DefinitionError.self) { try experiment.loadedAndReadAgain() }
      return "\(try #require(error))"
    }
    let both = try text(
      task: "    class_weights: { good: 0.0, bad: -1 }\n",
      stage: "      loss: { cross_entropy: { weight: 1.0, label_smoothing: 1.0 } }\n"
        + "      learning_rates: { layer_decay: 1.5, head: -1 }\n")
    for part in [
      "tasks.sentiment.class_weights.good: expected a number above 0",
      "tasks.sentiment.class_weights.bad: expected a number above 0",
      "label_smoothing: expected a number from 0 to below 1",
      "learning_rates.layer_decay: expected a number above 0 and at most 1",
      "learning_rates.head: expected a number of at least 0",
    ] {
      #expect(both.contains(part), "\(part) in \(both)")
    }
    let named = try text(task: "    class_weights:\n      bad: 1.0\n      god: 3.0\n")
    #expect(named.contains("tasks.sentiment.class_weights: no class 'god'; did you mean 'good'?"))
    // The place is that of the name, two lines below the key.
    let key = try text(task: "    class_weights: heavy\n")
    func line(_ text: String) -> Int? {
      text.split(separator: ":").dropFirst().first.flatMap { Int($0) }
    }
    #expect(line(named) == line(key).map { $0 + 2 })
    #expect(
      try text(
        task: "    class_weights: balanced\n",
        stage:
          "      loss: { soft_targets: { weight: 1.0, temperature: 2.0 } }\n      teacher: other\n"
      ).contains("loss has no term that reads the class_weights of sentiment"))
    #expect(
      try text(task: "    class_weights: heavy\n").contains(
        "tasks.sentiment.class_weights: expected balanced, or weights by label"))
    #expect(
      try text(task: "    class_weights: balanced\n    kind: regression\n").contains(
        "tasks.sentiment.class_weights: a regression has no classes"))
  }

  @Test("scikit-learn's balanced weights; a class without an example has none")
  func balanced() throws {
    #expect(
      ClassWeights.balanced.values(classes: ["a", "b"], counts: [18, 6]) == [24.0 / 36, 2])
    #expect(ClassWeights.balanced.values(classes: ["a", "b"], counts: [3, 0]) == nil)
    let fixture = try Fixture("cross_entropy.h5")
    for group in ["balanced_10", "balanced_40"] {
      let labels = try fixture.integers("\(group)/labels")
      let weights = try fixture.doubles("\(group)/weights")
      let counts = weights.indices.map { k in labels.count { $0 == Int32(k) } }
      let own = ClassWeights.balanced.values(
        classes: weights.indices.map(String.init), counts: counts)
      expectClose(
        try #require(own), weights,
        Tolerance(relative: 1e-15, absolute: 0, because: "two products and a quotient"), group)
    }
    let experiment = try Self.experiment(
      task: "    classes: [bad, good, fair]\n    class_weights: balanced\n")
    let error = #expect(throws: LocationError.self) {
      try experiment.run(experiment.request(stages: ["sentiment"]))
    }
    #expect("\(try #require(error))".contains("found none of fair"))
  }
}
