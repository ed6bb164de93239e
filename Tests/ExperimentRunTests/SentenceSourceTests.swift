// Sentences and columns as the text of a stage, from the definition to the record.
import Foundation
import RetortFiles
import RetortRecords
import RetortTestSupport
import RetortText
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Sentences as the text of a stage")
struct SentenceSourceTests {
  private static let text = SmallExperiment.text
    .replacing("tasks:\n", with: "  table: { file: FOLDER/t.csv, column: body }\ntasks:\n")
    .replacing(
      "      model: teacher\n      corpus: [reviews]\n",
      with: """
              model: teacher
              sentences:
                from: [reviews, table]
                words: [2, 30]
                unique: true
                hold_out: { share: 0.2, seed: 9 }

        """
    )
    .replacing(
      "      student: student\n      corpus: [reviews]\n",
      with: """
              student: student
              sentences: { from: [reviews, table], words: [2, 30], unique: true, hold_out: { share: 0.2, seed: 9 }, part: held_out }

        """
    )
    .replacing("baselines: [no_distillation, mlm_only, teacher]\n", with: "")

  private static func experiment(
    _ changes: [(String, String)] = [],
    table: String = "id,body\n1,\"A film, \"\"good\"\". It is\nlong enough. It is\nlong enough.\"\n"
  ) throws -> SmallExperiment {
    let experiment = try SmallExperiment()
    // Relative to the definition, not to where the tests run.
    var text = text.replacing("FOLDER/", with: "")
    for (old, new) in changes {
      #expect(text.contains(old), "\(old)")
      text = text.replacing(old, with: new)
    }
    try experiment.folder.write("small.yaml", text)
    try experiment.folder.write("t.csv", table)
    return experiment
  }

