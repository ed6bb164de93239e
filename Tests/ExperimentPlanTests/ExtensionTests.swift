// What one file and a line of registration bring along: reference, schema, formula, metrics, accounts and record.
import RetortEvaluation
import RetortFormatting
import RetortRecords
import RetortReporting
import RetortStrictJSON
import Testing

@testable import RetortExperimentPlan

@Suite("What is added by one file is everywhere")
struct ExtensionTests {
  struct Term: Sendable, CustomTestStringConvertible {
    let key: String
    /// As a definition writes it.
    let written: String
    let formula: String
    let help: String

    var testDescription: String { key }
  }

  static let terms = [
    Term(
      key: "reverse_kl", written: "{ weight: 0.5, temperature: 2.0, positions: all }",
      formula:
        "0.5 · 2² · KL(softmax(student / 2) ‖ softmax(teacher / 2)), mean over all positions",
      help: "temperature  a number above 0"),
    Term(
      key: "logit_mse", written: "{ weight: 0.25, positions: masked }",
      formula: "0.25 · MSE(student's logits, teacher's logits), mean over masked positions",
      help: "positions  all | masked"),
    Term(
      key: "hidden_mse",
      written: "{ weight: 3.0, pairs: [{ student: 0, teacher: 0 }, { student: 1, teacher: 2 }] }",
      formula: "3 · (MSE(W · h_student[0], h_teacher[0]) + MSE(W · h_student[1], h_teacher[2])), "
        + "mean over all positions", help: "pairs  list of maps"),
  ]

  @Test("help and schema know a term and its keys", arguments: terms)
  func reference(_ term: Term) throws {
    let text = try DefinitionReference(path: "stages.distill.loss.\(term.key)").text
    #expect(text.contains(term.help), "\(text)")
    #expect(DefinitionSchema.json.document.contains("\"\(term.key)\": {"))
  }

  @Test("explain writes a term's formula with its numbers", arguments: terms)
  func formula(_ term: Term) throws {
    let loaded = try LoadedDefinition.load(
      text: DefinitionText.small, path: "x.yaml",
      overrides: ["stages.distil.loss.\(term.key)=\(term.written)"])
    let text = PlanExplanation(
      ResolvedPlan(loaded.definition), filled: loaded.filledValues, look: { _ in .absent }
    ).text
    #expect(text.contains("+ \(term.formula)"), "\(text)")
    #expect(try DefinitionText.load(loaded.definition.canonicalText) == loaded.definition)
  }

  @Test("help, schema and explain know a schedule")
  func schedule() throws {
    let text = try DefinitionReference(path: "stages.distill.schedule").text
    #expect(text.contains("linear | constant | cosine") && text.contains("only with name: cosine"))
    #expect(DefinitionSchema.json.document.contains("\"cycles\": {"))
    let loaded = try LoadedDefinition.load(
      text: DefinitionText.small, path: "x.yaml",
      overrides: ["stages.sst2.schedule={ name: cosine, warmup: 0.25 }"])
    let explanation = PlanExplanation(
      ResolvedPlan(loaded.definition), filled: loaded.filledValues, look: { _ in .absent }
    ).text
    #expect(explanation.contains("then cosine to 0"), "\(explanation)")
  }

  @Test("help, schema and explain know an optimizer")
  func optimizer() throws {
    let text = try DefinitionReference(path: "stages.distill.optimizer").text
    #expect(text.contains("adamw | adam") && text.contains("With name adam: L2 penalty"))
    #expect(DefinitionSchema.json.document.contains("\"adam\""))
    let loaded = try LoadedDefinition.load(
      text: DefinitionText.small, path: "x.yaml",
      overrides: ["stages.distil.optimizer={ name: adam, weight_decay: 0.01 }"])
    let explanation = PlanExplanation(
      ResolvedPlan(loaded.definition), filled: loaded.filledValues, look: { _ in .absent }
    ).text
    #expect(explanation.contains("optimizer: Adam, betas 0.9 and 0.98"), "\(explanation)")
    #expect(explanation.contains("weight decay 0.01 in the gradient"), "\(explanation)")
  }

