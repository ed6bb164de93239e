// Measures of a run: what models are measured by besides their tasks.
import RetortDistillation
import RetortEvaluation
import RetortFiles
import RetortFormatting
import RetortRecords
import RetortReporting
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Measures of a run")
struct MeasureTests {
  /// The small experiment with sentences that the distillation holds out, and measures.
  static let text =
    SmallExperiment.text.replacing(
      "      student: student\n      corpus: [reviews]\n",
      with: """
              student: student
              sentences: { from: [reviews], words: [2, 40], hold_out: { share: 0.3, seed: 9 } }

        """)
      + """
      measures:
        - masked_lm:
            { of: [teacher_mlm, student, distil, distil.mlm_only], text: held_out, entropy_at: [1.0, 2.0] }

      """

  static func measures(_ run: Run) throws -> [RunRecord.Measure] {
    try #require(run.record.measures)
  }

  @Test("masked words: figures, the question about the teacher, the cache, another measure")
  func maskedWords() throws {
    let experiment = try SmallExperiment(Self.text)
    let run = try experiment.run(experiment.request(stages: ["distil", "distil.mlm_only"]))
    let measure = try #require(try Self.measures(run).first)
    #expect(measure.name == "masked_lm" && measure.data == "sentences of reviews, held out")
    #expect(measure.models.map(\.name) == ["teacher_mlm", "student", "distil", "distil.mlm_only"])
    let figures = try #require(measure.models.first?.figures)
    #expect(
      figures.map(\.name) == ["masked-LM loss", "entropy at T = 1", "entropy at T = 2"])
    // Nothing is learned in four steps: about the logarithm of 500 words, and softer when softened.
    #expect((5.5...6.7).contains(figures[0].value) && figures[1].value < figures[2].value)
    #expect(try #require(figures[0].low) < figures[0].value)
    #expect(figures[0].difference == nil && measure.models[1].figures[0].difference != nil)
    let floor = try #require(measure.ofText?.first)
    #expect((3...6.3).contains(floor.value))
    let data = try #require(run.record.data.first { $0.name == measure.data })
    #expect(data.examples == measure.examples && measure.examples > 5)

