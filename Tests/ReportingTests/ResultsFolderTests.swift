// Pages and pictures from records: the same bytes every time, and nothing unnoticed.

import Foundation
import RetortEvaluation
import RetortRecords
import RetortTestSupport
import Testing

@testable import RetortReporting

@Suite("Results folder")
struct ResultsFolderTests {
  private let temporary: TemporaryFolder
  private let folder: ResultsFolder

  init() throws {
    temporary = try TemporaryFolder()
    folder = ResultsFolder(
      path: temporary.file("Results"), references: repositoryRoot + "/Experiments/references")
  }

  private func page(_ record: RunRecord) throws -> String {
    try folder.add(record: record)
    return try #require(try folder.render()["\(record.experiment.name).md"])
  }

  @Test("deleting all pages and pictures and drawing again gives the same bytes")
  func regenerated() throws {
    try folder.add(record: .synthetic())
    try folder.add(record: .synthetic(name: "another"))
    let written = try folder.write()
    #expect(
      written == [
        "README.md", "another-distil-loss.svg", "another-finetune-loss.svg",
        "another-sst2-epochs.svg", "another.md", "synthetic-l3-from-l6-distil-loss.svg",
        "synthetic-l3-from-l6-finetune-loss.svg", "synthetic-l3-from-l6-sst2-epochs.svg",
        "synthetic-l3-from-l6.md",
      ])
    let before = try written.map { try Data(contentsOf: url($0)) }
    for name in written { try FileManager.default.removeItem(at: url(name)) }
    #expect(try folder.check().allSatisfy { $0.kind == .missing })
    #expect(try folder.write() == written)
    #expect(try written.map { try Data(contentsOf: url($0)) } == before)
    #expect(try folder.write() == [])
    #expect(try folder.check() == [])
  }

  @Test("check names what is stale, missing and unexpected")
  func check() throws {
    try folder.add(record: .synthetic())
    try folder.write()
    try "edited".write(to: url("README.md"), atomically: true, encoding: .utf8)
    try "old".write(to: url("zoo.md"), atomically: true, encoding: .utf8)
    try FileManager.default.removeItem(at: url("synthetic-l3-from-l6.md"))
    #expect(
      try folder.check() == [
        .init(file: "README.md", kind: .stale),
        .init(file: "synthetic-l3-from-l6.md", kind: .missing),
        .init(file: "zoo.md", kind: .unexpected),
      ])
  }

  @Test(
    "records that cannot be listed are an error, and no page is drawn without them",
    arguments: ["records", "records/parity", "records/performance", "records/similarity"])
  func unreadableRecords(name: String) throws {
    try folder.add(record: .synthetic())
    try folder.write()
    let before = try Data(contentsOf: url("README.md"))
    if name == "records" { try FileManager.default.removeItem(at: url(name)) }
    try Data().write(to: url(name))  // a file where a folder should be
    for attempt in [{ try folder.write().joined() }, { try "\(folder.check())" }] {
      let error = #expect(throws: ResultsError.self) { try attempt() }
      #expect(error?.description.contains("/\(name): could not open: Not a directory") == true)
    }
    #expect(try Data(contentsOf: url("README.md")) == before)
  }

  @Test("a folder without records has an index that says so")
  func empty() throws {
    #expect(try folder.write() == ["README.md"])
    #expect(try String(contentsOf: url("README.md"), encoding: .utf8).contains("no record yet"))
  }

  @Test("a new record of the same experiment takes the old one's place")
  func replaced() throws {
    try folder.add(record: .synthetic(seed: 42))
    try folder.add(record: .synthetic(seed: 43))
    #expect(try folder.records().values.map(\.stages[1].seed) == [43])
  }

  @Test("the epoch table has the report's four columns, ours and theirs")
  func epochTable() throws {
    let text = try page(.synthetic())
    let lines = text.split(separator: "\n").map { $0.replacing(#/\ +/#, with: " ") }
    #expect(
      lines.contains {
        $0.hasPrefix("| Run | Epoch | Training Loss | Validation Loss | Accuracy |")
      })
    let window = (RunRecord.synthetic().stages[1].epochs[0].trainingLoss ?? 0).fixed(4)
    #expect(lines.contains { $0.hasPrefix("| Retort | 1 | \(window) | 0.3412 | 0.8624 |") })
    #expect(lines.contains { $0.hasSuffix("| 752 | 0.8379-0.8837 | loss |") })
    #expect(
      lines.contains("| report | 3 | 0.0787 | 0.4245 | 0.9071 | - | 791 | 0.8860-0.9246 | |"))
    #expect(
      lines.contains(
        "| PyTorch loop | 2 | 0.1746 | 0.3538 | 0.8968 | 0.1736 | 782 | 0.8748-0.9153 | |"))
    #expect(
      lines.contains(
        "| HF Trainer | 3 | 0.1323 | 0.3970 | 0.8956 | 0.1426 | 781 | 0.8736-0.9142 | |"))
    #expect(text.contains("the model overfits"))
  }

  @Test("a fine-tuning opens with the report's table, ours and that of the same weights beside it")
  func reportedTable() throws {
    var record = RunRecord.synthetic()
    #expect(!(try page(record).contains("## The report's table")), "not of a distillation")
    record.stages = [record.stages[2]]  // the teacher, of the size that PyTorch fine-tuned
    record.stages[0].variant = "main"
    let text = try page(record)
    let lines = text.split(separator: "\n").map { $0.replacing(#/\ +/#, with: " ") }
    let heading = try #require(lines.firstIndex(of: "## The report's table"))
    #expect(heading < (lines.firstIndex { $0.hasSuffix("epoch by epoch") } ?? 0))
    let own = record.stages[0].epochs[2]
    #expect(
      lines.contains(
        "| 3 | 0.0787 | 0.4245 | 0.9071 | \((own.trainingLoss ?? 0).fixed(4)) "
          + "| \(own.validationLoss.fixed(4)) | \((own.accuracy ?? 0).fixed(4)) | 0.1323 | 0.3970 | 0.8956 |"
      ))
  }

  @Test("a run that repeats a reference to the last digit says so, and no other does")
  func equals() throws {
    var record = try RunRecord.read(
      path: repositoryRoot + "/Results/records/sst2-minilm-replay.json")
    let text = try page(record)
    #expect(text.contains("All 12 figures of HF Trainer come out again, to the last digit."))
    #expect(!text.contains("of PyTorch loop come out"))
    record.stages[0].epochs[1].validationLoss += 1e-4
    #expect(!(try page(record).contains("come out again")))
  }

  @Test("a run on stand-in weights says so first, and how the definition itself is run")
  func rehearsal() throws {
    var record = RunRecord.synthetic()
    record.weights[0].origin = .random
    record.weights[0].source = "random, seed 42, sizes of hub:someone/model"
    #expect(
      !(try page(record).contains("rehearsal")), "the definition itself asks for random weights")
    record.experiment.overrides = ["models.teacher.from={random: \"hub:someone/model\"}"]
    let text = try page(record)
    #expect(text.contains("**This is a rehearsal.** The published weights of `hub:someone/model`"))
    #expect(text.contains("retort run Experiments/synthetic-l3-from-l6.yaml\n"))
    // 2,388 s of training for 12,630 steps; 4,210 of them an epoch.
    #expect(text.contains("0.19 s a step an epoch of 4,210 steps takes 13 min"))
  }

  @Test("the comparison gives share, agreement and McNemar's counts from the predictions")
  func comparison() throws {
    let record = RunRecord.synthetic()
    let text = try page(record)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| teacher ") }
    let row = try #require(rows.dropFirst().first)
    let labels = RunRecord.syntheticLabels.labels
    let student = try #require(record.stages[1].evaluations[0].predictions?.labels)
    let teacher = try #require(record.stages[2].evaluations[0].predictions?.labels)
    let test = McNemarTest(labels: labels, first: teacher, second: student)
    #expect(test.onlyFirst - test.onlySecond == 786 - 752)
    let cells = row.split(separator: "|").map { $0.filter { $0 != " " } }
    #expect(cells[3] == "+3.90")
    #expect(cells[5...] == ["\(test.onlyFirst)", "\(test.onlySecond)", test.text])
    #expect(text.contains("95.7 %"))  // 752 of the teacher's 786
  }

  @Test("a metric besides accuracy has its columns, known to this version or not")
  func furtherMetrics() throws {
    var record = RunRecord.synthetic()
    for (place, value) in [0.71, 0.74, 0.72].enumerated() {
      record.stages[1].epochs[place].metrics = ["of_tomorrow": value]
    }
    let text = try page(record)
    #expect(text.contains("| 95 % interval | of_tomorrow | Best by"))
    #expect(text.contains(" 0.7400 | accuracy"))
    #expect(text.contains("| Best accuracy of any epoch | of_tomorrow | 95 % interval |"))
    // Of the kept epoch; an unknown metric has no interval, and the teacher has no such metric.
    #expect(text.contains("0.8716 (epoch 2) |      0.7100 |             - |"), "\(text)")
    #expect(text.contains("0.9014 (epoch 1) |           - |             - |"))
    #expect(try !page(.synthetic(name: "another")).contains("of_tomorrow"))
    #expect(
      try RunRecord(text: record.text(), source: "x").stages[1].epochs == record.stages[1].epochs)
  }

  @Test("where inference was timed, the comparison has it and the claim of speed its counterpart")
  func inference() throws {
    var record = RunRecord.synthetic()
    #expect(try page(record).contains("not measured in this experiment"))
    for (stage, seconds) in [("sst2", 2.0), ("sst2.teacher", 3.1)] {
      record.measured.timings.append(
        .init(
          name: stage, conditions: "inference, glue/sst2 dev, one sentence at a time", steps: 3,
          medianSeconds: seconds, minimumSeconds: seconds - 0.1, maximumSeconds: seconds + 0.2,
          tokensPerStep: 21_943, peakMemoryBytes: 300_000_000))
    }
    let text = try page(record)
    for part in [
      "2 s (1.9-2.2)", "3.1 s (3-3.3)",
      "55 % faster: a pass one sentence at a time takes 2 s (1.9-2.2) beside the teacher's 3.1 s (3-3.3)",
      "medians of 3 passes",
      "glue/sst2 dev, one sentence at a time, on 2 threads of Example Processor",
    ] {
      #expect(text.contains(part), "\(part)")
    }
  }

  @Test("a page names weights, data, seeds, examples, intervals, budget, machine and command")
  func honest() throws {
    let text = try page(.synthetic())
    for fact in [
      "published weights (sentence-transformers/all-MiniLM-L6-v2)", "glue/sst2 train", "67,349",
      "seed 42", "872", "95 % interval", "3 epochs", "Example Processor", "2 threads",
      "retort run Experiments/synthetic-l3-from-l6.yaml", "records/synthetic-l3-from-l6.json",
    ] {
      #expect(text.contains(fact), "\(fact)")
    }
    #expect(!text.contains("**"))
  }

  @Test("random weights are called random, before any number can mislead")
  func randomWeights() throws {
    var record = RunRecord.synthetic()
    record.weights[0].origin = .random
    let text = try page(record)
    let head = text.prefix { $0 != "|" }
    #expect(head.contains("seeded random weights (nothing learned)"))
    #expect(head.contains("say nothing about the published models"))
  }

  @Test("a model that began from random values and was taught in the run is not called unlearned")
  func taughtWeights() throws {
    var record = RunRecord.synthetic()
    record.weights[0].origin = .random
    record.weights[0].source = "random, seed 1"
    record.stages[0].kind = .pretrain
    record.stages[0].inputs = ["model": record.weights[0].name]
    let head = try page(record).prefix { $0 != "|" }
    #expect(head.contains("random first values, trained here in stage distil"))
    #expect(!head.contains("nothing learned") && !head.contains("say nothing about"))
  }

  @Test("pages ask what a stage did, not what its kind is called")
  func kinds() throws {
    func page(_ record: RunRecord) throws -> String {
      let runs = ExperimentRuns(name: record.experiment.name, records: [record], references: [])
      return try #require(ExperimentPage(runs).files["\(record.experiment.name).md"])
    }
    let known = try page(.synthetic())
    var record = RunRecord.synthetic()
    // Of the same lengths: the table's columns are padded.
    let others = ["distill": "pruning", "finetune": "pruning2"]
    var renamed = known
    for (kind, other) in others {
      renamed = renamed.replacing("| \(kind) ", with: "| \(other) ")
      for index in record.stages.indices where record.stages[index].kind.rawValue == kind {
        record.stages[index].kind = RunRecord.StageKind(rawValue: other)
      }
    }
    #expect(renamed != known)
    #expect(try page(record) == renamed)
  }

  @Test("an epoch without a complete window says No log, as the Trainer does")
  func noLog() throws {
    var record = RunRecord.synthetic()
    record.stages[1].epochs[0].trainingLoss = nil
    #expect(try page(record).contains("No log"))
  }

  @Test("the epoch that is kept is named where it is not the one best by both")
  func kept() throws {
    var record = RunRecord.synthetic()
    record.stages[1].best = .init(byLoss: 1, byAccuracy: 1, kept: 3)
    let text = try page(record)
    #expect(text.contains("Best by validation loss and by accuracy: epoch 1"))
    #expect(text.contains("Kept: epoch 3."))
    #expect(text.contains("has 757 of 872 right"))
  }

  @Test("several seeds give their own rows, median and range")
  func seeds() throws {
    for seed in [42, 43, 44] as [UInt64] {
      var record = RunRecord.synthetic(name: "seeds", seed: seed)
      record.experiment.point = "stages.sst2.seed=\(seed)"
      let correct = 780 + Int(seed)
      record.stages[1] = RunRecord.syntheticFinetune(
        id: "sst2", model: "distil", correct: [correct - 42], losses: [0.3], encoder: 17_240_064,
        seed: seed)
      record.stages[1].digest = "\(seed)"
      try folder.add(record: record)
    }
    let text = try #require(try folder.render()["seeds.md"])
    #expect(text.contains("median (min-max) of 3"))
    #expect(text.contains("0.8956 (0.8945-0.8968)"))  // 781 (780-782) of 872
    #expect(text.contains("stages.sst2.seed=43"))
    #expect(try folder.records().keys.sorted().first == "seeds@stages.sst2.seed=42.json")
  }

  @Test("records of stages without epochs, or without any stage, still give a page")
  func partial() throws {
    var record = RunRecord.synthetic(name: "timing")
    record.stages = [record.stages[0]]
    record.measured.timings = [
      .init(
        name: "step", conditions: "batch 8", steps: 20, medianSeconds: 4.1, minimumSeconds: 4,
        maximumSeconds: 4.5, tokensPerStep: 1_024, peakMemoryBytes: 3_000_000_000)
    ]
    #expect(try page(record).contains("4.1 (4-4.5)"))
    record.experiment.name = "bare"
    record.stages = []
    record.measured.stages = [:]
    #expect(try page(record).contains("# bare"))
  }

  @Test("a run's summary for the terminal has no Markdown in it")
  func summary() throws {
    let text = RunRecord.synthetic().summary()
    #expect(text.hasPrefix("The distilled student has 752 of 872 right"))
    #expect(text.contains("McNemar p"))
    #expect(text.contains("Always the largest class: Accuracy 0.5092."))
    #expect(!text.contains("|"))
    #expect(!text.contains("#"))
    #expect(!text.contains("Warning"))
  }

  @Test("a terminal is told of a model that gives one answer")
  func oneAnswer() throws {
    var record = RunRecord.synthetic()
    let place = try #require(
      record.stages.firstIndex { $0.variant == "main" && !$0.evaluations.isEmpty })
    let labels = RunRecord.syntheticLabels.labels
    for index in record.stages[place].evaluations.indices {
      record.stages[place].evaluations[index].predictions = LabelSequence(labels.map { _ in 1 })
      record.stages[place].evaluations[index].correct = labels.count { $0 == 1 }
    }
    #expect(
      record.summary().contains(
        "Warning: distilled student gives one answer for all examples of glue/sst2."
      ))
  }

  @Test(
    "names that cannot be a file's are refused",
    arguments: ["", "../up", "a/b", ".hidden", "README", "späne"])
  func names(name: String) {
    var record = RunRecord.synthetic()
    record.experiment.name = name
    #expect(throws: ResultsError.self) { try folder.add(record: record) }
  }

  @Test("a record in another's file, a damaged one and an unknown reference are errors")
  func damaged() throws {
    let path = try folder.add(record: .synthetic())
    try FileManager.default.copyItem(atPath: path, toPath: folder.path + "/records/other.json")
    let misplaced = #expect(throws: ResultsError.self) { try folder.render() }
    #expect(misplaced?.description.contains("belongs in synthetic-l3-from-l6.json") == true)
    try "{".write(toFile: folder.path + "/records/other.json", atomically: true, encoding: .utf8)
    let broken = #expect(throws: ResultsError.self) { try folder.render() }
    #expect(broken?.description.contains("other.json:1:2") == true)
    try FileManager.default.removeItem(atPath: folder.path + "/records/other.json")
    var record = RunRecord.synthetic()
    record.experiment.compareWith = ["sanh-2020"]
    try folder.add(record: record)
    let unknown = #expect(throws: ResultsError.self) { try folder.render() }
    #expect(unknown?.description.contains("sanh-2019") == true)
  }

  private func url(_ name: String) -> URL { URL(fileURLWithPath: folder.path + "/" + name) }
}
