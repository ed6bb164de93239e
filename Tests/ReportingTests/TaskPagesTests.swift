// Pages of experiments with several tasks, from records of runs that never took place.

import RetortEvaluation
import RetortRecords
import RetortTestSupport
import Testing

@testable import RetortReporting

@Suite("Pages of several tasks")
struct TaskPagesTests {
  private typealias Stage = RunRecord.Stage
  private static let seeds = [1, 2, 3].map { seed in
    RunRecord.Variant(settings: [.init(path: "seed", value: "\(seed)")])
  }

  // 40 of 100 in class 0 of CoLA; 30 of 40 in class 1 of WNLI.
  private static let cola = (0..<100).map { $0 < 40 ? 0 : 1 }
  private static let wnli = (0..<40).map { $0 < 10 ? 0 : 1 }
  private static let stsb = (0..<50).map { Float($0 % 11) / 2 }

  private static func evaluated(
    _ id: String, on data: String, _ model: String, labels: [Int], wrong: Int, answer: Int? = nil,
    seed: UInt64
  ) -> Stage {
    // Mistakes stand at the end, where they are all of class 1.
    let predictions = labels.enumerated().map { place, label in
      answer ?? (place >= labels.count - wrong ? 1 - label : label)
    }
    let answers = Answers(predictions: predictions, labels: labels)
    var stage = stage(id, on: data, model, seed: seed)
    stage.epochs[0].correct = answers.correct
    stage.epochs[0].count = labels.count
    if data == "glue/cola dev" {
      stage.epochs[0].metrics = ["matthews_correlation": MatthewsCorrelation.value(of: answers)]
    }
    stage.best = .init(of: stage.epochs, kept: 1, rule: "last")
    stage.evaluations = [
      .init(
        data: data, epoch: 1, loss: 0.5, correct: answers.correct,
        predictions: LabelSequence(predictions))
    ]
    return stage
  }

  private static func regression(_ id: String, _ model: String, error: Float, seed: UInt64) -> Stage
  {
    let numbers = Self.stsb.enumerated().map { $1 + ($0 % 2 == 0 ? error : -error) }
    let answers = Answers(
      predictions: numbers.map { Double($0) }, labels: Self.stsb.map { Double($0) })
    var stage = stage(id, on: "glue/stsb dev", model, seed: seed)
    stage.epochs[0].correct = nil
    stage.epochs[0].count = numbers.count
    stage.epochs[0].metrics = [
      "pearson": PearsonCorrelation.value(of: answers),
      "spearmanr": SpearmanCorrelation.value(of: answers),
    ]
    stage.best = .init(of: stage.epochs, kept: 1, rule: "last")
    stage.evaluations = [
      .init(
        data: "glue/stsb dev", epoch: 1, loss: 0.5, correct: nil, predictions: nil,
        logits: numbers)
    ]
    return stage
  }

  private static func stage(_ id: String, on data: String, _ model: String, seed: UInt64) -> Stage {
    var stage = RunRecord.syntheticFinetune(
      id: id, model: model, correct: [1], losses: [0.5], encoder: 17_240_064, seed: seed)
    stage.data = [data.replacing(" dev", with: " train"), data]
    stage.digest = "\(id)\(seed)".padding(toLength: 64, withPad: "0", startingAt: 0)
    return stage
  }

  private static var records: [RunRecord] {
    Self.seeds.enumerated().map { place, variant in
      let seed = UInt64(place + 1)
      var record = RunRecord.synthetic(name: "several", seed: seed)
      record.experiment.point = variant.point
      record.experiment.variants = Self.seeds
      record.experiment.compareWith = ["sanh-2019"]
      record.stages = [
        evaluated(
          "cola", on: "glue/cola dev", "large", labels: Self.cola, wrong: 10 + place, seed: seed),
        evaluated(
          "wnli", on: "glue/wnli dev", "large", labels: Self.wnli, wrong: 0, answer: 1, seed: seed),
        regression("stsb", "large", error: 0.5, seed: seed),
        evaluated(
          "cola_small", on: "glue/cola dev", "small", labels: Self.cola, wrong: 20, seed: seed),
        evaluated(
          "wnli_small", on: "glue/wnli dev", "small", labels: Self.wnli, wrong: 5, seed: seed),
        regression("stsb_small", "small", error: 1.5, seed: seed),
      ]
      func set(
        _ name: String, _ labels: [Int]?, _ numbers: [Float]?, _ metrics: [String]?
      ) -> [RunRecord.DataSet] {
        let count = labels?.count ?? numbers?.count ?? 0
        return [
          .init(name: "\(name) train", digest: "00", examples: 10, tokens: 100),
          .init(
            name: "\(name) dev", digest: "01", examples: count, tokens: 100,
            labels: labels.map { LabelSequence($0) }, numbers: numbers, metrics: metrics),
        ]
      }
      record.data =
        set("glue/cola", Self.cola, nil, ["matthews_correlation"])
        + set("glue/wnli", Self.wnli, nil, nil)
        + set("glue/stsb", nil, Self.stsb, ["pearson", "spearmanr"])
      return record
    }
  }

  /// Drawn once: its intervals are thousands of samples each.
  private static let drawn = Result { try draw(records) }

