// A record compared with published runs.

import RetortRecords
import RetortTestSupport
import Testing

@testable import RetortReporting

@Suite("Verification")
struct VerificationTests {
  private let library: ReferenceLibrary

  init() throws {
    library = try ReferenceLibrary(folder: repositoryRoot + "/Experiments/references")
  }

  /// MiniLM as it was published, fine-tuned as the report says.
  private func record(
    correct: [Int] = [784, 777, 780], losses: [Double] = [0.3166, 0.3609, 0.3938]
  ) -> RunRecord {
    var record = RunRecord.synthetic()
    record.stages = [
      RunRecord.syntheticFinetune(
        id: "sst2", model: "teacher", correct: correct, losses: losses, encoder: 22_565_376)
    ]
    for index in record.stages[0].epochs.indices {
      // The published means of the epochs: 0.2738, 0.1736, 0.1395.
      record.stages[0].epochs[index].epochTrainingLoss = [0.2755, 0.1755, 0.1398][index]
    }
    return record
  }

  @Test("several runs make a band from the lowest to the highest")
  func spread() throws {
    let runs = try ["tpf02-report", "public-sister-runs"].flatMap { try library.reference($0).runs }
    // recipes: first epoch, training .171-.189, validation .286-.349, accuracy .898-.913
    let loss = try #require(PublishedBand(.validationLoss, epoch: 1, of: runs))
    #expect((loss.low, loss.high) == (0.2863, 0.3487))
    #expect(loss.runs == 8 && loss.basis == .spread)
    #expect(PublishedBand(.trainingLoss, epoch: 1, of: runs)?.text == "0.1711-0.1893")
    #expect(PublishedBand(.accuracy, epoch: 1, of: runs)?.text == "0.8979-0.9128")
    #expect(PublishedBand(.accuracy, epoch: 3, of: runs)?.runs == 6)
    #expect(PublishedBand(.epochTrainingLoss, epoch: 1, of: runs) == nil)
    // To the digits that are published, and not beyond.
    #expect(loss.contains(0.286251) && loss.contains(0.34874))
    #expect(!loss.contains(0.28624) && !loss.contains(0.34876))
    #expect(!loss.contains(.nan))
  }

  @Test("one run has the tolerance that its source gives, or its accuracy's interval")
  func single() throws {
    let pytorch = try library.reference("pytorch-2.4-minilm").runs.filter { $0.id == "minilm-sst2" }
    let mean = try #require(PublishedBand(.epochTrainingLoss, epoch: 1, of: pytorch))
    #expect(mean.text == "0.2638-0.2838")
    #expect(mean.basis == .tolerance)
    #expect(PublishedBand(.accuracy, epoch: 1, of: pytorch)?.text == "0.8864-0.9164")
    #expect(PublishedBand(.trainingLoss, epoch: 1, of: pytorch) == nil)
    let report = try library.reference("tpf02-report").runs
    let accuracy = try #require(PublishedBand(.accuracy, epoch: 1, of: report))
    #expect(accuracy.basis == .interval)
    #expect(accuracy.text == "0.8823-0.9215")
    #expect(PublishedBand(.validationLoss, epoch: 1, of: report) == nil)
  }

  @Test(
    "several runs whose source gives a tolerance reach so far beyond the lowest and the highest")
  func severalWithTolerance() throws {
    var runs = try library.reference("pytorch-2.4-minilm").runs
    let accuracy = try #require(PublishedBand(.accuracy, epoch: 1, of: runs))
    #expect(accuracy.text == "0.8715-0.9164")
    #expect(accuracy.basis == .tolerance && accuracy.basisText == "2 runs, their tolerance")
    // Each reaches as far as its own.
    runs[0].tolerance[.accuracy] = 0.001
    #expect(PublishedBand(.accuracy, epoch: 1, of: runs)?.text == "0.8855-0.9164")
    // A tolerance that only one of them has is not the other's, and two have no spread.
    runs[0].tolerance = [:]
    #expect(PublishedBand(.accuracy, epoch: 1, of: runs) == nil)
    runs.append(runs[1])
    #expect(PublishedBand(.accuracy, epoch: 1, of: runs)?.text == "0.8865-0.9014")
  }

