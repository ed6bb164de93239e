// The hypothesis of a definition: what is refused, how it is written out, and what a point of a sweep keeps of it.
import RetortRecords
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Hypothesis of a definition")
struct HypothesisTests {
  /// Of the small experiment, with measures and a sweep.
  private static let text =
    SmallExperiment.text + """
      measures:
        - sentence_agreement:
            { name: vectors, of: [student, distil], with: teacher_mlm, text: { corpus: [reviews] }, sequence_length: 64 }
        - masked_lm:
            { of: [teacher_mlm, distil, distil.mlm_only], text: { corpus: [reviews] }, sequence_length: 64,
              entropy_at: [2.0], masking: { probability: 0.1, smoothing: 0.0, mask: 1, keep: 0, random: 0 } }
        - linear_probe: { of: [teacher_mlm, distil], task: sentiment, sequence_length: 64 }
      sweep: { stages.distil.limit.steps: [4, 5], stages.distil.seed: [1, 2] }
      ablate: [cosine]
      hypothesis:
        text: Distillation helps.
        claims:
          - { of: distil, measure: vectors, figure: cosine, at_least: 0.92 }
          - { of: distil, than: distil.mlm_only, measure: masked_lm, figure: loss, less_by: 0.05,
              where: { stages.distil.limit.steps: 4 } }
          - { of: sentiment, than: sentiment.no_distillation, task: sentiment, more_by: 0 }
          - { of: distil, measure: linear_probe, at_most: 0.9 }
          - { of: distil, than: student, measure: vectors, figure: neighbours_10, within: 0.1 }

      """

  private static let words = [
    "cosine of distil (vectors) is at least 0.92",
    "masked-LM loss of distil (masked_lm) is lower than that of distil.mlm_only by more than 0.05, "
      + "where stages.distil.limit.steps = 4",
    "accuracy of sentiment on sentiment is higher than that of sentiment.no_distillation",
    "accuracy of the probe of distil (linear_probe) is at most 0.9",
    "shared among 10 nearest neighbours of distil (vectors) differs from that of student by less than 0.1",
  ]

  @Test(
    "it is explained and written out, and bears on no stage; a point keeps the claims that are taken in it"
  )
  func definition() throws {
    let loaded = try LoadedDefinition.load(text: Self.text, path: "x.yaml")
    let hypothesis = try #require(loaded.variants.first?.hypothesis)
    #expect(hypothesis.claims.map(\.words) == Self.words)
    #expect(loaded.variants.allSatisfy { $0.hypothesis == hypothesis })
    let again = try LoadedDefinition.load(text: loaded.definition.canonicalText, path: "x.yaml")
    #expect(again.definition == loaded.definition)
    #expect(again.variants.map(\.definition) == loaded.variants.map(\.definition))
    let kept = loaded.variants.map { variant in
      (variant.point?.point ?? "", variant.definition.hypothesis?.claims.count ?? 0)
    }
    for (point, count) in kept {
      #expect(
        count == (point.contains("without") ? 0 : point.contains("steps=4") ? 5 : 4), "\(point)")
    }
    #expect(kept.count == 8)
    // A point's definition is one that can be run by itself.
    let point = try DefinitionText.load(loaded.variants[0].definition.canonicalText)
    #expect(point.hypothesis?.claims.count == 5 && point.sweep.isEmpty)

    let explanation = PlanExplanation(
      ResolvedPlan(loaded.definition), variants: loaded.variants, look: { _ in .absent }
    ).text
    #expect(explanation.contains("\n  hypothesis: Distillation helps.\n    1. \(Self.words[0])\n"))

