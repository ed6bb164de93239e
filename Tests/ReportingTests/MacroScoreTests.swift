// GLUE's macro score: the mean over nine tasks, from answers whose metrics are known.
import RetortRecords
import RetortTestSupport
import Testing

@testable import RetortReporting

@Suite("The macro score of GLUE")
struct MacroScoreTests {
  /// How many examples of class 1 and of class 0 are answered right and wrong.
  private struct Counts {
    var right1: Int
    var wrong1: Int
    var wrong0: Int
    var right0: Int

    var labels: [Int] { Array(repeating: 1, count: right1 + wrong1) + zeros(wrong0 + right0) }
    var predictions: [Int] {
      Array(repeating: 1, count: right1) + zeros(wrong1) + Array(repeating: 1, count: wrong0)
        + zeros(right0)
    }
    private func zeros(_ count: Int) -> [Int] { Array(repeating: 0, count: count) }
  }

  private struct Task {
    var id: String
    var metrics: [String]?
    var counts: Counts
    /// MNLI's second set.
    var further: Counts?
  }

  private static func right(_ percent: Int) -> Counts {
    Counts(
      right1: percent / 2, wrong1: 50 - percent / 2, wrong0: 50 - percent / 2, right0: percent / 2)
  }

  // CoLA: (75 · 75 - 25 · 25) / 100² = 0.5. MRPC: 170 of 200 right, F1 120 / 150. QQP: 150 of 200, F1 100 / 150.
  private static let tasks = [
    Task(
      id: "cola", metrics: ["matthews_correlation"],
      counts: Counts(right1: 75, wrong1: 25, wrong0: 25, right0: 75)),
    Task(id: "mnli", counts: right(80), further: right(84)),
    Task(
      id: "mrpc", metrics: ["accuracy", "f1"],
      counts: Counts(right1: 60, wrong1: 15, wrong0: 15, right0: 110)),
    Task(id: "qnli", counts: right(88)),
    Task(
      id: "qqp", metrics: ["accuracy", "f1"],
      counts: Counts(right1: 50, wrong1: 25, wrong0: 25, right0: 100)),
    Task(id: "rte", counts: right(60)),
    Task(id: "sst2", counts: right(90)),
    Task(id: "wnli", counts: right(56)),
  ]

  // In order, so Spearman's is 1; Pearson's is 5 / √(2 · 15.1667) = 0.9078.
  private static let numbers: [Float] = [0, 1, 2]
  private static let predicted: [Float] = [0, 0.5, 5]

  private static func stage(_ id: String, _ evaluations: [RunRecord.Evaluation]) -> RunRecord.Stage
  {
    var stage = RunRecord.syntheticFinetune(
      id: id, model: "student", correct: [1], losses: [0.5], encoder: 66_362_880)
    stage.data = ["glue/\(id) train"] + evaluations.map(\.data)
    stage.evaluations = evaluations
    stage.epochs[0].correct = evaluations[0].correct
    stage.epochs[0].count = evaluations[0].count
    stage.best = .init(of: stage.epochs, kept: 1, rule: "last")
    return stage
  }

  private static func evaluation(
    _ data: String, _ counts: Counts, epoch: Int?
  ) -> RunRecord.Evaluation {
    .init(
      data: data, epoch: epoch, loss: 0.5, correct: counts.right1 + counts.right0,
      predictions: LabelSequence(counts.predictions))
  }

  private static var record: RunRecord {
    var record = RunRecord.synthetic(name: "nine", seed: 1)
    record.experiment.compareWith = ["sanh-2019"]
    record.stages = []
    record.data = []
    func add(
      _ name: String, _ labels: [Int]?, _ numbers: [Float]? = nil, _ metrics: [String]?
    ) {
      record.data.append(
        .init(
          name: name, digest: "00", examples: labels?.count ?? numbers?.count ?? 0, tokens: 1,
          labels: labels.map { LabelSequence($0) }, numbers: numbers, metrics: metrics))
    }
    for task in tasks {
      let data = "glue/\(task.id) dev"
      var evaluations = [evaluation(data, task.counts, epoch: 1)]
      add("glue/\(task.id) train", [0], nil, nil)
      add(data, task.counts.labels, nil, task.metrics)
      if let further = task.further {
        evaluations.append(evaluation("glue/\(task.id)_mismatched dev", further, epoch: nil))
        add("glue/\(task.id)_mismatched dev", further.labels, nil, task.metrics)
      }
      record.stages.append(stage(task.id, evaluations))
    }
    add("glue/stsb train", nil, numbers, nil)
    add("glue/stsb dev", nil, numbers, ["pearson", "spearmanr"])
    record.stages.append(
      stage(
        "stsb",
        [
          .init(
            data: "glue/stsb dev", epoch: 1, loss: 0.5, correct: nil, predictions: nil,
            logits: predicted)
        ]))
    return record
  }

  private static let page = Result {
    let temporary = try TemporaryFolder()
    let folder = ResultsFolder(
      path: temporary.file("Results"), references: repositoryRoot + "/Experiments/references")
    try folder.add(record: record)
    return try #require(try folder.render()["nine.md"])
  }

  private func cells(_ begin: String) throws -> [String] {
    let line = try #require(
      Self.page.get().split(separator: "\n").first { $0.hasPrefix("| \(begin) ") }, "\(begin)")
    return line.split(separator: "|").map { $0.split(separator: " ").joined(separator: " ") }
  }

  @Test("two metrics count as their mean, and MNLI's two sets as theirs")
  func scores() throws {
    #expect(
      try cells("Model") == [
        "Model", "Score", "Without WNLI", "CoLA", "MNLI", "MRPC", "QNLI", "QQP", "RTE", "SST-2",
        "WNLI", "STS-B",
      ])
    // (50 + 82 + 82.5 + 88 + 70.833 + 60 + 90 + 56 + 95.392) / 9, and without 56 by 8
    #expect(
      try cells("student") == [
        "student", "75.0", "77.3", "50.0", "82.0", "82.5", "88.0", "70.8", "60.0", "90.0", "56.0",
        "95.4",
      ])
  }

  @Test("the paper's nine figures have the score that it prints")
  func published() throws {
    #expect(
      try cells("DistilBERT (sanh-2019)").prefix(3) == ["DistilBERT (sanh-2019)", "77.0", "79.6"])
    // It prints 79.5: the contradiction that the reference names.
    #expect(
      try cells("BERT-base (sanh-2019)").prefix(3) == ["BERT-base (sanh-2019)", "79.7", "83.0"])
  }

  @Test("the details have a row for each set and each metric")
  func details() throws {
    let page = try Self.page.get()
    for (begin, value) in [
      ("glue/mnli | 100 | Accuracy", "0.8000"), ("glue/mnli_mismatched | 100 | Accuracy", "0.8400"),
      ("glue/mrpc | 200 | Accuracy", "0.8500"), ("glue/mrpc | 200 | F1", "0.8000"),
      ("glue/stsb | 3 | Pearson", "0.9078"), ("glue/stsb | 3 | Spearman", "1.0000"),
    ] {
      let line = page.split(separator: "\n").map {
        $0.split(separator: " ").joined(separator: " ")
      }.first { $0.hasPrefix("| \(begin)") }
      #expect(
        try #require(line, "\(begin)").contains("| student | 1 | \(value) |"), "\(line ?? "")")
    }
    #expect(
      page.contains(
        "In hundredths, on the development sets: CoLA Matthews correlation, MNLI Accuracy, MRPC Accuracy and F1"
      ))
  }
}
