// What one file and a line of registration bring along: reference, schema, formula, metrics, accounts and record.
import RetortEvaluation
import RetortFormatting
import RetortRecords
import RetortReporting
import RetortStrictJSON
import RetortTensorEngine
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

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
      key: "hidden",
      written:
        "{ weight: 3.0, compare: normalised_mse, states: [[0, 0], [2, 1]], over_pairs: mean, "
        + "positions: first, average: sequences }",
      formula:
        "3 · ‖h_student/‖h_student‖ - h_teacher/‖h_teacher‖‖², states 0→0 2→1, mean over pairs, "
        + "mean over sentences", help: "over_pairs  sum | mean"),
    Term(
      key: "sentence",
      written: "{ weight: 2.0, compare: { info_nce: 0.05 }, pooling: mean, normalise: true }",
      formula:
        "2 · -ln(exp(u_n · v_n / 0.05) / Σ_m exp(u_n · v_m / 0.05)), u = student's and v = teacher's "
        + "last states: means over a sequence's tokens, at length 1, m the sequences of the same batch, "
        + "mean over sentences", help: "pooling  mean | first"),
    Term(
      key: "gram",
      written:
        "{ weight: 0.5, of: tokens, states: [[[0, 2], [0, 1]], [[1, 1], [1, 1]]], over_pairs: sum, "
        + "average: pairs }",
      formula:
        "0.5 · (h₁ · h₂ᵀ / C_student - g₁ · g₂ᵀ / C_teacher)², states 0,2→0,1 1,1→1,1, sum over pairs, "
        + "mean over pairs of a sequence's tokens, all positions", help: "of  tokens | features"),
    Term(
      key: "attention",
      written:
        "{ weight: 2.0, of: scores, compare: mse, heads: each, blocks: last, average: pairs }",
      formula:
        "2 · MSE(attention scores of each head), the last block of both, mean over pairs of tokens",
      help: "compare  mse | kl"),
    Term(
      key: "relations",
      written:
        "{ weight: 0.5, of: { q-q: 2, v-v: 1 }, heads: 4, blocks: last, average: sequences }",
      formula:
        "0.5 · (2 · KL(teacher ‖ student) of q-q + KL(teacher ‖ student) of v-v), 4 relation heads, "
        + "the last block of both, mean over sequences", help: "average  sequences | rows"),
  ]

  @Test("help and schema know a term and its keys", arguments: terms)
  func reference(_ term: Term) throws {
    let text = try DefinitionReference(path: "stages.distill.loss.\(term.key)").text
    #expect(text.contains(term.help), "\(text)")
    #expect(DefinitionSchema.json.document.contains("\"\(term.key)\": {"))
  }

  @Test("explain writes a term's formula with its numbers", arguments: terms)
  func formula(_ term: Term) throws {
    let (definition, text) = try explained(["stages.distil.loss.\(term.key)=\(term.written)"])
    #expect(text.contains("+ \(term.formula)"), "\(text)")
    #expect(try DefinitionText.load(definition.canonicalText) == definition)
  }

  @Test(
    "help, schema and explain know a divergence between logits",
    arguments: Divergences.all.map { $0.key })
  func divergence(_ key: String) throws {
    let text = try DefinitionReference(path: "stages.distill.loss.soft_targets.divergence").text
    let unwrapped = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let type = try #require(Divergences.all.first { $0.key == key })
    #expect(unwrapped.contains(type.about), "\(text)")
    #expect(DefinitionSchema.json.document.contains("\"\(key)\""))
    let (written, formula) = try #require(Self.divergences[key])
    let needsLabels = type.init(numbers: type.numbers.map { _ in 0.5 }).needsLabels
    for positions in needsLabels ? ["masked"] : ["all", "masked"] {
      let (definition, text) = try explained(
        [
          "stages.distil.loss.soft_targets={ weight: 3, temperature: 2.0, "
            + "positions: \(positions), divergence: \(written) }"
        ])
      #expect(text.contains("3 · \(formula), mean over \(positions) positions"), "\(text)")
      #expect(text.contains("note on soft_targets") == (key == "total_variation"))
      #expect(try DefinitionText.load(definition.canonicalText) == definition)
    }
  }

  /// As a definition writes each, and its formula at T = 2.
  private static let divergences = [
    "forward_kl": ("forward_kl", "2² · KL(softmax(teacher / 2) ‖ softmax(student / 2))"),
    "reverse_kl": ("reverse_kl", "2² · KL(softmax(student / 2) ‖ softmax(teacher / 2))"),
    "jensen_shannon": (
      "{ jensen_shannon: 0.25 }",
      "2² · (0.25 · KL(q ‖ m) + 0.75 · KL(p ‖ m)) with m = 0.25 q + 0.75 p, "
        + "q = softmax(teacher / 2), p = softmax(student / 2)"
    ),
    "total_variation": (
      "total_variation",
      "2² · ½ Σ |q - p| with q = softmax(teacher / 2), p = softmax(student / 2)"
    ),
    "logit_mse": ("logit_mse", "MSE(student's logits, teacher's logits)"),
    "decoupled": (
      "{ decoupled: { target: 1, others: 8 } }",
      "2² · (1 · KL(q_y, 1 - q_y ‖ p_y, 1 - p_y) + 8 · KL(q without y ‖ p without y)) with y the "
        + "label, q = softmax(teacher / 2), p = softmax(student / 2)"
    ),
    "pearson": (
      "{ pearson: { rows: 2, columns: 0 } }",
      "2² · (2 · (1 - ρ(p, q) of a row) + 0 · (1 - mean of ρ(p, q) of the columns of a "
        + "micro-batch)) with ρ Pearson's correlation, q = softmax(teacher / 2), "
        + "p = softmax(student / 2)"
    ),
    "standardised_kl": (
      "standardised_kl",
      "2² · KL(softmax(z(teacher) / 2) ‖ softmax(z(student) / 2)) with z(x) = (x - mean) / "
        + "(standard deviation), of each row"
    ),
  ]

  @Test("explain says what a loss leaves as it is")
  func reach() throws {
    let (_, text) = try explained(
      [
        "baselines=[]",
        "stages.distil.loss=[{ relations: { weight: 1, of: [q-q], heads: 48, blocks: last, average: rows } }]",
      ], look: ModelLook.published)
    let untouched = [
      "attention.key", "attention.value", "attention.output", "attention_norm", "expansion",
      "contraction", "output_norm",
    ].map { "encoder.layer.5.\($0)" }
    #expect(
      text.contains(
        "trains 90 % of the student's weights; not \(untouched.joined(separator: ", "))\n"),
      "\(text)")
  }

  @Test("help, schema and explain know a schedule")
  func schedule() throws {
    let text = try DefinitionReference(path: "stages.distill.schedule").text
    #expect(text.contains("linear | constant | cosine") && text.contains("only with name: cosine"))
    #expect(DefinitionSchema.json.document.contains("\"cycles\": {"))
    let (_, explanation) = try explained(
      ["stages.sst2.schedule={ name: cosine, warmup: 0.25 }"])
    #expect(explanation.contains("then cosine to 0"), "\(explanation)")
  }

  @Test("help, schema and explain know an optimizer")
  func optimizer() throws {
    let text = try DefinitionReference(path: "stages.distill.optimizer").text
    #expect(text.contains("adamw | adam") && text.contains("With name adam: L2 penalty"))
    #expect(DefinitionSchema.json.document.contains("\"adam\""))
    let (_, explanation) = try explained(
      ["stages.distil.optimizer={ name: adam, weight_decay: 0.01 }"])
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
        "stages.distil.loss.soft_targets.divergence=reverse_kl",
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
    #expect(accounting.terms[0].scale == 4, "T² of reverse KL")
    #expect(accounting.terms.allSatisfy { $0.readsKeptLogits == false })
    #expect(stage.trainedRole == "student")
    let scales = try #require(stage.curve.scales)
    #expect(scales.map(\.term) == ["soft_targets"])
    #expect(scales.allSatisfy { $0.factor == 4 && $0.option == "temperature" && $0.value == 2 })
    #expect(
      stage.loss.contains(
        "2² · KL(softmax(student / 2) ‖ softmax(teacher / 2)), mean over all positions"))
    #expect(stage.learningRate.contains("cosine"), "\(stage.learningRate)")
    #expect(run.record.stages[0].learningRate.contains("linear"))
    #expect(try RunRecord.read(path: "\(run.folder)/record.json") == run.record)
  }

  /// The small definition with these changes, and what `explain` prints of it.
  private func explained(
    _ overrides: [String], look: @escaping (ModelAddress) -> ModelLook = { _ in .absent }
  ) throws -> (definition: ResolvedDefinition, text: String) {
    let loaded = try LoadedDefinition.load(
      text: DefinitionText.small, path: "x.yaml", overrides: overrides)
    let explanation = PlanExplanation(
      ResolvedPlan(loaded.definition), filled: loaded.filledValues, look: look)
    return (loaded.definition, explanation.text)
  }
}