    let without = try LoadedDefinition.load(
      text: Self.text, path: "x.yaml", overrides: ["hypothesis="])
    for (one, other) in zip(loaded.variants, without.variants) {
      #expect(try Self.digests(one) == Self.digests(other))
      #expect(other.hypothesis == nil && !other.definition.canonicalText.contains("hypothesis"))
    }
  }

  private static func digests(_ variant: DefinitionVariant) throws -> [String: String] {
    let plan = ResolvedPlan(variant.definition)
    return try PlanDigests(plan, .standingIn(for: [plan]), stages: plan.stages).stages
  }

  @Test("every figure of a measure has the name that the reference gives it")
  func figures() throws {
    for stated in try DefinitionText.load(Self.text).measures {
      let listed = type(of: stated.measure).figureKeys
      for figure in stated.measure.figures {
        let form = figure.key.replacing(#/[0-9.]+$/#) { _ in figure.key.hasPrefix("e") ? "T" : "N" }
        #expect(listed.contains(form), "\(stated.kind): \(figure.key)")
      }
    }
    let help = try DefinitionReference(path: "hypothesis.claims.figure").text
    for type in Measures.types { #expect(help.contains(type.figureKeys[0]), "\(help)") }
    #expect(try DefinitionReference(path: "hypothesis").text.contains("undecided"))
  }

  private static let first = "{ of: distil, measure: vectors, figure: cosine, at_least: 0.92 }"

  @Test(
    "mistakes",
    arguments: [
      (
        "{ of: distill, measure: vectors, figure: cosine, at_least: 0.92 }",
        "claims.0.of: expected a model or stage that vectors measures, found 'distill'; did you mean 'distil'?"
      ),
      (
        "{ of: sentiment, measure: vectors, figure: cosine, at_least: 0.92 }",
        "claims.0.of: expected a model or stage that vectors measures, found 'sentiment', which it does not; measured: student, distil"
      ),
      (
        "{ of: distil, than: studnt, measure: vectors, figure: cosine, more_by: 0.1 }",
        "claims.0.than: expected a model or stage that vectors measures, found 'studnt'; did you mean 'student'?"
      ),
      (
        "{ of: distil, than: distil, measure: vectors, figure: cosine, more_by: 0.1 }",
        "claims.0.than: expected another model or stage than of, found 'distil'"
      ),
      (
        "{ of: distil, measure: vector, figure: cosine, at_least: 0.92 }",
        "claims.0.measure: expected a measure of the definition, found 'vector'; did you mean 'vectors'?"
      ),
      (
        "{ of: distil, measure: vectors, figure: cosin, at_least: 0.92 }",
        "claims.0.figure: expected a figure of vectors, found 'cosin'; did you mean 'cosine'?"
      ),
      (
        "{ of: distil, measure: vectors, at_least: 0.92 }",
        "claims.0 has no 'figure': expected one of cosine, rank_correlation, neighbours_1, neighbours_10"
      ),
      (
        "{ of: distil, measure: vectors, figure: cosine, at_least: 1 }",
        "claims.0.at_least: expected a number above -1 and below 1, as cosine is, found 1"
      ),
      (
        "{ of: distil, measure: masked_lm, figure: loss, at_most: 0 }",
        "claims.0.at_most: expected a number above 0, as loss is, found 0"
      ),
      (
        "{ of: sentiment, than: sentiment.teacher, task: sentiment, less_by: 3 }",
        "claims.0.less_by: expected a number below 1, as differences of accuracy are, found 3"
      ),
      (
        "{ of: distil, than: student, measure: vectors, figure: cosine, within: 0 }",
        "claims.0.within: expected a number above 0, found 0"
      ),
      (
        "{ of: sentiment, than: sentiment.random_init, task: sentiment, more_by: 0 }",
        "claims.0.than: expected a stage that is evaluated on sentiment, found 'sentiment.random_init'"
      ),
      (
        "{ of: distil, task: sentiment, at_least: 0.6 }",
        "claims.0.of: expected a stage that is evaluated on sentiment, found 'distil', which is not"
      ),
      (
        "{ of: sentiment, task: sentimant, at_least: 0.6 }",
        "claims.0.task: expected a task that a stage is evaluated on, found 'sentimant'; did you mean 'sentiment'?"
      ),
      (
        "{ of: distil, measure: vectors, figure: cosine }",
        "claims.0 has no 'at_least': expected one of at_least, at_most, more_by, less_by, within"
      ),
      (
        "{ of: distil, measure: vectors, figure: cosine, at_lest: 0.5 }",
        "unknown key 'at_lest' in hypothesis.claims.0; did you mean 'at_least'?"
      ),
      (
        "{ of: distil, measure: vectors, figure: cosine, at_least: 0.5, at_most: 0.6 }",
        "hypothesis.claims.0: expected one of at_least, at_most, more_by, less_by, within, found at_least and at_most"
      ),
      (
        "{ of: distil, measure: vectors, figure: cosine, more_by: 0.5 }",
        "claims.0 has no 'than': expected another model or stage, to which more_by is the difference"
      ),
      (
        "{ of: distil, than: student, measure: vectors, figure: cosine, at_least: 0.5 }",
        "claims.0.than: at_least is a bound of one model's figure; bound a difference by more_by, less_by or within"
      ),
      ("{ of: distil, at_least: 0.5 }", "claims.0 has no 'measure': expected measure or task"),
      (
        "{ of: sentiment, measure: vectors, task: sentiment, figure: cosine, at_least: 0.5 }",
        "hypothesis.claims.0: expected measure or task, found both"
      ),
      (
        "{ of: sentiment, task: sentiment, figure: cosine, at_least: 0.5 }",
        "claims.0.figure belongs to a measure; leave it out"
      ),
      (
        "{ of: distil, measure: linear_probe, at_least: 0.5, where: { stages.distil.limit.step: 4 } }",
        "claims.0.where.stages.distil.limit.step: expected a key of the sweep, found 'stages.distil.limit.step'; did you mean 'stages.distil.limit.steps'?"
      ),
      (
        "{ of: distil, measure: linear_probe, at_least: 0.5, where: { stages.distil.limit.steps: 6 } }",
        "claims.0.where.stages.distil.limit.steps: expected a value that the sweep gives it, found 6; possible here: 4, 5"
      ),
      (
        "{ of: distil, measure: linear_probe, at_least: 0.5, where: { stages.distil.seed: 1 } }",
        "claims.0.where.stages.distil.seed is a seed; leave it out"
      ),
    ])
  func mistakes(claim: String, message: String) throws {
    let messages = DefinitionText.messages(Self.text.replacing(Self.first, with: claim))
    #expect(messages.count == 1 && messages[0].contains(message), "\(messages)")
  }

  @Test("what is missing is said once; a hypothesis cannot be swept")
  func whole() {
    for (old, new, message) in [
      ("  text: Distillation helps.\n", "", "hypothesis has no 'text'"),
      (
        "sweep: { ", "sweep: { hypothesis.text: [a, b], ",
        "sweep.hypothesis.text changes no result"
      ),
      (
        "sweep: { stages.distil.limit.steps: [4, 5], stages.distil.seed: [1, 2] }\n", "",
        "found 'stages.distil.limit.steps'; there is no sweep; to run without the hypothesis: --set hypothesis="
      ),
    ] {
      let messages = DefinitionText.messages(Self.text.replacing(old, with: new))
      #expect(messages.count == 1 && messages[0].contains(message), "\(messages)")
    }
  }
}
