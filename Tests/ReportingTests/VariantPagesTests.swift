// Pages of sweeps and ablations, from records of runs that never took place.

import RetortEvaluation
import RetortRecords
import RetortTestSupport
import Testing

@testable import RetortReporting

@Suite("Pages of sweeps and ablations")
struct VariantPagesTests {
  private let temporary: TemporaryFolder
  private let folder: ResultsFolder

  init() throws {
    temporary = try TemporaryFolder()
    folder = ResultsFolder(
      path: temporary.file("Results"), references: repositoryRoot + "/Experiments/references")
  }

  private typealias Variant = RunRecord.Variant

  private static let seeds = [42, 43, 44].map { seed in
    Variant(settings: [.init(path: "stages.sst2.seed", value: "\(seed)")])
  }
  private static let ablation = [nil, "soft_targets", "cosine", "masked_lm", "init"].map {
    Variant(settings: [], ablation: $0)
  }

  /// A run with so many right, on predictions that differ from another's of the seed where one is right alone.
  private func record(
    _ variant: Variant, of all: [Variant], correct: Int, seed: UInt64 = 42, baseline: Int? = nil
  ) -> RunRecord {
    var record = RunRecord.synthetic(name: "varied", seed: seed)
    record.experiment.point = variant.point
    record.experiment.variants = all
    record.experiment.digest = variant.point.padding(to: 64)
    record.stages = [
      RunRecord.syntheticDistill,
      RunRecord.syntheticFinetune(
        id: "sst2", model: "distil", correct: [correct], losses: [0.3], encoder: 17_240_064,
        seed: seed),
    ]
    if let baseline {
      record.stages.append(
        RunRecord.syntheticFinetune(
          id: "sst2.no_distillation", variant: "no_distillation", model: "student",
          correct: [baseline], losses: [0.4], encoder: 17_240_064, seed: seed))
    }
    for index in record.stages.indices {
      record.stages[index].digest = "\(index)\(variant.point)".padding(to: 64)
    }
    return record
  }

  private func page(_ records: [RunRecord]) throws -> String {
    for record in records { try folder.add(record: record) }
    return try #require(try folder.render()["varied.md"])
  }

