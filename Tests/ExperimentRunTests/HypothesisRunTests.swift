// A hypothesis from the definition through the run to its record and its report.
import RetortDistillation
import RetortFormatting
import RetortRecords
import RetortReporting
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Hypothesis of a run")
struct HypothesisRunTests {
  private static let text =
    SmallExperiment.text + """
      measures:
        - masked_lm:
            { of: [teacher_mlm, student, distil, distil.mlm_only], text: { corpus: [reviews] }, sequence_length: 64,
              masking: { probability: 0.3, smoothing: 0.0, mask: 1, keep: 0, random: 0 } }
      hypothesis:
        text: Four steps teach nothing.
        claims:
          - { of: student, than: teacher_mlm, measure: masked_lm, within: 3 }
          - { of: distil, than: student, measure: masked_lm, less_by: 4 }
          - { of: distil, measure: masked_lm, figure: loss, at_least: 3 }
          - { of: sentiment, than: sentiment.teacher, task: sentiment, more_by: 0.9 }

      """

  private static let stages = ["distil", "sentiment", "sentiment.teacher"]

  @Test("claims are decided by the figures of the run; no stage depends on them")
  func run() throws {
    let experiment = try SmallExperiment(Self.text)
    let run = try experiment.run(experiment.request(stages: Self.stages))
    let claims = try #require(run.record.hypothesis).claims
    let models = try #require(run.record.measures?.first).models
    func figure(_ model: String) throws -> RunRecord.Measure.Figure {
      try #require(models.first { $0.name == model }?.figures.first)
    }
    // Of the measure's first model the difference stands among its figures too.
    let first = try #require(try figure("student").difference)
    #expect(claims[0].found == .init(value: first.value, low: first.low, high: first.high))
    let (own, theirs) = (try figure("distil"), try figure("student"))
    let between = try #require(claims[1].found)
    #expect(abs(between.value - (own.value - theirs.value)) < 1e-12)
    // The same words, guessed by models that are much alike: closer than either's own interval.
    let (low, high) = (try #require(between.low), try #require(between.high))
    #expect(low < between.value && between.value < high)
    #expect(high - low < (try #require(own.high)) - (try #require(own.low)))
    #expect(claims[2].found == .init(value: own.value, low: own.low, high: own.high))
    #expect(claims[3].found == nil && claims[3].figure == "accuracy")

    let report = run.record.summary()
    for part in [
      "Hypothesis: Four steps teach nothing.\nRefuted: of 4 claims, 2 hold and 2 are refuted.\n",
      "masked-LM loss of student (masked_lm) differs from that of teacher_mlm by less than 3",
      own.value.fixed(4),
    ] {
      #expect(report.contains(part), "\(report)")
    }
    #expect(try RunRecord(text: run.record.text(), source: "record") == run.record)

    // Under other words: everything is found in the cache, and the record says which hypothesis it was.
    let other = try experiment.run(
      experiment.request(
        runs: "Runs2", stages: Self.stages, overrides: ["hypothesis.text=Something else."]))
    #expect(other.observer.steps.isEmpty)
    #expect(other.record.stages.map(\.digest) == run.record.stages.map(\.digest))
    #expect(other.record.hypothesis?.claims == claims)
    #expect(other.record.hypothesis?.digest != run.record.hypothesis?.digest)
    // A run that goes on keeps the one that it was begun with.
    let error = #expect(throws: RunFolderError.self) {
      try experiment.run(
        experiment.request(
          resumes: true, stages: Self.stages, overrides: ["hypothesis.text=Something else."]))
    }
    #expect(error.map { "\($0)".contains("hypothesis.text was") } == true)
  }

  @Test("in a sweep every record has the whole hypothesis, and what was found where it is claimed")
  func sweep() throws {
    let swept =
      Self.text.replacing(
        "within: 3 }", with: "within: 3, where: { stages.distil.limit.steps: 2 } }"
      ).replacing("baselines: [no_distillation, mlm_only, teacher]", with: "baselines: [mlm_only]")
      .replacing(
        "    - { of: sentiment, than: sentiment.teacher, task: sentiment, more_by: 0.9 }\n",
        with: "")
      + "sweep: { stages.distil.limit.steps: [2, 4] }\nablate: [cosine]\n"
    let experiment = try SmallExperiment(swept)
    let records = try experiment.runner(experiment.request(), RunOnlooker()).run().map(\.record)
    let found = records.map { record in
      record.hypothesis?.claims.map { $0.found != nil } ?? []
    }
    #expect(
      found == [
        [true, true, true], [false, false, false], [false, true, true], [false, false, false],
      ])
    #expect(Set(records.compactMap { $0.hypothesis?.digest }).count == 1)
    let report = RunRecord.summary(of: records)
    #expect(report.contains("Refuted: of 3 claims, 2 hold and 1 is refuted."), "\(report)")
  }
}