    // The baseline that answers comes before the student, and what follows is said before it is trained.
    let notes = run.observer.notes
    let said = try #require(
      notes.firstIndex { $0.hasPrefix("distil: the held-out masked-LM loss") })
    let trained = try #require(notes.firstIndex { $0 == "distil: distill" })
    #expect(said < trained)
    #expect(run.observer.completed == ["teacher_mlm", "distil.mlm_only", "distil"])
    let check = try #require(run.record.teacherChecks?.first)
    #expect(check.teacher == "teacher_mlm" && check.untaught == "distil.mlm_only")
    #expect(notes[said] == "distil: \(check.finding)")
    #expect(check.finding.contains(figures[0].value.fixed(4)))
    let page = run.record.summary()
    #expect(page.contains("Before distil: \(check.finding).") && page.contains("masked-LM loss on"))

    // Read back, the record is the same; another process, at another number of threads, has the same bits.
    #expect(try RunRecord(text: run.record.text(), source: "record") == run.record)
    let other = try SmallExperiment(Self.text)
    let single = try DefinitionRunner(
      other.request(stages: ["distil", "distil.mlm_only"]), locations: other.locations,
      engine: Engine(threadCount: 1), observer: RunOnlooker()
    ).run()
    #expect(single.first?.record.measures == run.record.measures)

    // All that was measured is kept; another measure changes no stage.
    let again = try experiment.run(
      experiment.request(runs: "Runs2", stages: ["distil", "distil.mlm_only"]))
    #expect(again.record.measures == run.record.measures)
    #expect(!again.observer.notes.contains { $0.hasPrefix("masked_lm:") })
    let changed = try experiment.run(
      experiment.request(
        runs: "Runs3", stages: ["distil", "distil.mlm_only"],
        overrides: ["measures.masked_lm.seed=5"]))
    #expect(changed.record.stages.map(\.digest) == run.record.stages.map(\.digest))
    #expect(changed.record.measures != run.record.measures)
    #expect(changed.observer.steps.isEmpty)
    // Without its baseline the student's beginning stands in for it, and models that are not there are left out.
    let alone = try experiment.run(experiment.request(runs: "Runs4", stages: ["distil"]))
    #expect(alone.record.teacherChecks?.first?.untaught == "student")
    #expect(alone.record.measures?.first?.models.count == 3)
  }

  @Test("stopped while it measures, it goes on with what is left")
  func stopped() throws {
    let experiment = try SmallExperiment(Self.text)
    let onlooker = RunOnlooker()
    onlooker.stopsAfterNote = "masked_lm: teacher_mlm:"
    let error = #expect(throws: MeasureError.self) {
      try experiment.run(experiment.request(stages: ["distil"]), onlooker)
    }
    #expect(error.map { "\($0)".hasPrefix("stopped after") } == true)
    let resumed = try experiment.run(experiment.request(resumes: true, stages: ["distil"]))
    #expect(!resumed.observer.notes.contains { $0.hasPrefix("masked_lm: teacher_mlm:") })
    let whole = try SmallExperiment(Self.text)
    let expected = try whole.run(whole.request(stages: ["distil"]))
    #expect(resumed.record.measures == expected.record.measures)
  }

  @Test("an ablation measures what it has; the definition is written out and explained")
  func definition() throws {
    let text = Self.text + "ablate: [cosine]\n"
    let loaded = try LoadedDefinition.load(text: text, path: "x.yaml")
    #expect(
      loaded.variants[1].definition.measures[0].measure.of == ["teacher_mlm", "student", "distil"])
    let again = try DefinitionText.load(loaded.definition.canonicalText)
    #expect(again == loaded.definition)
    let explanation = PlanExplanation(
      ResolvedPlan(loaded.definition), filled: [], sizes: [:], look: { _ in .absent }
    ).text
    #expect(
      explanation.contains(
        "masked_lm: masked-LM loss of teacher_mlm, student, distil, distil.mlm_only"),
      "\(explanation)")
    #expect(
      explanation.contains(
        "before distil: is teacher_mlm better at what it teaches than distil.mlm_only?"))
    #expect(explanation.contains("masking: 15 % of a batch's tokens"))
  }

  @Test(
    "mistakes",
    arguments: [
      (
        "student, distil, distil.mlm_only]", "studnt, distil]",
        "measures.masked_lm.of.1: expected a model or stage, found 'studnt'; did you mean 'student'?"
      ),
      (
        "distil.mlm_only]", "distil.random_init]",
        "measures.masked_lm.of.3: expected a model or stage, found 'distil.random_init'"
      ),
      (
        "distil.mlm_only]", "sentiment]",
        "measures.masked_lm.of.3 needs a masked_lm head, but sentiment has none"
      ),
      (
        "text: held_out,", "text: { held_out_of: teacher_mlm },",
        "measures.masked_lm.text.held_out_of: expected a stage that holds sentences out, found 'teacher_mlm', which does not"
      ),
      (
        "text: held_out,", "text: { held_out_of: distill },",
        "found 'distill'; did you mean 'distil'?"
      ),
      (
        "text: held_out,", "text: { corpus: [reviews] },",
        "measures.masked_lm has no 'sequence_length': expected a number of tokens"
      ),
      (
        "text: held_out,", "text: { corpus: [reviews] }, sequence_length: 64,",
        "measures.masked_lm has no 'masking': expected which words are masked"
      ),
      (
        "text: held_out,", "text: held_out, sequence_length: 500,",
        "measures.masked_lm.sequence_length: expected at most 128, the positions of teacher_mlm, found 500"
      ),
      (
        "text: held_out,",
        "text: { sentences: { from: [reviews], words: [2, 41], hold_out: { share: 0.3, seed: 9 }, part: held_out } }, sequence_length: 64, masking: { probability: 0.1, smoothing: 0.0, mask: 1, keep: 0, random: 0 },",
        "measures.masked_lm.text.sentences.words differs from that of stages.distil, which learns from the same text"
      ),
      (
        "hold_out: { share: 0.3, seed: 9 } }", "}",
        "measures.masked_lm.text: expected one stage that holds sentences out, found none"
      ),
      (
        "  - masked_lm:", "  - maskedlm:",
        "unknown key 'maskedlm' in measures.maskedlm; did you mean 'masked_lm'?"
      ),
    ])
  func mistakes(part: String, replacement: String, message: String) throws {
    try #require(Self.text.contains(part))
    let messages = DefinitionText.messages(Self.text.replacing(part, with: replacement))
    #expect(messages.count == 1 && messages[0].contains(message), "\(messages)")
  }

  // MARK: Answers, vectors, calibration, probes

  private static let finetuning =
    "task: sentiment, recipe: hf-trainer-4.44, sequence_length: 64, batch_size: 8, "
    + "learning_rate: 1.0e-3, weight_decay: 0.01, limit: { epochs: 1 }, select_best: last"

  /// With a classifier whose answers a student learns, and measures of all kinds.
  private static let classes =
    text.replacing(
      "baselines: [no_distillation, mlm_only, teacher]\n",
      with: """
          - id: judge
            finetune: { model: teacher_mlm, \(finetuning) }
          - id: transfer
            distill:
              teacher: judge
              student: student
              head: { kind: classification, like: teacher, init: new }
              sentences: { from: [reviews], words: [2, 40], hold_out: { share: 0.3, seed: 9 } }
              sequence_length: 64
              masking: none
              loss:
                - soft_targets: { on: classes, weight: 1.0, temperature: 2.0, divergence: forward_kl, scale: t_squared }
              batching: { batch_size: 8, accumulate: 1, group_by_length: true }
              optimizer: { name: adamw, learning_rate: 1.0e-3, betas: [0.9, 0.999], epsilon: 1.0e-8,
                           weight_decay: 0.01, max_grad_norm: 1.0 }
              schedule: { name: linear, warmup: 0.05 }
              freeze: []
              limit: { epochs: 1 }
              validate_on: { task: sentiment }
          - id: after
            finetune: { model: transfer, \(finetuning) }
        baselines: [no_distillation]

        """
    ).replacing(
      "student, distil, distil.mlm_only], text: held_out,", with: "distil], text: held_out,")
      + """
        - teacher_agreement: { name: words, of: [student, distil], with: teacher_mlm, on: vocabulary, text: held_out }
        - teacher_agreement:
            { name: answers, of: [transfer, after], with: judge, on: classes, temperature: 2.0, text: { task: sentiment },
              sequence_length: 64 }
        - sentence_agreement: { of: [student, distil], with: teacher_mlm, text: { held_out_of: transfer }, neighbours: [1, 3] }
        - calibration: { of: [judge, transfer], task: sentiment, sequence_length: 64, bins: 5 }
        - linear_probe: { of: [teacher_mlm, distil], task: sentiment, sequence_length: 64 }

      """

  @Test("every kind: figures, their agreement with the stages' own, threads, page and forecast")
  func everyKind() throws {
    let experiment = try SmallExperiment(Self.classes)
    let run = try experiment.run(experiment.request())
    let measures = try Self.measures(run)
    #expect(
      measures.map(\.kind)
        == Measures.types.map { $0.kind }.flatMap { $0 == "teacher_agreement" ? [$0, $0] : [$0] })
    func figures(_ name: String, _ model: String) throws -> [RunRecord.Measure.Figure] {
      let measure = try #require(measures.first { $0.name == name })
      return try #require(measure.models.first { $0.name == model }).figures
    }
    let words = try figures("words", "student")
    #expect(words.map(\.name) == ["KL(teacher ‖ model)", "same answer"])
    #expect(words[0].value > 0 && (0...1).contains(words[1].value))
    let answers = try figures("answers", "after")
    #expect(answers[0].name == "KL(teacher ‖ model)" && answers[0].difference != nil)
    let vectors = try figures("sentence_agreement", "distil")
    #expect(
      vectors.map(\.name) == [
        "cosine", "rank correlation of similarities", "same nearest neighbour",
        "shared among 3 nearest neighbours",
      ])
    #expect((0.1...1).contains(vectors[0].value) && (-1...1).contains(vectors[1].value))

    // The accuracy of a calibration is that of the stage's own evaluation, and the agreement that of its answers.
    func answered(_ stage: String) throws -> RunRecord.Evaluation {
      try #require(run.record.stages.first { $0.id == stage }?.keptEvaluation)
    }
    let calibration = try figures("calibration", "transfer")
    #expect(calibration[1].value == (try answered("transfer")).accuracy)
    #expect((0...1).contains(calibration[0].value) && calibration[2].value >= 0.5)
    let (own, theirs) = (
      try #require(try answered("after").predictions).labels,
      try #require(try answered("judge").predictions).labels
    )
    let same = zip(own, theirs).count { $0 == $1 }
    #expect(answers[1].value == Double(same) / Double(own.count))
    let probe = try figures("linear_probe", "teacher_mlm")
    #expect((0.3...1).contains(probe[0].value) && probe[0].low != nil)

    // Whether its teacher knows the classes better than a student that learned the labels.
    let check = try #require(run.record.teacherChecks?.first { $0.stage == "transfer" })
    #expect(check.teacher == "judge" && check.untaught == "after.no_distillation")
    #expect(
      check.finding.hasPrefix("the accuracy on sentiment of the teacher (judge), ")
        && check.finding.contains("(after.no_distillation)"))
    let completed = run.observer.completed
    let order = [
      completed.firstIndex(of: "after.no_distillation"), completed.firstIndex(of: "transfer"),
    ]
    #expect(try #require(order[0]) < (try #require(order[1])))
    let summary = run.record.summary()
    for part in [
      "words: agreement with the teacher on", "linear probe on sentiment dev", check.finding,
    ] {
      #expect(summary.contains(part), "\(summary)")
    }

    // The same bits from one thread.
    let other = try SmallExperiment(Self.classes)
    let single = try DefinitionRunner(
      other.request(), locations: other.locations, engine: Engine(threadCount: 1),
      observer: RunOnlooker()
    ).run()
    #expect(single.first?.record.measures == measures)

    // Before anything is computed it is told how long this takes; afterwards that it is there.
    let forecast = try Self.forecast(SmallExperiment(Self.classes))
    #expect(
      forecast.measures.count == 6
        && forecast.measures.allSatisfy { $0.seconds > 0 && !$0.isCached })
    #expect(forecast.text.contains("words: 2 models on "))
    let after = try Self.forecast(experiment)
    #expect(after.measures.allSatisfy { $0.isCached && $0.seconds == 0 })
  }

  private static func forecast(_ experiment: SmallExperiment) throws -> RunForecast {
    let loaded = try LoadedDefinition.load(path: experiment.definition)
    return try RunForecast(
      variants: loaded.variants, locations: experiment.locations, engine: Engine(threadCount: 2),
      note: { _ in })
  }

  @Test(
    "mistakes in measures of classes and vectors",
    arguments: [
      (
        "of: [transfer, after], with: judge", "of: [distil, after], with: judge",
        "measures.answers.of.0 needs a classifier, but distil has none"
      ),
      (
        "of: [transfer, after], with: judge", "of: [judge, after], with: judge",
        "measures.answers.of has judge, which the others are compared with"
      ),
      (
        "with: judge, on: classes", "with: jugde, on: classes",
        "measures.answers.with: expected a model or stage, found 'jugde'; did you mean 'judge'?"
      ),
      (
        "on: classes, temperature: 2.0, text", "on: vocabulary, temperature: 2.0, text",
        "measures.answers.of.0 needs a masked_lm head, but transfer has none"
      ),
      (
        "neighbours: [1, 3]", "neighbours: [1, 3], count: 4",
        "measures.sentence_agreement.neighbours: expected numbers below 3, of 4 sentences, found 3"
      ),
      (
        "neighbours: [1, 3]", "count: 5001",
        "measures.sentence_agreement.count: expected at most 5000 sentences with pairs: all, found 5001"
      ),
      (
        "neighbours: [1, 3]", "pairs: some",
        "measures.sentence_agreement.pairs: expected all, none or a whole number from 2 to 10000000, found 'some'"
      ),
      (
        "of: [judge, transfer], task: sentiment", "of: [judge, transfer], task: glue/mnli",
        "measures.calibration.of.0: expected a classifier"
      ),
      (
        "of: [teacher_mlm, distil], task: sentiment", "of: [teacher_mlm, distil], task: glue/stsb",
        "measures.linear_probe.task: expected a task with classes, found glue/stsb, whose labels are numbers"
      ),
    ])
  func classMistakes(part: String, replacement: String, message: String) throws {
    try #require(Self.classes.contains(part))
    let messages = DefinitionText.messages(Self.classes.replacing(part, with: replacement))
    #expect(messages.first?.contains(message) == true, "\(messages)")
    // What is wrong for several models of a measure is said of each, and of nothing else.
    let measure = message.split(separator: ".").prefix(2).joined(separator: ".")
    #expect(messages.allSatisfy { $0.contains(measure) }, "\(messages)")
  }

  @Test("a text that is too small for a measure is refused before anything is trained")
  func tooSmall() throws {
    let experiment = try SmallExperiment(
      Self.classes.replacing("neighbours: [1, 3]", with: "neighbours: [1, 900]"))
    #expect {
      try experiment.run(experiment.request())
    } throws: {
      "\($0)".hasPrefix(
        "measures.sentence_agreement: sentences for 900 nearest neighbours: expected at least 902, found "
      )
    }
    #expect(experiment.cachedStages.isEmpty)
  }

  @Test("what follows for a teacher: worse, better, not to be told apart; of losses and accuracies")
  func findings() throws {
    func finding(_ subject: TeacherQuestion.Subject, _ teacher: Double, _ alone: Double) -> String {
      func estimate(_ value: Double) -> Estimate {
        Estimate(
          sums: (0..<100).map { value + Double($0 % 2) / 10 }, counts: (0..<100).map { _ in 1 })
      }
      return TeacherAnswer(
        question: TeacherQuestion(
          stage: "distil", teacher: "teacher", untaught: ["distil.mlm_only"], subject: subject),
        untaught: "distil.mlm_only", teachers: estimate(teacher), alone: estimate(alone)
      ).finding
    }
    let words = TeacherQuestion.Subject.words(measure: "masked_lm")
    let task = try #require(DefinitionText.load(SmallExperiment.text).taskSources.first)
    let (worse, better, neither) = (
      "its soft targets cannot be expected to help",
      "its soft targets can say more than the student learns without them",
      "little can be expected of its soft targets"
    )
    #expect(finding(words, 7.5, 6.25).hasSuffix(": \(worse)"))
    #expect(finding(words, 7.5, 6.25).contains("is above that of the student trained without it"))
    #expect(finding(words, 6, 6.25).hasSuffix(": \(better)"))
    #expect(finding(words, 6, 6).hasSuffix(": \(neither)"))
    #expect(finding(.classes(task), 0.5, 0.8).hasSuffix(": \(worse)"))
    #expect(finding(.classes(task), 0.8, 0.5).hasSuffix(": \(better)"))
  }
}