  /// The cells of the first row that begins so, in the section of that heading.
  private func row(_ begin: String, under heading: String, of page: String) throws -> [String] {
    let section = try #require(page.components(after: "## \(heading)\n"))
    let line = try #require(
      section.split(separator: "\n").first { $0.hasPrefix("| \(begin) ") })
    return line.split(separator: "|").map {
      $0.split(separator: " ").joined(separator: " ")
    }
  }

  // MARK: Ablation

  @Test("one row for each thing left out, with its difference to the full loss, and the paper's")
  func ablation() throws {
    let correct = [752, 744, 750, 760, 700]
    let records = zip(Self.ablation, correct).map {
      record($0, of: Self.ablation, correct: $1)
    }
    let page = try page(records.reversed())
    // Of 752 right ones 8 are lost and none won; the interval is that of the statistics' own test.
    #expect(
      try row("without the soft-target loss", under: "Ablation", of: page) == [
        "without the soft-target loss", "1", "0.8532", "0.8282-0.8752", "-0.92", "-1.61 to -0.34",
        "0", "8", "0.0078", "-2.96",
      ])
    #expect(
      try row("with the full loss", under: "Ablation", of: page) == [
        "with the full loss", "1", "0.8624", "0.8379-0.8837", "-", "-", "-", "-", "-", "-",
      ])
    #expect(try row("without masked LM", under: "Ablation", of: page)[4] == "+0.92")
    let titles = page.split(separator: "\n").filter { $0.hasPrefix("| with") }.prefix(5)
      .map { $0.split(separator: "|")[0].split(separator: " ").joined(separator: " ") }
    #expect(
      titles == [
        "with the full loss", "without the soft-target loss", "without the cosine loss",
        "without masked LM", "with random initialisation",
      ])
    #expect(page.contains("has 752 of 872 right"))
    #expect(
      page.contains("called full loss; of the runs that the definition asks for all 5 are in"))
    #expect(!page.contains("Not run yet") && !page.contains("## Sweep"))
    #expect(!page.contains("**"))
    let picture = try #require(try folder.render()["varied-distil-loss.svg"])
    for line in ["distil (full loss)", "distil (without cosine)", "distil (random init)"] {
      #expect(picture.contains(line), "\(line)")
    }
  }

  @Test("a term is called by its title, whichever of the records know it")
  func titles() throws {
    let full = Variant(settings: [])
    let untitled = Variant(settings: [], ablation: "reverse_kl")
    let titled = Variant(settings: [], ablation: "reverse_kl", ablationTitle: "reverse KL")
    #expect(titled == untitled && titled != full && titled.point == "without reverse_kl")
    let variants = [full, titled]
    let page = try page(
      zip(variants, [752, 744]).map { record($0, of: variants, correct: $1) })
    #expect(try row("without reverse KL", under: "Ablation", of: page)[1] == "1")
  }

  @Test("every row is traced to a record, its command and its digests")
  func runs() throws {
    let page = try page([record(Self.ablation[2], of: Self.ablation, correct: 750)])
    let cells = try row("without cosine", under: "Runs", of: page)
    #expect(
      cells == [
        "without cosine", "sst2", "750 of 872", "0.8601", "1", "`1without cos`", "`without cosi`",
        "[`records/varied@without-cosine.json`](records/varied@without-cosine.json)",
        "`retort run Experiments/varied.yaml`",
      ])
    #expect(page.contains("retort report --add Runs/varied@*"))
  }

  @Test("of several fine-tunings every one has its row, compared with the first that teaches none")
  func severalFineTunings() throws {
    let seeds = [3, 4].map { Variant(settings: [.init(path: "seed", value: "\($0)")]) }
    let records = zip(seeds, [0, 2]).map { variant, more in
      var record = record(variant, of: seeds, correct: 752 + more)
      let seed = variant == seeds[0] ? 3 as UInt64 : 4
      let tunings = [("judge", 790), ("plain", 752), ("taught", 760)].map { id, correct in
        RunRecord.syntheticFinetune(
          id: id, model: "minilm", correct: [correct + more], losses: [0.3], encoder: 17_240_064,
          seed: seed)
      }
      record.stages = tunings
      record.stages[2].inputs["teacher"] = "judge"
      return record
    }
    let page = try page(records)
    let taught = try row("fine-tuned model taught", under: "Sweep", of: page)
    #expect(taught[1...4] == ["2", "0.8727 (0.8716-0.8739)", "-", "+0.92 (+0.92 to +0.92)"])
    #expect(try row("fine-tuned model plain", under: "Sweep", of: page)[4] == "-")
    #expect(try row("teacher", under: "Sweep", of: page)[4] == "+4.36 (+4.36 to +4.36)")
    #expect(page.contains("of runs with the same seeds to fine-tuned model plain."))
    #expect(
      page.contains(
        "Accuracy on glue/sst2 dev, 872 examples, median (lowest-highest) of 2 runs: fine-tuned model "
          + "plain 0.8635 (0.8624-0.8647), fine-tuned model taught 0.8727 (0.8716-0.8739), teacher")
    )
    let runs = try #require(page.components(after: "## Runs\n"))
    for cells in ["| seed=3 | plain  | 752 of 872 |", "| seed=4 | taught | 762 of 872 |"] {
      #expect(runs.contains(cells))
    }
    let index = try #require(try folder.render()["README.md"])
    #expect(index.contains("plain 0.8635 (0.8624-0.8647); taught 0.8727 (0.8716-0.8739)"))
  }

  @Test("what was changed for a run is said beside the definition's budget")
  func overrides() throws {
    var record = record(Self.ablation[0], of: Self.ablation, correct: 750)
    record.experiment.definition.append("budget: \"one epoch: all of it\"")
    #expect(try page([record]).contains("Budget of the definition: one epoch: all of it. One run"))
    record.experiment.overrides = ["stages.sst2.limit={steps: 5}"]
    #expect(
      try page([record]).contains(
        "one epoch: all of it. Changed for this run: stages.sst2.limit={steps: 5}. One run"))
  }

  @Test("a partial set is a table that says what is missing", arguments: 1...4)
  func partialAblation(count: Int) throws {
    let records = Self.ablation.prefix(count).map {
      record($0, of: Self.ablation, correct: 750)
    }
    let page = try page(records)
    #expect(page.contains("asks for \(count) of 5 are in"))
    let missing = Self.ablation.dropFirst(count).map(\.point).joined(separator: "; ")
    #expect(page.contains("\nNot run yet: \(missing).\n"))
    #expect(
      try row("with random initialisation", under: "Ablation", of: page) == [
        "with random initialisation", "0 of 1", "-", "-", "-", "-", "-", "-", "-", "-3.69",
      ])
    #expect(try row("random init", under: "Runs", of: page).last == "not run yet")
  }

  @Test("without the full loss there is nothing to compare a row with")
  func withoutReference() throws {
    let page = try page([record(Self.ablation[2], of: Self.ablation, correct: 750)])
    #expect(
      try row("without the cosine loss", under: "Ablation", of: page).dropFirst(2).prefix(4) == [
        "0.8601", "0.8355-0.8815", "-", "-",
      ])
    #expect(page.contains("That is the run called without cosine"))
  }

  // MARK: Sweeps

  @Test("seeds are summed up as median and range, differences are taken seed by seed")
  func seeds() throws {
    let records = zip(Self.seeds, [(750, 744), (760, 752), (740, 742)]).enumerated().map {
      record(
        $1.0, of: Self.seeds, correct: $1.1.0, seed: UInt64(42 + $0), baseline: $1.1.1)
    }
    let page = try page(records)
    let own = try row("distilled student", under: "Sweep", of: page)
    #expect(own.prefix(3) == ["distilled student", "3", "0.8601 (0.8486-0.8716)"])
    let other = try row("student, not distilled", under: "Sweep", of: page)
    #expect(other[2] == "0.8532 (0.8509-0.8624)")
    #expect(other[4] == "-0.69 (-0.92 to +0.23)")
    // Six and eight lost, two won: only this right, only the other right.
    #expect(other[6...7] == ["2", "14"])
    #expect(other[8] == "0.031, 0.0078, 0.5")
    #expect(page.contains("has a median accuracy of 0.8601 (0.8486-0.8716) over 3 runs"))
    #expect(page.contains("Of the runs that the definition asks for all 3 are in."))
    #expect(page.contains("differ in seeds alone the median (lowest-highest)"))
    #expect(page.contains("Retort, median (min-max) of 3"))
    #expect(!page.contains("## Ablation"))

    // Of one model the epochs' table says it all.
    let alone = Self.seeds.enumerated().map { place, variant in
      record(variant, of: Self.seeds, correct: 750 + place, seed: UInt64(42 + place))
    }
    let only = try self.page(alone)
    #expect(!only.contains("## Sweep") && only.contains("Retort, median (min-max) of 3"))
    #expect(only.contains("No run was chosen or left out for its result."))
    let index = try #require(try folder.render()["README.md"])
    #expect(index.contains(" \(WilsonInterval.text(correct: 751, count: 872)) "))
  }

  @Test("settings are not averaged with each other")
  func settings() throws {
    let points = [("0.5", "42"), ("0.5", "43"), ("2.0", "42"), ("2.0", "43")]
    let all = points.map { weight, seed in
      Variant(settings: [
        .init(path: "stages.distil.loss.cosine.weight", value: weight),
        .init(path: "stages.sst2.seed", value: seed),
      ])
    }
    let records = zip(all, [750, 752, 760, 764]).enumerated().map {
      record($1.0, of: all, correct: $1.1, seed: UInt64(42 + $0 % 2))
    }
    let page = try page(records)
    let setting = "stages.distil.loss.cosine.weight=2.0"
    let cells = try row(setting, under: "Sweep", of: page)
    #expect(cells[1...4] == ["distilled student", "2", "0.8739 (0.8716-0.8761)", "-"])
    #expect(cells[5] == "+1.26 (+1.15 to +1.38)")
    #expect(page.contains("has a median accuracy of 0.8612 (0.8601-0.8624) over 2 runs"))
    #expect(page.contains("Retort, \(setting), median (min-max) of 2"))
    #expect(!page.contains("median (min-max) of 4"))
  }

  @Test("a sweep that has begun says how far it is", arguments: [[0], [0, 2], [1]])
  func partialSweep(places: [Int]) throws {
    let records = places.map { record(Self.seeds[$0], of: Self.seeds, correct: 750) }
    let page = try page(records)
    #expect(page.contains("asks for \(places.count) of 3 are in"))
    let missing = Self.seeds.indices.filter { !places.contains($0) }.map { Self.seeds[$0].point }
    #expect(page.contains("\nNot run yet: \(missing.joined(separator: "; ")).\n"))
    #expect(
      try row("distilled student", under: "Sweep", of: page)[1] == "\(places.count) of 3")
  }

  @Test("a run from before the sweep stands alone, and does not count beside its own repetition")
  func before() throws {
    var old = record(Self.seeds[0], of: Self.seeds, correct: 750)
    old.experiment.point = nil
    old.experiment.variants = nil
    let alone = try self.page([old])
    #expect(
      !alone.contains("## Sweep") && !alone.contains("## Runs") && !alone.contains("asks for"))
    let page = try page([record(Self.seeds[0], of: Self.seeds, correct: 750)])
    #expect(page.contains("asks for 1 of 3 are in") && page.contains("has 750 of 872 right"))
    #expect(!page.contains("records/varied.json"))
  }

  @Test("a terminal is told the same without Markdown")
  func summary() {
    let records = zip(Self.ablation, [752, 744, 750]).map {
      record($0, of: Self.ablation, correct: $1)
    }
    let text = RunRecord.summary(of: records)
    #expect(text.contains("Ablation:\n\nDistilled"))
    #expect(text.contains("without the soft-target loss") && text.contains("-0.92"))
    #expect(!text.contains("|") && !text.contains("#"))
  }

  // MARK: Records

  @Test("a record's variants survive the text, and its point is one of them")
  func recordText() throws {
    let record = record(Self.seeds[1], of: Self.seeds, correct: 750)
    let read = try RunRecord(text: record.text(), source: "varied.json")
    #expect(read == record)
    #expect(read.experiment.variant == Self.seeds[1])
    #expect(record.fileName == "varied@stages.sst2.seed=43.json")
    var other = record
    other.experiment.point = "stages.sst2.seed=45"
    #expect(throws: RecordError.self) { try other.text() }
    #expect(try !RunRecord.synthetic().text().contains("variants"))
  }
}

extension String {
  /// Filled up with dots, or cut, to a digest's length.
  fileprivate func padding(to count: Int) -> String {
    String((self + String(repeating: ".", count: count)).prefix(count))
  }

  /// What stands behind the first `text`.
  fileprivate func components(after text: String) -> Substring? {
    firstRange(of: text).map { self[$0.upperBound...] }
  }
}
