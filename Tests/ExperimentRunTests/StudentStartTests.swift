// What students begin with: narrower than their teacher, from a stage, fresh or a copy; and which layers they are compared by.
import RetortDistillation
import RetortOptions
import RetortRecords
import RetortReporting
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Students of every origin")
struct StudentStartTests {
  /// A teacher of four layers; an assistant and a student of its; two generations of the teacher's own shape; a copy of it; and
  /// two students half as wide.
  private static let text: String = {
    let head = SmallExperiment.text.components(upTo: "models:\n")
    func student(_ name: String, _ keys: String) -> String {
      "  \(name): { architecture: distilbert, \(none), \(keys) }\n"
    }
    let none = "dropout: { hidden: 0.0, attention: 0.0, classifier: 0.1 }"
    let new = "head: { kind: masked_lm, init: new }"
    let training = """
      sequence_length: 64, batching: { batch_size: 4, accumulate: 1, group_by_length: true },
              optimizer: { name: adamw, learning_rate: 1.0e-3, betas: [0.9, 0.98], epsilon: 1.0e-6, weight_decay: 0.01, max_grad_norm: 1.0 },
              schedule: { name: constant, warmup: 0.0 }, freeze: [], limit: { steps: 3 }, checkpoint_every: { steps: 2 }
      """
    let masking =
      "corpus: [reviews], masking: { probability: 0.3, smoothing: 0.0, mask: 0.8, keep: 0.1, random: 0.1 }"
    func distil(_ id: String, _ teacher: String, _ student: String) -> String {
      """
        - id: \(id)
          distill: { teacher: \(teacher), student: \(student), \(masking), \(training),
              loss: { soft_targets: { weight: 1.0, temperature: 1.0, positions: all }, masked_lm: { weight: 1.0 } } }

      """
    }
    func thin(_ id: String, _ student: String) -> String {
      """
        - id: \(id)
          distill:
            { teacher: teacher_mlm, student: \(student), \(masking), \(training),
              loss: [{ hidden: { weight: 1.0, compare: mse, states: nearest, over_pairs: mean, positions: all, average: tokens, projection: { shared: false, bias: true, init: xavier_uniform, learning_rate: 1.0e-3, weight_decay: 0.0, clip: with_student } } }] }

      """
    }
    let finetuning =
      "task: sentiment, recipe: hf-trainer-4.44, sequence_length: 64, batch_size: 8, "
      + "learning_rate: 1.0e-3, weight_decay: 0.01, limit: { epochs: 1 }, select_best: last"
    let parts = [
      head,
      """
      models:
        teacher:
          architecture: bert
          sizes: { hidden_size: 32, layer_count: 4, head_count: 4, feed_forward_size: 64, maximum_positions: 128, initializer_range: 0.3, layer_norm_epsilon: 1.0e-12 }
          \(new)
          \(none)

      """,
      student("assistant", "init_from: teacher_mlm, token_type: fold, layers: [1, 3]"),
      student("small", "init_from: with_assistant, layers: [1]"),
      student(
        "narrow",
        "init_from: teacher_mlm, token_type: fold, layers: [1, 3], "
          + "width: { hidden_size: 16, head_count: 2, feed_forward_size: 32, by: truncation, keep: importance, scale: variance }"
      ),
      student(
        "turned",
        "init_from: teacher_mlm, token_type: fold, layers: [1, 3], "
          + "width: { hidden_size: 16, head_count: 4, feed_forward_size: 48, by: pca, keep: first, scale: none }"
      ),
      """
        fresh: { architecture: bert, init_from: teacher_mlm, layers: [0, 1, 2, 3], random_weights: true, \(new), \(none), seed: 1 }
        fresh_again: { architecture: bert, init_from: teacher_mlm, layers: [0, 1, 2, 3], random_weights: true, \(new), \(none), seed: 2 }
        copy: { architecture: bert, init_from: teacher_mlm, layers: [0, 1, 2, 3], \(none) }
      stages:
        - id: teacher_mlm
          pretrain: { model: teacher, \(masking), \(training), loss: { masked_lm: { weight: 1.0 } } }

      """,
      distil("with_assistant", "teacher_mlm", "assistant"),
      distil("of_assistant", "with_assistant", "small"),
      distil("born_again", "teacher_mlm", "fresh"), distil("reborn", "born_again", "fresh_again"),
      distil("self_taught", "teacher_mlm", "copy"), thin("thin", "narrow"),
      thin("thin_turned", "turned"),
      """
        - id: judge
          finetune: { model: teacher_mlm, \(finetuning) }
        - id: taught
          finetune:
            { model: narrow, teacher: judge, \(finetuning),
              loss: [{ cross_entropy: { weight: 1.0 } }, { attention: { weight: 1.0, of: probabilities, compare: mse, heads: mean, blocks: { nearest: { sequences: 5, seed: 2 } }, over_pairs: sum, average: pairs } }] }
      measures:
        - masked_lm: { of: [teacher_mlm, assistant, narrow, turned], text: { sentences: { from: [reviews] } }, sequence_length: 64, masking: { probability: 0.3, smoothing: 0.0, mask: 0.8, keep: 0.1, random: 0.1 } }
        - sentence_agreement: { name: narrow_first, of: [narrow, copy], with: teacher_mlm, pooling: mean, text: { sentences: { from: [reviews] } }, sequence_length: 64 }
        - sentence_agreement: { of: [copy, narrow], with: teacher_mlm, pooling: mean, text: { sentences: { from: [reviews] } }, sequence_length: 64 }

      """,
    ]
    return parts.joined()
  }()

