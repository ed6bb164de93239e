// Pages of students that learned without labels, from records of runs that never took place.
import RetortRecords
import RetortTestSupport
import Testing

@testable import RetortReporting

@Suite("Pages of students without labels")
struct WithoutLabelsPagesTests {
  private typealias Stage = RunRecord.Stage

  private static func judge(_ id: String, right: Int, seed: UInt64 = 1) -> Stage {
    RunRecord.syntheticFinetune(
      id: id, model: "large", correct: [right], losses: [0.4], encoder: 22_565_376, seed: seed)
  }

  /// A distillation that is evaluated, by windows of one step.
  private static func transfer(
    _ id: String, from teachers: [String: String], right: [Int], seed: UInt64 = 2
  ) -> Stage {
    var stage = RunRecord.syntheticFinetune(
      id: id, model: "student", correct: right, losses: right.map { 1 - Double($0) / 1_000 },
      encoder: 17_240_064, seed: seed)
    stage.inputs = teachers.merging(["student": "student"]) { a, _ in a }
    stage.trainedRole = "student"
    stage.data = ["sentences of reviews", "glue/sst2 dev"]
    stage.curve.window = 1
    return stage
  }

  private static func page(_ stages: [Stage]) throws -> String {
    var record = RunRecord.synthetic(name: "unlabelled")
    record.experiment.compareWith = []
    record.stages = stages
    let temporary = try TemporaryFolder()
    let folder = ResultsFolder(
      path: temporary.file("Results"), references: temporary.file("references"))
    try folder.add(record: record)
    return try #require(try folder.render()["unlabelled.md"])
  }

  /// The cells of a row below a heading: of the last table there that has such a row.
  private func row(_ begin: String, under heading: String, of page: String) throws -> [String] {
    let section = try #require(page.split(separator: "\n## ").first { $0.hasPrefix(heading) })
    let line = try #require(
      section.split(separator: "\n").last { $0.hasPrefix("| \(begin) ") }, "\(begin) in \(section)")
    return line.split(separator: "|").map { $0.split(separator: " ").joined(separator: " ") }
  }
  private let comparison = "Models compared on glue/sst2 dev"

  @Test("a student without labels is called so, and beside it what labels made of the same one")
  func names() throws {
    let page = try Self.page([
      Self.judge("judge", right: 800),
      Self.transfer("transfer", from: ["teacher": "judge"], right: [700, 720]),
      Self.finetune("transfer.no_distillation", "no_distillation", right: 680),
    ])
    #expect(
      page.contains("The student, which saw no label, has 720 of 872 right")
        && page.contains("That is 90.0 % of its teacher's 0.9174.")
        && page.contains("The student that was not distilled has 680 right"), "\(page.prefix(900))")
    #expect(try row("student without labels", under: comparison, of: page)[1] == "90.0 %")
    #expect(try row("student, not distilled", under: comparison, of: page)[1] == "85.0 %")
    #expect(!page.contains("fine-tuned model"))
    // Its own loss is no Trainer's; the fine-tunings beside it have one.
    let epochs = try row(
      "student without labels", under: "Distillations and fine-tunings", of: page)
    #expect(epochs[1...2] == ["2", "-"])
    #expect(try row("teacher", under: "Distillations and fine-tunings", of: page)[2] != "-")
    #expect(page.contains("(unlabelled-transfer-loss.svg)"))
  }

  @Test("alone it has no column for a loss that it does not have")
  func alone() throws {
    let page = try Self.page([Self.transfer("transfer", from: ["teacher": "large"], right: [700])])
    let head = try row("Run", under: "glue/sst2, epoch by epoch", of: page)
    #expect(head.prefix(4) == ["Run", "Epoch", "Validation Loss", "Accuracy"])
    #expect(
      try row("Retort", under: "glue/sst2, epoch by epoch", of: page).prefix(4)
        == ["Retort", "1", "0.3000", "0.8028"])
    #expect(
      page.contains("It learned from a teacher and read no label") && !page.contains("Trainer"))
  }

  @Test("each student is held against its own teacher, and against the best of several")
  func teachers() throws {
    let judges = [Self.judge("a", right: 800), Self.judge("b", right: 750, seed: 5)]
    let two = try Self.page(
      judges + [
        Self.transfer("from_a", from: ["teacher": "a"], right: [720]),
        Self.transfer("from_b", from: ["teacher": "b"], right: [720], seed: 9),
      ])
    #expect(try row("student without labels from_a", under: comparison, of: two)[1] == "90.0 %")
    #expect(try row("student without labels from_b", under: comparison, of: two)[1] == "96.0 %")
    #expect(try row("teacher a", under: comparison, of: two)[1] == "-")
    #expect(try row("teacher b", under: comparison, of: two)[1] == "-")
    let both = try Self.page(
      judges + [Self.transfer("both", from: ["teachers.x": "a", "teachers.y": "b"], right: [720])])
    #expect(both.contains("That is 90.0 % of the best of its 2 teachers' 0.9174."))
    let cells = try row("student without labels", under: comparison, of: both)
    #expect(cells[1] == "90.0 %" && cells[2].hasSuffix(" %"))
    #expect(both.contains("Of several teachers the share is that of the best one's accuracy"))
    #expect(!two.contains("Of several teachers"))
  }

  @Test("no two rows are called alike")
  func distinct() throws {
    var labels = Self.finetune("labels", "main", right: 732)
    labels.inputs = ["model": "transfer"]
    var again = Self.finetune("labels.teacher", "teacher", right: 805)
    again.inputs = ["model": "judge"]
    let page = try Self.page([
      Self.judge("judge", right: 800),
      Self.transfer("transfer", from: ["teacher": "judge"], right: [720]),
      labels, again,
    ])
    for name in [
      "teacher", "teacher, fine-tuned as the student", "student without labels",
      "distilled student",
    ] {
      let section = try #require(page.split(separator: "\n## ").first { $0.hasPrefix(comparison) })
      #expect(
        section.split(separator: "\n").count { $0.hasPrefix("| \(name) ") && $0.contains("MiB") }
          == 1, "\(name)")
    }
    #expect(try row("distilled student", under: comparison, of: page)[1] == "91.5 %")
  }

  private static func finetune(_ id: String, _ variant: String, right: Int) -> Stage {
    RunRecord.syntheticFinetune(
      id: id, variant: variant, model: "student", correct: [right], losses: [0.5],
      encoder: 17_240_064, seed: 3)
  }
}
