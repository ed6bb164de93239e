// Fine-tunings with a teacher: in definitions, plans, digests and runs.
import RetortDistillation
import RetortRecords
import RetortReporting
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Fine-tunings with a teacher")
struct TeachingTests {
  @Test func isReadAndWrittenOut() throws {
    let definition = try DefinitionText.load(SmallExperiment.taughtText)
    let stage = try #require(definition.stage(id: "taught"))
    let options = try #require(stage.work as? FinetuneStage)
    #expect(options.teachers == TeacherNames("judge"))
    #expect(
      options.statedLoss
        == LossOptions(terms: [
          WeightedTerm(0.5, ClassSoftTargets(temperature: 2)), WeightedTerm(0.25, CrossEntropy()),
        ]))
    #expect(stage.inputs == ["judge", "distil"])
    #expect(try DefinitionText.load(definition.canonicalText) == definition)
    let explanation = PlanExplanation(
      ResolvedPlan(definition), filled: [], sizes: [:], look: { _ in .absent }
    ).text
    #expect(explanation.contains("fine-tune distil on sentiment, taught by judge"))
    #expect(
      explanation.contains("loss = 0.5 · 2² · KL(softmax(teacher / 2) ‖ softmax(student / 2))"))
    #expect(explanation.contains("+ 0.25 · CE(labels), mean over sentences"))
  }

  @Test(
    "mistakes",
    arguments: [
      ("teacher: judge, ", "teacher: distil, ", "a finetune stage, which has a classifier"),
      ("teacher: judge, ", "teacher: juge, ", "did you mean"),
      ("teacher: judge, ", "", "loss.soft_targets reads a teacher, and the stage has none"),
      ("temperature: 2.0 }, cross_entropy", "temperature: 0 }, cross_entropy", "a number above 0"),
      (
        "weight: 0.5, temperature: 2.0", "weight: 0, temperature: 2.0",
        "taught.loss: expected a term that reads the teacher with a weight above 0, found none; leave "
          + "the teacher out to learn without one"
      ),
      (
        "soft_targets: { weight: 0.5, temperature: 2.0 }",
        "hidden: { weight: 0, compare: mse, states: last, positions: all, average: tokens }",
        "taught.loss: expected a term that reads the teacher with a weight above 0"
      ),
      (
        "soft_targets: { weight: 0.5", "soft_target: { weight: 0.5",
        "unknown key 'soft_target' in stages.taught.loss; did you mean 'soft_targets'?"
      ),
      ("cross_entropy: { weight: 0.25 }", "cross_entropi: { weight: 0.25 }", "cross_entropy"),
      (
        "cross_entropy: { weight: 0.25 }",
        "hidden: { weight: 1, compare: mse, states: last, positions: masked, average: tokens }",
        "taught.loss.hidden.positions: expected all, first or inner, found masked; no word is masked in a "
          + "finetune stage"
      ),
    ])
  func mistakes(part: String, replacement: String, message: String) throws {
    try #require(SmallExperiment.taughtText.contains(part))
    let messages = DefinitionText.messages(
      SmallExperiment.taughtText.replacing(part, with: replacement))
    #expect(messages.count == 1 && messages[0].contains(message), "\(messages)")
  }

  @Test("a missing loss does not hide that the teacher has no classifier")
  func missingLoss() {
    let text = SmallExperiment.taughtText.replacing("teacher: judge, ", with: "teacher: distil, ")
      .replacing(
        "loss: { soft_targets: { weight: 0.5, temperature: 2.0 }, cross_entropy: { weight: 0.25 } }",
        with: "seed: 1")
    let messages = DefinitionText.messages(text)
    #expect(messages.count == 2, "\(messages)")
    #expect(
      messages.contains { $0.contains("stages.taught.teacher: expected a loss that reads it") },
      "\(messages)")
    #expect(messages.contains { $0.contains("expected a finetune stage, which has a") })
  }

  @Test("labels without a weight are measured, other terms are left out")
  func withoutWeight() throws {
    let definition = try DefinitionText.load(
      SmallExperiment.taughtText.replacing(
        "cross_entropy: { weight: 0.25 }",
        with: "cross_entropy: { weight: 0 }, cosine: { weight: 0, layer: last }"))
    let stage = try #require(definition.stage(id: "taught")?.work as? FinetuneStage)
    #expect(stage.objective.names == ["soft_targets", "cross_entropy"])
    #expect(
      stage.formula.suffix(2) == ["measured (weight 0): labels", "left out (weight 0): cosine"])
    func help(_ term: String) throws -> String {
      try DefinitionReference(path: "stages.finetune.loss.\(term)").text
    }
    #expect(try help("cross_entropy").contains("With 0 it is measured"))
    #expect(try help("cosine").contains("0 leaves it out."))
  }

  @Test func aStageIsTaughtByTheFinishedTeacher() throws {
    let experiment = try SmallExperiment(SmallExperiment.taughtText)
    let run = try experiment.run(experiment.request())
    #expect(run.observer.stages.suffix(2) == ["judge", "taught"])
    let stage = try #require(run.record.stages.last)
    #expect(stage.inputs == ["teacher": "judge", "model": "distil"])
    #expect(
      stage.loss
        == "loss = 0.5 · 2² · KL(softmax(teacher / 2) ‖ softmax(student / 2)), mean over sentences "
        + "+ 0.25 · CE(labels), mean over sentences")
    let point = try #require(stage.curve.points.first)
    #expect(point.terms.names == ["soft_targets", "cross_entropy"])
    let sum = 0.5 * (point.terms["soft_targets"] ?? 0) + 0.25 * (point.terms["cross_entropy"] ?? 0)
    #expect(abs(point.total - sum) <= 1e-9)
    #expect(run.record.summary().contains("teacher"))

    // Another teacher makes another stage, another temperature too; all else is found.
    for (option, computed) in [
      ("stages.judge.seed=9", ["judge", "taught"]),
      ("stages.taught.loss.soft_targets.temperature=3", ["taught"]),
    ] {
      let again = try experiment.run(experiment.request(runs: option, overrides: [option]))
      #expect(again.observer.stages == computed)
    }
  }

  private static let hidden =
    "stages.taught.loss={ cross_entropy: { weight: 0.25 }, hidden: { weight: 0.5, compare: mse, "
    + "states: [[2, 1]], positions: all, average: tokens, projection: { shared: false, bias: false, "
    + "init: { normal: 0.3 }, learning_rate: 1.0e-2, weight_decay: 0.01, clip: apart, force: true } } }"

  @Test("a term with a projection of its own is trained with the classifier, logged and recorded")
  func projections() throws {
    let experiment = try SmallExperiment(SmallExperiment.taughtText)
    let run = try experiment.run(
      experiment.request(stages: ["taught"], overrides: [Self.hidden]))
    let stage = try #require(run.record.stages.last)
    #expect(stage.id == "taught")
    #expect(
      stage.loss
        == "loss = 0.25 · CE(labels), mean over sentences "
        + "+ 0.5 · MSE(W · h_student, h_teacher), states 2→1, mean over all positions")
    let point = try #require(stage.curve.points.first)
    #expect(point.terms.names == ["cross_entropy", "hidden"])
    let lines = try MetricsLog.read(path: "\(run.folder)/metrics.jsonl")
      .filter { $0.stage == "taught" && $0.event == .step }
    #expect(lines.count == stage.steps)
    let values = lines.compactMap { $0.values["hidden"] }
    #expect(values.count == lines.count && values.allSatisfy { $0 > 0 })
    #expect(try #require(values.last) < #require(values.first))
  }

  @Test("a forecast trains with the stage's own loss, teacher and projections")
  func forecast() throws {
    let experiment = try SmallExperiment(SmallExperiment.taughtText)
    func forecast(_ overrides: [String]) throws -> RunForecast.Stage {
      let loaded = try LoadedDefinition.load(
        path: experiment.definition, overrides: overrides,
        context: DefinitionContext(
          locations: experiment.locations, definitionPath: experiment.definition))
      let forecast = try RunForecast(
        variants: loaded.variants, locations: experiment.locations, engine: Engine(threadCount: 2)
      ) { _ in }
      return try #require(forecast.stages.first { $0.id == "taught" })
    }
    let (plain, projected) = (try forecast([]), try forecast([Self.hidden]))
    #expect(plain.steps == 6 && projected.steps == 6 && projected.tokens == plain.tokens)
    #expect(projected.keptBytes == plain.keptBytes, "projections are no part of the model")
    // Two checkpoints, each with 32 × 32 weights of float32 and Adam's two moments of them.
    #expect(projected.diskBytes - plain.diskBytes == 2 * 3 * 32 * 32 * 4)
    // Of what is frozen an optimizer keeps nothing.
    let frozen = try forecast(["stages.taught.freeze=[embeddings]"])
    #expect(frozen.diskBytes < plain.diskBytes && frozen.keptBytes == plain.keptBytes)
  }

  @Test("what a distillation does not have is left out of the fine-tuning that has it")
  func ablations() throws {
    let text = SmallExperiment.taughtText.replacing(
      "random: counter\n", with: "random: counter\nablate: [ABLATED]\n")
    func weights(without key: String) throws -> [String: [Double]] {
      let loaded = try LoadedDefinition.load(
        text: text.replacing("ABLATED", with: key), path: "x.yaml", overrides: [])
      let stages = try #require(loaded.variants.last).definition.stages
      return Dictionary(
        uniqueKeysWithValues: stages.compactMap { stage in
          stage.work.statedLoss.map { (stage.id, $0.terms.compactMap(\.weight.constant)) }
        })
    }
    #expect(
      try weights(without: "cross_entropy") == ["distil": [5, 2, 1], "taught": [0.5, 0]])
    #expect(
      try weights(without: "soft_targets") == ["distil": [0, 2, 1], "taught": [0.5, 0.25]])
  }

  @Test("a teacher of another number of classes is one mistake")
  func classes() throws {
    let shape = { (classes: [String]) in
      var shape = ModelShape(nil, vocabularySize: nil)
      shape.classifier = ClassifierShape(classes: classes, hiddenSize: nil)
      return shape.dimensions
    }
    let objective = Objective(WeightedTerm(1, ClassSoftTargets(temperature: 2)))
    #expect(
      objective.problems(student: shape(["a", "b"]), teacher: shape(["a", "b", "c"])).map(\.term)
        == ["soft_targets"])
    let other = SmallExperiment.taughtText.replacing(
      "tasks:\n",
      with: """
        tasks:
          other:
            generated: { grammar: film_reviews, train: 24, dev: 20, test: 6, seed: 13 }

        """
    ).replacing(
      "finetune: { model: teacher_mlm, task: sentiment,",
      with: "finetune: { model: teacher_mlm, task: other,")
    let messages = DefinitionText.messages(other)
    #expect(
      messages.count == 1 && messages[0].contains("found one fine-tuned on other"), "\(messages)")
  }
}