  @Test("a run: what is left out is in log and record; a later stage learns from what is held out")
  func run() throws {
    let experiment = try Self.experiment()
    let run = try experiment.run(experiment.request(stages: ["distil"]))
    let learned = try #require(run.record.data.first { $0.name == "sentences of reviews + table" })
    let held = try #require(
      run.record.data.first { $0.name == "sentences of reviews + table, held out" })
    let steps = try #require(learned.selection?.steps.first)
    #expect(steps.contains("33 paragraphs, ") && steps.hasSuffix("held out"))
    #expect(learned.examples > held.examples && held.examples > 0)
    #expect(steps.contains("\(learned.examples) to learn from; \(held.examples) held out"))
    #expect(run.record.experiment.seeds["teacher_mlm.sentences.hold_out"] == 9)
    #expect(run.record.experiment.seeds["corpora.reviews"] == 11)
    let log = try String(contentsOfFile: "\(run.folder)/log.txt", encoding: .utf8)
    #expect(log.contains(steps))
    let path = try #require(
      log.split(separator: "\n").first { $0.contains("held-out sentences, one a line: ") }?
        .split(separator: " ").last)
    let lines = try String(contentsOfFile: String(path), encoding: .utf8).split(separator: "\n")
    #expect(lines.count == held.examples)

    // Another order of the files, another split: other data. The same sentences: the same stage.
    let count = experiment.cachedStages.count
    _ = try experiment.run(experiment.request(runs: "Runs2", stages: ["teacher_mlm"]))
    #expect(experiment.cachedStages.count == count)
    _ = try experiment.run(
      experiment.request(
        runs: "Runs3", stages: ["teacher_mlm"],
        overrides: ["teacher_mlm", "distil"].map { "stages.\($0).sentences.hold_out.seed=8" }))
    #expect(experiment.cachedStages.count == count + 1)
  }

  @Test("the definition: canonical text, lengths, explanation, sweeps")
  func definition() throws {
    let experiment = try Self.experiment()
    let loaded = try experiment.loadedAndReadAgain()
    let text = loaded.definition.canonicalText
    #expect(text.contains("column: body") && text.contains("minimum_length: 3"))
    #expect(text.contains("part: held_out"))
    let stage = try #require(loaded.definition.stage(id: "teacher_mlm"))
    #expect(stage.work.corpus?.minimumLength == 3)
    let source = try #require(stage.work.corpus?.sentences)
    #expect(source.rule.words == 2...30 && source.rule.isUnique && source.rule.split == .sentences)
    let locations = experiment.locations.startingFrom(definition: experiment.definition)
    let counts = try #require(try locations.counts(of: source))
    #expect(counts.repeated > 0 && counts.paragraphs == 33)
    let explanation = PlanExplanation(
      ResolvedPlan(loaded.definition), filled: loaded.filledValues, sentences: [source: counts],
      look: { _ in .absent }
    ).text
    #expect(
      explanation.contains(
        "sentences: cut into sentences, 2 to 30 words, no text twice, 20 % held out (seed 9), one sequence each"
      ))
    #expect(explanation.contains(counts.words(source.rule)))

    let swept = try LoadedDefinition.load(
      text: try String(contentsOfFile: experiment.definition, encoding: .utf8).replacing(
        ", seed: 9", with: "") + "sweep: { seed: [1, 2] }\n", path: "x.yaml")
    #expect(
      swept.variants.map { $0.definition.sentenceSources.first?.rule.holdOut?.seed } == [1, 2])
    #expect(
      try LoadedDefinition.load(text: swept.definition.canonicalText, path: "x.yaml").variants
        .map(\.definition) == swept.variants.map(\.definition))
    // A seed that is written stays, also where the stage's own is the experiment's.
    let written = try LoadedDefinition.load(
      text: try String(contentsOfFile: experiment.definition, encoding: .utf8)
        + "sweep: { seed: [1, 2] }\n", path: "x.yaml")
    #expect(written.definition.canonicalText.contains("seed: 9"))
    #expect(
      written.variants.map { $0.definition.sentenceSources.first?.rule.holdOut?.seed } == [9, 9])
  }

  @Test("a column can be a corpus by itself, a paragraph a row")
  func column() throws {
    let rows = (0..<12).map {
      "{\"x\": \($0), \"body\": \"the film number \($0) is a good film and so it is said\"}"
    }
    let experiment = try Self.experiment([
      ("t.csv, column: body", "t.txt, column: body, format: jsonl")
    ])
    try experiment.folder.write("t.txt", rows.joined(separator: "\n"))
    let text = try String(contentsOfFile: experiment.definition, encoding: .utf8)
    let start = try #require(text.range(of: "      sentences:\n"))
    let end = try #require(text.range(of: "seed: 9 }\n"))
    try experiment.folder.write(
      "small.yaml",
      text.replacingCharacters(
        in: start.lowerBound..<end.upperBound, with: "      corpus: table\n"))
    #expect(try experiment.loadedAndReadAgain().definition.canonicalText.contains("format: jsonl"))
    let run = try experiment.run(experiment.request(stages: ["teacher_mlm"]))
    let data = try #require(run.record.data.first { $0.name == "table" })
    #expect(data.examples == 12 && data.selection == nil)
  }

  /// What is wrong with a definition, without file, line and column.
  private func mistakes(_ changes: [(String, String)]) throws -> [String] {
    let experiment = try Self.experiment(changes)
    do {
      _ = try LoadedDefinition.load(path: experiment.definition)
      return []
    } catch {
      return "\(error)".split(separator: "\n").map {
        String($0.drop { $0 != " " }.dropFirst()).replacing("\(experiment.folder.path)/", with: "")
      }
    }
  }

  @Test("mistakes in a definition")
  func mistakes() throws {
    let stage = "stages.teacher_mlm"
    #expect(try mistakes([]) == [])
    #expect(
      try mistakes([("words: [2, 30]\n", "words: [30, 2]\n")]) == [
        "\(stage).sentences.words: expected two whole numbers from 1, the smaller one first, as in [4, 40], found a list of 2"
      ])
    #expect(
      try mistakes([("        words: [2, 30]\n", "        word: [2, 30]\n")]) == [
        "unknown key 'word' in \(stage).sentences; did you mean 'words'?"
      ])
    #expect(
      try mistakes([
        ("        from: [reviews, table]\n", "        from: [reviews, tabel]\n")
      ]).first?
      .contains("expected a known corpus or a path, found 'tabel'; did you mean 'table'?") == true)
    #expect(
      try mistakes([
        ("        hold_out: { share: 0.2, seed: 9 }\n", "        part: held_out\n")
      ]) == [
        "\(stage).sentences.part: held_out needs hold_out; repeat the hold_out of the stage that learns from the rest"
      ])
    for (key, old, new) in [
      ("words", "words: [2, 30], ", "words: [2, 31], "), ("unique", "unique: true, ", ""),
      ("from", "{ from: [reviews, table], ", "{ from: [reviews], "),
      ("hold_out", "seed: 9 }, part", "seed: 8 }, part"),
    ] {
      #expect(
        try mistakes([(old, new)]) == [
          "stages.distil.sentences.\(key) differs from that of stages.teacher_mlm, which learns from the same text; "
            + "write the same value in both; otherwise sentences that are held out here are learned there"
        ])
    }
    #expect(
      try mistakes([
        (
          "        hold_out: { share: 0.2, seed: 9 }\n",
          "        hold_out: { share: 0.2, sentences: 3 }\n"
        )
      ]) == [
        "\(stage).sentences.hold_out: expected one of share, sentences and paragraphs, found share and sentences"
      ])
    #expect(
      try mistakes([
        ("      model: teacher\n", "      model: teacher\n      corpus: reviews\n")
      ]) == [
        "\(stage): expected corpus or sentences, found both; keep one"
      ])
    #expect(
      try mistakes([("t.csv, column", "t.dat, column")]) == [
        "corpora.table.format: expected csv or tsv or jsonl or parquet, found nothing, and 't.dat' does not end in one of them"
      ])
    #expect(
      try mistakes([("column: body", "format: csv")]).first
        == "corpora.table.format: needs column; name the column of the texts")
  }

  @Test("what is wrong with the texts is said before the first stage")
  func beforeTheFirstStage() throws {
    func refusal(_ changes: [(String, String)], table: String) throws -> String {
      let experiment = try Self.experiment(changes, table: table)
      let error = #expect(throws: LocationError.self) {
        try experiment.run(experiment.request(stages: ["teacher_mlm"]))
      }
      #expect(experiment.cachedStages.isEmpty)
      return "\(error.map { "\($0)" } ?? "")".replacing("\(experiment.folder.path)/", with: "")
    }
    #expect(
      try refusal([], table: "id,bodi\n1,x\n") == "t.csv: no column 'body'; did you mean 'bodi'?")
    #expect(
      try refusal([("from: [reviews, table]", "from: table")], table: "id,body\n1,x\n")
        == "t.csv: no sentence is left of 1 by the rule 'words 2 to 30, unique'; write a wider range of words"
    )
    // A cache in which nothing can be written is named before that.
    let experiment = try Self.experiment()
    try experiment.folder.write("cache", "")
    let error = #expect(throws: LocationError.self) {
      try experiment.run(experiment.request(stages: ["teacher_mlm"]))
    }
    #expect(
      error?.problems.first?.hasPrefix(
        "RETORT_CACHE: the cache \(experiment.locations.cache) cannot be written: ") == true,
      "\(String(describing: error))")
  }
}