  @Test("the same weights and budget: inside, and no difference is made up")
  func inside() throws {
    let verification = Verification(
      record(), references: [try library.reference("pytorch-2.4-minilm")])
    let comparison = try #require(verification.comparisons.first)
    #expect(verification.comparisons.count == 1)
    #expect(comparison.sameWeights)
    #expect(comparison.differences.isEmpty)
    #expect(comparison.figures.count == 12)
    #expect(verification.count(.inside) == 9)
    #expect(verification.count(.outside) == 0)
    #expect(verification.count(.noBand) == 3)
    #expect(verification.text().contains("figures are expected to agree"))
  }

  @Test("a figure beyond the tolerance is outside, and only that one")
  func outside() throws {
    let verification = Verification(
      record(losses: [0.3288, 0.3609, 0.4482]),
      references: [try library.reference("pytorch-2.4-minilm")])
    let outside = verification.comparisons[0].figures.filter { $0.verdict == .outside }
    #expect(outside.map(\.epoch) == [3])
    #expect(outside.map(\.figure) == [.validationLoss])
  }

  @Test("other weights, size and budget are said; the same can be asked for")
  func differences() throws {
    var record = record()
    record.stages[0].budget = "1500 steps"
    let references = try ["tpf02-report", "public-sister-runs"].map { try library.reference($0) }
    let comparison = try #require(
      Verification(record, references: references).comparisons.first)
    #expect(comparison.runs == 8)
    #expect(comparison.references == ["tpf02-report", "public-sister-runs"])
    #expect(!comparison.sameWeights)
    #expect(
      comparison.differences.map { $0.prefix { $0 != ":" } }
        == ["other weights", "other size", "other budget"])
    #expect(comparison.differences[1].contains("22,713,986"))
    #expect(
      Verification(record, references: references, onlySameWeights: true).comparisons.isEmpty)
  }

  @Test("a stage that was trained before does not have the published weights")
  func chained() throws {
    let distilled = Verification(
      RunRecord.synthetic(), references: [try library.reference("pytorch-2.4-minilm")])
    #expect(distilled.comparisons.map(\.stage) == ["sst2", "sst2.teacher", "sst2.no_distillation"])
    #expect(distilled.comparisons.allSatisfy { !$0.sameWeights })
  }

  @Test("nothing comparable is said plainly: another task, other examples, no fine-tuning")
  func nothing() throws {
    var none = record()
    none.stages = [RunRecord.syntheticDistill]
    var other = record()
    other.stages[0].epochs = other.stages[0].epochs.map {
      var epoch = $0
      epoch.count = 1_000
      return epoch
    }
    for record in [none, other] {
      let verification = Verification(record, references: library.references)
      #expect(verification.comparisons.isEmpty)
      #expect(verification.text().contains("nothing comparable"))
    }
  }

  @Test("a band is made of all runs of the models that compare_with names")
  func bands() throws {
    var record = record()
    record.experiment.compareWith = ["tpf02-report", "sanh-2019"]
    #expect(
      try library.references(besides: record).map(\.id)
        == ["tpf02-report", "sanh-2019", "public-sister-runs"])
    record.experiment.compareWith = ["pytorch-2.4-minilm"]
    #expect(try library.references(besides: record).map(\.id) == ["pytorch-2.4-minilm"])
    record.experiment.compareWith = []
    #expect(try library.references(besides: record).map(\.id) == library.ids)
    record.experiment.compareWith = ["tpf03"]
    #expect(throws: ReferenceError.self) { try library.references(besides: record) }
  }

  @Test("claims and contradictions are the pages' own")
  func claims() throws {
    let text = RunRecord.synthetic().claimsText(of: [try library.reference("sanh-2019")])
    #expect(text.contains("40 % smaller than BERT-base (sanh-2019)"))
    #expect(
      text.contains(" % of the teacher's accuracy on glue/sst2 dev, 872 examples; difference"))
    let both = try ["tpf02-report", "sanh-2019"].map { try library.reference($0) }
    let rows = RunRecord.synthetic().claimsText(of: both).split(separator: "\n")
      .filter { $0.contains("60 % faster than BERT-base") }
    #expect(
      rows.count == 1 && rows[0].contains("BERT-base (tpf02-report); 60 %")
        && rows[0].contains("(sanh-2019)"))
    #expect(text.contains("the nine numbers beside it have the mean 79.72"))
    #expect(RunRecord.synthetic().claimsText(of: []).isEmpty)
  }
}