  private static func draw(_ records: [RunRecord]) throws -> String? {
    let temporary = try TemporaryFolder()
    let folder = ResultsFolder(
      path: temporary.file("Results"), references: repositoryRoot + "/Experiments/references")
    for record in records { try folder.add(record: record) }
    return try folder.render()["several.md"]
  }

  private func page() throws -> String { try #require(try Self.drawn.get()) }

  private func row(_ begin: String, under heading: String, of page: String) throws -> [String] {
    let section = try #require(page.components(after: "## \(heading)\n"))
    let line = try #require(
      section.split(separator: "\n").first { $0.hasPrefix("| \(begin) ") }, "\(begin)")
    return line.split(separator: "|").map { $0.split(separator: " ").joined(separator: " ") }
  }

  @Test("a row a model, a column a task, in the paper's form and with the paper's own rows")
  func table() throws {
    let page = try page()
    let header = try row("Model", under: "Tasks", of: page)
    #expect(header == ["Model", "Score", "Without WNLI", "CoLA", "WNLI", "STS-B"])
    // 11 of 60 wrong, all of class 1: the median of 10, 11 and 12.
    let matthews =
      100
      * MatthewsCorrelation.value(
        of: Answers(
          predictions: Self.cola.enumerated().map { $0 >= 89 ? 1 - $1 : $1 }, labels: Self.cola))
    let large = try row("large", under: "Tasks", of: page)
    #expect(large[3] == matthews.fixed(1) && large[4] == "75.0")
    let stsb = try #require(Double(large[5]))
    #expect(stsb > 90 && stsb < 99)
    let mean = try #require(Double(large[1]))
    #expect(abs(mean - (matthews + 75 + stsb) / 3) < 0.06)
    let others = try #require(Double(large[2]))
    #expect(abs(others - (matthews + stsb) / 2) < 0.06)
    #expect(
      try row("always the largest class", under: "Tasks", of: page) == [
        "always the largest class", "-", "-", "0.0", "75.0", "-",
      ])
    // (51.3 + 56.3 + 86.9) / 3 and (51.3 + 86.9) / 2
    #expect(
      try row("DistilBERT (sanh-2019)", under: "Tasks", of: page) == [
        "DistilBERT (sanh-2019)", "64.8", "69.1", "51.3", "56.3", "86.9",
      ])
  }

  @Test("what a constant answer comes to is said of a model that is no better")
  func warnings() throws {
    let page = try page()
    #expect(page.contains("large gives one answer for all examples of WNLI in 3 of 3 runs."))
    #expect(
      page.contains("On WNLI large (75.0) is no better than one answer for all examples (75.0)"))
    #expect(!page.contains("small gives one answer") && !page.contains("On WNLI small"))
    #expect(!page.contains("On CoLA"))
    let summary = RunRecord.summary(of: Self.records)
    #expect(summary.contains("large gives one answer for all examples of wnli"))
  }

  @Test("differences are taken task by task, in each task's own metric")
  func differences() throws {
    let page = try page()
    let cola = try row("fine-tuned model cola_small", under: "Sweep, glue/cola dev", of: page)
    #expect(cola.count == 6 && cola[4].hasPrefix("-") && cola[4].contains(" (-"))
    let wnli = try row("fine-tuned model wnli_small", under: "Sweep, glue/wnli dev", of: page)
    #expect(wnli.count == 9 && wnli[4] == "+12.50 (+12.50 to +12.50)")
    let stsb = try row("fine-tuned model stsb_small", under: "Sweep, glue/stsb dev", of: page)
    #expect(stsb.count == 6 && stsb[5].contains(" to -"))
    #expect(page.contains("Differences are in hundredths, of runs with the same seeds"))
    #expect(page.contains("## Fine-tunings on glue/stsb, epoch by epoch"))
    #expect(page.contains("## Models compared on glue/wnli dev"))
    #expect(
      page.contains(
        "Mean score on 3 tasks (CoLA, WNLI, STS-B), of each the median of 3 runs: large "))
    let runs = try row("seed=1 | stsb", under: "Runs", of: page)
    #expect(runs[2] == "-" && runs[3].hasPrefix("Pearson"))
  }

  @Test(
    "metric by metric the interval is that of the median run, and the constant stands beside it",
    arguments: [3, 2])
  func details(runs: Int) throws {
    let page =
      runs == 3 ? try page() : try #require(try Self.draw(Array(Self.records.prefix(runs))))
    let section = try #require(page.components(after: "## Tasks\n"))
    let line = try #require(section.split(separator: "\n").first { $0.hasPrefix("| glue/wnli | ") })
    let cells = line.split(separator: "|").map { $0.trimmingPrefix(" ") }
      .map { $0.split(separator: " ").joined(separator: " ") }
    // Of two runs none has the median.
    #expect(
      cells == [
        "glue/wnli", "40", "Accuracy", "large", "\(runs)", "0.7500 (0.7500-0.7500)",
        runs == 3 ? WilsonInterval.text(correct: 30, count: 40) : "-", "0.7500",
      ])
  }
}

extension String {
  fileprivate func components(after heading: String) -> String? {
    range(of: heading).map { range in
      let rest = self[range.upperBound...]
      return String(rest[..<(rest.range(of: "\n## ")?.lowerBound ?? rest.endIndex)])
    }
  }
}