  @Test("read, written out and explained")
  func definition() throws {
    let definition = try DefinitionText.load(Self.text)
    #expect(try DefinitionText.load(definition.canonicalText) == definition)
    let text = PlanExplanation(ResolvedPlan(definition), look: { _ in .absent }).text
    for part in [
      "narrow: distilbert; 2 layers of 16; made of layers 1, 3 of teacher_mlm; 16 of 32 columns, 2 of 4 heads and 32 of 64 "
        + "neurons by importance, scaled to keep the variance; masked-LM head copied",
      "turned: distilbert; 2 layers of 16; made of layers 1, 3 of teacher_mlm; 16 of 32 columns along the principal "
        + "components of the word embeddings, the first 4 of 4 heads and 48 of 64 neurons, not scaled; masked-LM head copied",
      "states nearest (linear CKA on 256 sequences, found before the first step), mean over pairs",
    ] {
      #expect(text.contains(part), "\(part) in \(text)")
    }
    let help = try DefinitionReference(path: "models.student.width").text
    #expect(help.contains("by  truncation | pca"), "\(help)")
  }

  @Test(
    "mistakes",
    arguments: [
      (
        "hidden_size: 16, head_count: 2", "hidden_size: 15, head_count: 2",
        "models.narrow.width.hidden_size: expected a multiple of head_count (2), found 15"
      ),
      (
        "hidden_size: 16, head_count: 2", "hidden_size: 64, head_count: 4",
        "models.narrow.width.hidden_size: expected at most 32, as teacher_mlm has, found 64; a wider student is built from nothing"
      ),
      (
        "hidden_size: 16, head_count: 2", "hidden_size: 16, head_count: 1",
        "models.narrow.width.head_count: expected heads of at most 8 columns (hidden_size / head_count), as teacher_mlm has, found heads of 16"
      ),
      (
        "by: truncation", "by: truncate",
        "models.narrow.width.by: expected truncation or pca, found 'truncate'"
      ),
      (", scale: variance", "", "models.narrow.width has no 'scale'"),
      (
        "layers: [0, 1, 2, 3], dropout", "layers: [0, 1, 2, 4], dropout",
        "models.copy.layers.3: expected a layer from 0 to 3"
      ),
      (
        "{ teacher: teacher_mlm, student: narrow", "{ teacher: of_assistant, student: narrow",
        "stages.thin.loss.hidden.states: expected a teacher with at least the student's 2 layers, found nearest with 1; write the pairs"
      ),
      (
        "sequences: 5,", "sequences: 0,", "blocks.nearest.sequences: expected a whole number from 1"
      ),
      ("student: copy", "student: teacher_mlm", "stages.self_taught.student is the teacher itself"),
    ])
  func mistakes(_ old: String, _ new: String, _ message: String) {
    let found = DefinitionText.messages(Self.text.replacing(old, with: new, maxReplacements: 1))
    #expect(found.contains { $0.contains(message) }, "\(message) in \(found)")
    #expect(found.count == 1, "\(found)")
  }