  @Test("help, schema and explain know a metric; a run has it in metrics, record and page")
  func metric() throws {
    let text = try DefinitionReference(path: "stages.finetune.select_best").text
    #expect(text.contains("f1_macro"), "\(text)")
    let unwrapped = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(unwrapped.contains(MacroF1.about), "\(text)")
    #expect(DefinitionSchema.json.document.contains("\"f1_macro\""))
    let experiment = try SmallExperiment()
    let run = try experiment.run(
      experiment.request(
        stages: ["sentiment"], overrides: ["baselines=[]", "stages.sentiment.select_best=f1_macro"])
    )
    let stage = try #require(run.record.stages.last)
    let labels = try #require(run.record.data.first { $0.name == "sentiment dev" }?.labels?.labels)
    let lines = try MetricsLog.read(path: "\(run.folder)/metrics.jsonl")
      .filter { $0.stage == "sentiment" && $0.event == .epoch }
    #expect(!stage.epochs.isEmpty && lines.count == stage.epochs.count)
    var scores: [Double] = []
    for ((epoch, evaluation), line) in zip(zip(stage.epochs, stage.evaluations), lines) {
      let score = MacroF1.value(
        of: Answers(
          predictions: try #require(evaluation.predictions?.labels), labels: labels))
      #expect(epoch.metrics?.names == ["f1_macro"] && epoch.metrics?["f1_macro"] == score)
      #expect(line.values["f1_macro"] == score && line.values["accuracy"] == epoch.accuracy)
      scores.append(score)
    }
    let best = try #require(scores.max())
    #expect(stage.best?.rule == "f1_macro")
    #expect(stage.best?.kept == scores.firstIndex(of: best).map { $0 + 1 })
    #expect(try RunRecord.read(path: "\(run.folder)/record.json") == run.record)
    let page = run.record.summary()
    #expect(page.contains("Macro F1") && page.contains(best.fixed(4)), "\(page)")
  }

  @Test("a run has them in metrics, accounts, curve, formula and findings")
  func run() throws {
    let experiment = try SmallExperiment()
    let overrides =
      Self.terms.map { "stages.distil.loss.\($0.key)=\($0.written)" } + [
        "stages.distil.account_every={ steps: 2 }", "baselines=[]",
        "stages.distil.schedule={ name: cosine, warmup: 0.25 }",
        "stages.distil.optimizer.name=adam",
      ]
    let run = try experiment.run(experiment.request(stages: ["distil"], overrides: overrides))
    let stage = try #require(run.record.stages.last)
    #expect(stage.id == "distil" && stage.steps == 4)
    let lines = try MetricsLog.read(path: "\(run.folder)/metrics.jsonl")
      .filter { $0.stage == "distil" }
    #expect(lines.count { $0.event == .step } == 4 && lines.count { $0.event == .account } == 2)
    let accounting = try #require(stage.accounting)
    #expect(
      accounting.terms.map(\.name)
        == ["soft_targets", "masked_lm", "cosine"] + Self.terms.map(\.key))
    for (index, term) in Self.terms.enumerated() {
      for line in lines where line.event == .step { #expect((line.values[term.key] ?? 0) > 0) }
      for line in lines where line.event == .account {
        #expect((line.values["gradient_norm.\(term.key)"] ?? 0) > 0)
        #expect(line.values["gradient_cosine.soft_targets.\(term.key)"] != nil)
      }
      #expect(accounting.points.allSatisfy { $0.gradientNorms[3 + index] > 0 })
      #expect(stage.curve.points.allSatisfy { ($0.terms[term.key] ?? 0) > 0 })
      #expect(stage.loss.contains(term.formula), "\(stage.loss)")
      #expect(stage.gradientFindings.contains { $0.contains("% from \(term.key)") })
    }
    #expect(accounting.terms[3].scale == 4, "T² of reverse KL")
    #expect(accounting.terms.allSatisfy { $0.readsKeptLogits == false })
    #expect(stage.trainedRole == "student")
    let scales = try #require(stage.curve.scales)
    #expect(scales.map(\.term) == ["soft_targets", "reverse_kl"])
    #expect(scales.allSatisfy { $0.factor == 4 && $0.option == "temperature" && $0.value == 2 })
    #expect(stage.learningRate.contains("cosine"), "\(stage.learningRate)")
    #expect(run.record.stages[0].learningRate.contains("linear"))
    #expect(try RunRecord.read(path: "\(run.folder)/record.json") == run.record)
  }
}
