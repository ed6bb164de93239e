// Measures of a run: what models are measured by besides their tasks.
import RetortDistillation
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
}
