// What is said of a loss before it is trained: notes, and batches or frozen parameters that leave it nothing to train.
import RetortDistillation
import RetortOptions
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Notes on a loss")
struct LossNotesTests {
  private static let sentence = "pooling: mean, normalise: true"
  private static let hidden = "compare: mse, over_pairs: sum, positions: all, average: tokens"

  /// The definition with this loss in its distillation.
  private func load(_ loss: String, _ overrides: [String] = []) throws(DefinitionError)
    -> ResolvedDefinition
  {
    try DefinitionText.load(
      SmallExperiment.text,
      overrides: ["baselines=[]", "stages.distil.loss=[{ \(loss) }]"] + overrides)
  }

  @Test(
    "in validate, explain and the run",
    arguments: [
      (
        "hidden: { weight: 1, states: [[2, 0], [1, 1]], \(hidden) }", [],
        "note on hidden: the pairs of states do not increase: 2→0 and 1→1"
      ),
      ("hidden: { weight: 1, states: [[0, 0], [2, 1]], \(hidden) }", [], nil),
      (
        "attention: { weight: 1, of: scores, compare: mse, heads: each, blocks: [[1, 0], [0, 0]], over_pairs: sum, average: pairs }",
        [], nil
      ),
      (
        "sentence: { weight: 1, compare: similarity_mse, \(sentence) }", [],
        "note on sentence: the similarities between sentences are taken over each of the 2 batches of 4 by itself, "
          + "not over all of a step"
      ),
      (
        "sentence: { weight: 1, compare: similarity_mse, \(sentence) }",
        ["stages.distil.batching.accumulate=1"], nil
      ),
      ("sentence: { weight: 1, compare: cosine, \(sentence) }", [], nil),
      (
        "masked_lm: { weight: { steps: { 0: 1, 2: 0.5, 4: 0.1 } } }", [],
        "note on masked_lm: its weight changes after step 4, and the stage has only 4 steps"
      ),
      ("masked_lm: { weight: { steps: { 0: 1, 3: 0.5 } } }", [], nil),
    ])
  func notes(loss: String, overrides: [String], note: String?) throws {
    let definition = try load(loss, overrides)
    #expect(definition.lossNotes == (note.map { ["distil: \($0)"] } ?? []))
    let text = PlanExplanation(
      ResolvedPlan(definition), filled: [], sizes: [:], look: { _ in .absent }
    ).text
    #expect(
      text.contains(note ?? "distil: ") && text.contains("note on") == (note != nil), "\(text)")
  }

  @Test("a run says them as its stage begins")
  func run() throws {
    let experiment = try SmallExperiment()
    let run = try experiment.run(
      experiment.request(
        stages: ["distil"],
        overrides: [
          "baselines=[]", "stages.distil.limit={ epochs: 1 }",
          "stages.distil.loss=[{ masked_lm: { weight: { steps: { 0: 1, 900: 0.5 } } } }]",
        ]))
    let note =
      "distil: note on masked_lm: its weight changes after step 900, and the stage has only "
    #expect(run.observer.notes.contains { $0.hasPrefix(note) }, "\(run.observer.notes)")
  }

  @Test(
    "what leaves nothing to train is a mistake",
    arguments: [
      (
        "sentence: { weight: 1, compare: margin_mse, \(sentence) }",
        ["stages.distil.batching.batch_size=1"],
        "stages.distil.batching.batch_size: expected at least 2, for sentence, found 1; the differences between "
          + "similarities are taken over the sentences of a batch"
      ),
      (
        "sentence: { weight: 1, compare: { info_nce: 0.05 }, \(sentence) }",
        ["stages.distil.batching.batch_size=1"], "expected at least 2, for sentence, found 1"
      ),
      (
        "hidden: { weight: 1, states: [[0, 0]], \(hidden) }",
        ["stages.distil.freeze=[embeddings]"],
        "stages.distil.freeze: expected something left to train that the loss reaches, found [embeddings]; without "
          + "freeze the loss would train"
      ),
      (
        "hidden: { weight: 1, states: [[2, 1]], \(hidden) }",
        ["stages.distil.freeze=[encoder, embeddings]"],
        "found [encoder, embeddings]; leave a group out"
      ),
    ])
  func mistakes(loss: String, overrides: [String], message: String) {
    do {
      _ = try load(loss, overrides)
      Issue.record("\(overrides) was accepted")
    } catch {
      #expect(
        error.diagnostics.count == 1 && "\(error)".contains(message), "\(error)")
    }
  }

  @Test("a head, and what is not frozen, is left to train")
  func accepted() throws {
    for (loss, frozen) in [
      ("masked_lm: { weight: 1 }", "[encoder, embeddings]"),
      ("hidden: { weight: 1, states: [[2, 1]], \(Self.hidden) }", "[encoder]"),
      ("hidden: { weight: 1, states: [[2, 1]], \(Self.hidden) }", "[embeddings]"),
    ] {
      _ = try load(loss, ["stages.distil.freeze=\(frozen)"])
    }
    _ = try load(
      "sentence: { weight: 1, compare: similarity_mse, pooling: mean, normalise: false }",
      ["stages.distil.batching.batch_size=1"])
  }
}