  @Test("digests follow what is computed")
  func digests() throws {
    func digests(_ text: String) throws -> [String: String] {
      let plan = ResolvedPlan(try DefinitionText.load(text))
      let facts = DigestFacts(
        numericsVersion: 1, blasCore: "x",
        corpora: Dictionary(
          plan.corpora(neededBy: plan.steps).map { ($0, $0.name) }, uniquingKeysWith: { $1 }),
        tasks: Dictionary(
          plan.stages.compactMap(\.evaluated).map { ($0, $0.name) }, uniquingKeysWith: { $1 }))
      return try PlanDigests(plan, facts).stages
    }
    let usual = try digests(Self.text)
    func changed(_ old: String, _ new: String) throws -> [String] {
      let other = try digests(Self.text.replacing(old, with: new, maxReplacements: 1))
      return usual.keys.filter { usual[$0] != other[$0] }.sorted()
    }
    #expect(try changed("states: nearest", "states: { nearest: { sequences: 256 } }").isEmpty)
    #expect(try changed("states: nearest", "states: { nearest: { sequences: 9 } }") == ["thin"])
    #expect(try changed("sequences: 5, seed: 2", "sequences: 5, seed: 3") == ["taught"])
    #expect(try changed("keep: importance", "keep: first") == ["taught", "thin"])
    #expect(try changed("by: pca", "by: truncation") == ["thin_turned"])
  }

