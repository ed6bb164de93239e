// Stages that make texts, from the definition to the record, and the stages that read them.
import Foundation
import RetortDistillation
import RetortFiles
import RetortRecords
import RetortTensorEngine
import RetortTestSupport
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Augmentation as a stage")
struct AugmentationRunTests {
  private static let augmented = """
      - id: augmented
        augment: { sentences: { from: [reviews], words: [2, 40] }, method: tinybert, copies: 3, candidates: 5, probability: 0.4, model: teacher_mlm, neighbours: word_embeddings, seed: 9 }
    """
  private static let text = SmallExperiment.text
    .replacing(
      "      student: student\n      corpus: [reviews]\n",
      with: "      student: student\n      sentences: { from: [augmented, masked] }\n"
    )
    .replacing(
      "baselines: [no_distillation, mlm_only, teacher]\n",
      with: augmented + """

          - id: masked
            augment: { task: sentiment, method: masking, copies: 4, mask_probability: 0.2, ngram_probability: 0.25, longest_ngram: 5, keep_originals: false }
        baselines: [no_distillation]

        """)

  private static func text(_ run: Run, _ id: String) throws -> RunRecord.MadeText {
    try #require((run.record.texts ?? []).first { $0.id == id })
  }

  @Test(
    "a run: texts before their readers, counts, the record; found again; other seeds are other texts"
  )
  func run() throws {
    let experiment = try SmallExperiment(Self.text)
    let run = try experiment.run(experiment.request())
    #expect(run.observer.completed.firstIndex(of: "masked") ?? 99 < 3)
    let (augmented, masked) = (try Self.text(run, "augmented"), try Self.text(run, "masked"))
    #expect(augmented.kind == .augment && augmented.inputs == ["model": "teacher_mlm"])
    #expect(masked.inputs.isEmpty && masked.data == ["sentiment train"] && masked.seed == 3)
    let counts = augmented.counts
    #expect(counts.copies == 3 * counts.sentences && counts.sentences > 64)
    #expect(counts.lines == counts.sentences + counts.copies - counts.duplicates)
    #expect(counts.replaced > counts.sentences / 2 && counts.beyond == 0)
    #expect(masked.counts.copies == 96 && masked.counts.lines == 96 - masked.counts.duplicates)
    let path = "\(experiment.locations.stages)/\(augmented.digest)/text.txt"
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == counts.lines)
    #expect(try SHA256.hexDigest(ofFile: path) == augmented.textDigest)
    #expect(run.observer.notes.contains { $0.hasSuffix("\(counts.lines) lines: \(path)") })
    for (stage, found) in [("augmented", path), ("distil", nil)] {
      #expect(
        try RunStage(run: run.folder, stage: stage).textPath(in: experiment.locations) == found)
    }
    // Both texts, line by line, are what the student learned from.
    let read = try #require(
      run.record.data.first { $0.name == "sentences of augmented + masked" }?.selection?.steps.first
    )
    #expect(read.contains("\(counts.lines + masked.counts.lines) sentences; "), "\(read)")
    #expect(run.record.measured.stages["augmented"]?.tokensPerSecond ?? 0 > 0)
    #expect(run.record.experiment.seeds["augmented"] == 9)
    #expect(run.record.experiment.seeds["masked"] == 3)

    let cached = experiment.cachedStages.count
    let again = try experiment.run(experiment.request(runs: "Runs2"))
    #expect(experiment.cachedStages.count == cached)
    #expect(try again.record.comparable() == run.record.comparable())
    #expect(again.record.measured.stages["masked"]?.fromCache == true)
    // augmented, distil and what is made of it.
    _ = try experiment.run(
      experiment.request(
        runs: "Runs3", stages: ["sentiment"], overrides: ["stages.augmented.seed=10"]))
    #expect(experiment.cachedStages.count == cached + 3)
    let entries = try StageCache(experiment.locations).entries().compactMap(\.stage)
    #expect(entries.filter { $0.kind == .augment }.count == 3)

    #expect(throws: RunStageError.self) {
      try RunStage("\(run.folder)#augmented")?.modelPath(in: experiment.locations)
    }
    let message = "\(RunStageError.makesText(RunStage(run: "r", stage: "a"), path: nil))"
    #expect(message.contains("r#a: expected a model, found a stage that makes a text"))
    #expect(throws: RunStageError.self) {
      try RunStage(run: run.folder, stage: "masked").planned()
    }
  }

  @Test("killed and resumed, with one thread, two or three: the same bytes")
  func resumed() throws {
    func digest(_ experiment: SmallExperiment, threads: Int, resumes: Bool = false) throws
      -> (digest: String, resumes: Int)
    {
      let runner = try DefinitionRunner(
        experiment.request(resumes: resumes, stages: ["augmented"]),
        locations: experiment.locations, engine: Engine(threadCount: threads),
        observer: RunOnlooker())
      let record = try runner.run()[0].record
      let text = try #require(record.texts?.first)
      return (text.textDigest, record.measured.stages["augmented"]?.resumes ?? -1)
    }
    let whole = try digest(try SmallExperiment(Self.text), threads: 2)
    #expect(whole.resumes == 0)
    for threads in [1, 3] {
      #expect(try digest(try SmallExperiment(Self.text), threads: threads).digest == whole.digest)
    }

    let stopped = try SmallExperiment(Self.text)
    let onlooker = RunOnlooker()
    onlooker.stopsAfterSentences = 64
    #expect(throws: RecordingError.self) {
      try stopped.run(stopped.request(stages: ["augmented"]), onlooker)
    }
    let status = try RunStatus(run: "\(stopped.folder.path)/Runs/small")
    #expect(
      status.current?.stage.id == "augmented" && status.current?.stage.kind.unit == "sentence")
    #expect(throws: (any Error).self) { try digest(stopped, threads: 2) }
    // What a killed process has written after it saved.
    let partial = "\(stopped.folder.path)/Runs/small/checkpoints/augmented.txt"
    let saved = try MappedFile.contents(path: partial)
    try AtomicFile.replace(path: partial, with: saved + Array("half a li".utf8))
    let resumed = try digest(stopped, threads: 1, resumes: true)
    #expect(resumed.digest == whole.digest && resumed.resumes == 1)
    #expect(!Locations.exists(partial))
  }

  @Test("it is read, written out, explained and forecast before it has run")
  func explained() throws {
    let experiment = try SmallExperiment(Self.text)
    let loaded = try experiment.loadedAndReadAgain()
    let canonical = loaded.definition.canonicalText
    #expect(
      canonical.contains("from: [augmented, masked]") && canonical.contains("keep_originals: false")
    )
    let plan = ResolvedPlan(loaded.definition)
    #expect(
      plan.steps.map(\.id).prefix(4) == ["teacher_mlm", "augmented", "masked", "distil"]
        || plan.steps.map(\.id).prefix(4) == ["teacher_mlm", "masked", "augmented", "distil"])
    let text = PlanExplanation(
      plan, filled: loaded.filledValues, variants: loaded.variants, sizes: [:], tasks: [:],
      sentences: [:], look: ModelLook.published
    ).text
    for line in [
      "augmented: augment sentences of reviews (tinybert)",
      "masked: augment the training sentences of sentiment (masking)",
      "24 sentences, at most 96 lines", "word embeddings of teacher_mlm", "no label is read",
    ] {
      #expect(text.contains(line), "\(line) in \(text)")
    }
    let forecast = try RunForecast(
      variants: loaded.variants, locations: experiment.locations,
      engine: Engine(threadCount: 2), note: { _ in })
    let augmented = try #require(forecast.texts?.first { $0.id == "augmented" })
    #expect(augmented.lines == 4 * augmented.sentences && augmented.seconds > 0)
    let size = try #require(forecast.sizes["distil"])
    #expect(size.sequences >= augmented.lines && size.isAtMost && experiment.cachedStages.isEmpty)
    #expect(forecast.text.contains("augmented: \(augmented.sentences) sentences to at most "))
  }

  @Test(
    "mistakes",
    arguments: [
      (
        "method: tinybert", "method: tinybird",
        "stages.augmented.method: expected tinybert or masking"
      ),
      ("copies: 3", "copies: 0", "stages.augmented.copies: expected"),
      ("candidates: 5", "candidates: 600", "stages.augmented.candidates: expected at most 500"),
      ("candidates: 5, ", "", "stages.augmented has no 'candidates'"),
      ("probability: 0.4", "probability: 1.4", "stages.augmented.probability: expected"),
      ("model: teacher_mlm, neigh", "neigh", "stages.augmented has no 'model'"),
      (
        "model: teacher_mlm, neigh", "model: nobody, neigh",
        "stages.augmented.model: expected a model or stage"
      ),
      (
        "model: teacher_mlm, neigh", "model: sentiment, neigh",
        "circular reference"
      ),
      (
        "model: teacher_mlm, neigh", "model: masked, neigh",
        "stages.augmented.model: expected a model, or a stage that makes one, found 'masked'"
      ),
      (
        "neighbours: word_embeddings", "neighbours: glove",
        "stages.augmented.neighbours: expected word_embeddings"
      ),
      ("task: sentiment, method: masking", "method: masking", "stages.masked has no 'task'"),
      (
        "task: sentiment, method: masking",
        "task: sentiment, sentences: { from: [reviews] }, method: masking",
        "stages.masked: expected task or sentences, found both"
      ),
      ("longest_ngram: 5", "longest_ngram: 0", "stages.masked.longest_ngram: expected"),
      (
        "mask_probability: 0.2", "mask_probability: 0.2, candidates: 3",
        "belongs to method: tinybert"
      ),
      (
        "keep_originals: false", "keep_originals: some",
        "stages.masked.keep_originals: expected true or false"
      ),
      (
        "from: [augmented, masked]", "from: [teacher_mlm]",
        "the stage teacher_mlm makes a model, not a text"
      ),
      (
        "from: [augmented, masked]", "from: [augmented, reviews]",
        "stages.distil.sentences.split: expected lines, found sentences"
      ),
      (
        "from: [augmented, masked]", "from: [augmented, masked], hold_out: { share: 0.1 }",
        "stages.distil.sentences.hold_out cannot be used with the text of"
      ),
      (
        "corpus: [reviews], size", "corpus: [masked], size",
        "vocabulary.train.corpus: expected texts that are there before any stage runs, found 'masked'"
      ),
      ("- id: masked", "- id: reviews", "reviews"),
      (
        "init_from: teacher_mlm", "init_from: masked",
        "models.student.init_from: expected a model, or a stage that makes one"
      ),
    ])
  func mistakes(part: String, replacement: String, message: String) throws {
    try #require(Self.text.contains(part))
    let messages = DefinitionText.messages(Self.text.replacing(part, with: replacement))
    #expect(!messages.isEmpty && messages.contains { $0.contains(message) }, "\(messages)")
  }

  @Test("pairs are refused; a blank text, and sentences longer than the model, are not a crash")
  func badInput() throws {
    let pairs = DefinitionText.small(
      "  - id: sst2\n",
      "  - id: copies\n    augment: { task: glue/mrpc, method: masking, copies: 2, mask_probability: 0.1, ngram_probability: 0.1, longest_ngram: 3 }\n  - id: sst2\n"
    )
    let messages = DefinitionText.messages(pairs)
    #expect(
      messages.count == 1
        && messages[0].contains("stages.copies.task: expected a task of single sentences"),
      "\(messages)")
    func made(_ lines: String) throws -> RunRecord.MadeText {
      let experiment = try SmallExperiment(
        Self.text.replacing(
          "sentences: { from: [reviews], words: [2, 40] }",
          with: "sentences: { from: lines.txt, split: lines }"))
      try experiment.folder.write("lines.txt", lines)
      return try Self.text(experiment.run(experiment.request(stages: ["augmented"])), "augmented")
    }
    #expect(throws: (any Error).self) { try made("\n \n") }
    let long = Array(repeating: "the film is good", count: 60).joined(separator: " ")
    let counts = try made("the of and\n\(long)\n...\n").counts
    #expect(counts.sentences == 3 && counts.untouched == 2 && counts.beyond > 0)
  }
}