  @Test("assistants, generations and copies run as plain stages; so do students half as wide")
  func runs() throws {
    let experiment = try SmallExperiment(Self.text)
    let run = try experiment.run(experiment.request())
    func stage(_ id: String) throws -> RunRecord.Stage {
      try #require(run.record.stages.first { $0.id == id })
    }
    #expect(try stage("of_assistant").inputs == ["teacher": "with_assistant", "student": "small"])
    #expect(try stage("reborn").inputs == ["teacher": "born_again", "student": "fresh_again"])
    func first(_ id: String, _ term: String) throws -> Double {
      try #require(stage(id).curve.points.first?.terms[term])
    }
    // A copy begins with its teacher's answers; a fresh one of the same shape does not.
    let (own, other) = (
      try first("self_taught", "soft_targets"), try first("reborn", "soft_targets")
    )
    #expect(abs(own) < 1e-6 && other > 0.01, "\(own) \(other)")

    let weights = Dictionary(
      uniqueKeysWithValues: run.record.weights.map { ($0.name, $0) })
    #expect(
      weights["narrow"]?.source
        == "teacher_mlm, layers 1 3, token type folded, 16 of 32 columns, 2 of 4 heads and 32 of 64 neurons by importance, "
        + "scaled to keep the variance")
    #expect(weights["turned"]?.architecture.contains("hidden 16, 4 heads") == true)
    // What students begin with is measured beside the teacher, before any stage has trained them.
    let measured = try #require(run.record.measures?.first?.models)
    #expect(measured.map(\.name) == ["teacher_mlm", "assistant", "narrow", "turned"])
    for model in measured {
      #expect(model.figures.first.map { $0.name == "masked-LM loss" && $0.value > 3 } == true)
    }
    // Vectors of another width have no cosine; what they have is compared with the same figure of the first.
    let vectors = try #require(run.record.measures?.last?.models)
    #expect(vectors.map(\.name) == ["copy", "narrow"])
    let names = vectors.map { $0.figures.map(\.name) }
    #expect(names[1] == names[0].filter { $0 != "cosine" } && names[0].contains("cosine"))
    #expect(vectors[1].figures.allSatisfy { $0.difference != nil })
    // Where the first model is the narrow one, the cosine of the other has nothing to be compared with.
    let turned = try #require(run.record.measures?.dropLast().last?.models)
    #expect(turned.map(\.name) == ["narrow", "copy"])
    #expect(
      turned[1].figures.filter { $0.difference == nil }.map(\.name) == ["cosine"])
    for id in ["thin", "thin_turned"] {
      let line = try #require(
        run.observer.notes.first { $0.hasPrefix("\(id): hidden compares the nearest states ") })
      let map = try #require(
        line.firstMatch(of: /states (.*), found on 46 sequences, [0-9,]+ tokens/)
      )
      .output.1.replacing(/[ ]\(CKA [01]\.[0-9]{3}\)/, with: "")
      let loss = try stage(id).loss
      #expect(loss.contains("states \(map) (nearest), mean over pairs"), "\(map) in \(loss)")
      #expect(map.split(separator: " ").count == 3)
    }
    #expect(
      run.observer.notes.contains { $0.contains("taught: attention compares the nearest blocks ") })
    #expect(try stage("taught").loss.contains("(nearest), sum over pairs"))

    // The narrow model goes out into a folder and comes back.
    let cache = StageCache(experiment.locations)
    let folder = try #require(cache.lookUp(stage("thin").digest))
    let model = try StoredModel(path: "\(folder)/\(ExperimentRunner.modelName)")
    #expect(model.configuration.hiddenSize == 16 && model.configuration.headCount == 2)
    let out = experiment.folder.file("out")
    try HuggingFaceFolder.write(
      model.load(), vocabulary: model.vocabularyFile, tokenizer: model.tokenizer, to: out)
    let again = try StoredModel(path: out).load()
    for (a, b) in zip(try model.load().parameters, again.parameters) {
      #expect(a.path == b.path && a.values.elementsEqual(b.values))
    }
  }

  @Test("killed and resumed, and from a store, the layers are the same")
  func resumedAndStored() throws {
    let whole = try SmallExperiment(Self.text)
    let expected = try whole.run(whole.request(stages: ["thin"]))
    let curve = expected.record.stages.last?.curve.points

    let stopped = try SmallExperiment(Self.text)
    let onlooker = RunOnlooker()
    onlooker.stopsAfter = 3 + 2
    #expect(throws: (any Error).self) {
      try stopped.run(stopped.request(stages: ["thin"]), onlooker)
    }
    #expect(onlooker.steps.last?.stage == "thin" && onlooker.steps.last?.step == 2)
    let resumed = try stopped.run(stopped.request(resumes: true, stages: ["thin"]))
    // They are in the checkpoint, and not looked for again.
    #expect(!resumed.observer.notes.contains { $0.contains("compares the nearest") })
    #expect(onlooker.notes.contains { $0.contains("compares the nearest") })
    #expect(resumed.record.stages.last?.curve.points == curve)
    #expect(resumed.record.stages.last?.loss == expected.record.stages.last?.loss)

    let recording = try StageActivations(
      StageActivationRequest(
        definitionPath: whole.definition, stage: "thin", precision: .f32),
      locations: whole.locations, engine: Engine(threadCount: 1), note: { _ in })
    #expect(try !recording.run().wasThere && recording.totalSteps == 3)
    let taught = try whole.run(
      whole.request(stages: ["thin"], overrides: ["stages.thin.targets={store: \(recording.path)}"])
    )
    #expect(taught.record.stages.last?.targets?.contains("hidden states") == true)
    #expect(taught.record.stages.last?.curve.points == curve)
  }
}

extension String {
  fileprivate func components(upTo mark: String) -> String {
    split(separator: mark, maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init)
      ?? self
  }
}
