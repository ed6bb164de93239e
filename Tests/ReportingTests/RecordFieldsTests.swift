// What pages read from fields of a record; records from before these fields keep their sentences.
import RetortRecords
import RetortTestSupport
import Testing

@testable import RetortReporting

@Suite("Fields of a record on its page")
struct RecordFieldsTests {
  private func page(_ record: RunRecord) throws -> String {
    let files = ExperimentPage(
      ExperimentRuns(name: record.experiment.name, records: [record], references: [])
    ).files
    return try #require(files["\(record.experiment.name).md"])
  }

  @Test(
    "the factors in the losses are named by term; an earlier record's are those of soft targets")
  func scales() throws {
    var record = RunRecord.synthetic()
    let earlier = "without the weights, soft targets with their T²; the weighted sum"
    #expect(try page(record).contains(earlier))
    for index in record.stages.indices { record.stages[index].curve.scales = [] }
    #expect(try page(record).contains("without the weights; the weighted sum"))
    record.stages[0].curve.scales = [
      .init(term: "soft_targets", factor: 4, option: "temperature", value: 2),
      .init(term: "reverse_kl", factor: 16, option: "temperature", value: 4),
    ]
    #expect(
      try page(record).contains(
        "without the weights, soft_targets with its factor 4 (temperature 2), reverse_kl with its "
          + "factor 16 (temperature 4); the weighted sum"))
    record.stages[1].curve.scales = nil
    #expect(try page(record).contains(earlier))
  }

  @Test("an entropy over kept words is said to be one by the field, whatever the term is called")
  func keptLogits() throws {
    func text(_ name: String, _ readsKeptLogits: Bool?) throws -> String {
      var record = RunRecord.synthetic()
      record.stages[0].accounting = .init(
        every: 50,
        terms: [
          .init(
            name: name, weight: 1, scale: 4, scaledBy: .init(name: "temperature", value: 2),
            measures: ["teacher_entropy"], readsKeptLogits: readsKeptLogits)
        ],
        points: [
          .init(
            step: 1, values: [0.8], gradientNorms: [0.5], gradientCosines: [],
            measurements: ["teacher_entropy": 2.5])
        ])
      return try page(record)
    }
    let (all, kept) = ("as of 12 words it held equally likely", "over the words that were kept")
    for name in ["soft_targets", "reverse_kl"] {
      #expect(try text(name, false).contains(all))
      #expect(try text(name, true).contains(kept))
    }
    #expect(try text("soft_targets", nil).contains(all))
    #expect(try text("soft_targets_top_k", nil).contains(kept))
  }

  @Test(
    "what chose the kept epoch is named",
    arguments: [
      ("f1_macro", 3, "Kept: epoch 3, best by f1_macro."), ("last", 3, "Kept: epoch 3, the last."),
      ("eval_loss", 1, "Kept: epoch 1, best by validation loss."),
      (nil, 1, "Kept: epoch 1."),
    ] as [(String?, Int, String)])
  func rule(_ rule: String?, kept: Int, text: String) throws {
    var record = RunRecord.synthetic()
    record.stages[1].best = .init(byLoss: 1, byAccuracy: 2, kept: kept, rule: rule)
    #expect(try page(record).contains(text))
    // Best by everything: a usual rule needs no sentence, a metric of its own does.
    record.stages[1].best = .init(byLoss: 1, byAccuracy: 1, kept: 1, rule: rule)
    let isSaid = try page(record).contains("Kept: epoch 1")
    #expect(isSaid == (rule == "f1_macro" || rule == "last"))
  }

  @Test("how a training set was made smaller stands below the data, and nothing where it was not")
  func selection() throws {
    var record = RunRecord.synthetic()
    let before = try page(record)
    record.data[0].selection = .init(
      examples: 9, balance: ["a": 4, "b": 5],
      steps: ["training set: 9", "labels: 4 of 9 rows are kept"])
    let name = record.data[0].name
    let line = "- \(name): training set: 9; labels: 4 of 9 rows are kept.\n"
    #expect(try page(record).contains(line) && !before.contains("training set: 9"))
  }

  @Test("the input that was trained is the one of the trained role")
  func trainedRole() {
    var stage = RunRecord.syntheticDistill
    #expect(stage.trainedInput == "student")
    stage.inputs = ["model": "guide", "pupil": "student"]
    #expect(stage.trainedInput == "guide")
    stage.trainedRole = "pupil"
    #expect(stage.trainedInput == "student")
    var record = RunRecord.synthetic()
    record.stages[0] = stage
    #expect(record.contradictions().isEmpty)
    record.stages[0].trainedRole = "scholar"
    #expect(
      record.contradictions() == ["distil: it trains its scholar, and no input has that role"])
  }

  @Test("whether a model of random values was taught here follows from what it was drawn for")
  func drawnFor() {
    func teaching(_ drawn: RunRecord.Weights.DrawnFor?, _ source: String, teacher: Bool) -> String?
    {
      var record = RunRecord.synthetic()
      record.weights[1].origin = .random
      record.weights[1].source = source
      record.weights[1].drawnFor = drawn
      if !teacher { record.stages[0].inputs["teacher"] = nil }
      return record.teaching(of: record.weights[1])
    }
    #expect(teaching(.definition, "thrown dice", teacher: false) == "distil")
    #expect(teaching(.definition, "thrown dice", teacher: true) == nil)
    #expect(teaching(.student, "thrown dice", teacher: true) == "distil")
    #expect(teaching(.file, "random, seed 1", teacher: false) == nil)
    // Earlier records say it in words.
    #expect(teaching(nil, "random, seed 1", teacher: false) == "distil")
    #expect(
      teaching(nil, "random, seed 1, sizes of a student of teacher", teacher: true) == "distil")
    #expect(teaching(nil, "folder base, random, seed 1", teacher: false) == nil)
  }

  @Test(
    "where a stored classifier and a teacher's outputs came from stands among the stage's inputs")
  func provenance() throws {
    var record = RunRecord.synthetic()
    record.stages[0].targets = "activation store: last hidden states of 384, f16"
    record.stages[1].classifier = .stored
    record.stages[2].classifier = .new
    let page = try page(record)
    #expect(
      page.contains(
        "student: student, targets: activation store: last hidden states of 384, f16, teacher: "
          + "teacher_mlm"))
    #expect(page.contains("classifier: stored with distil, model: distil"))
    #expect(page.components(separatedBy: "classifier: ").count == 2)
  }

  @Test("a record with all of them is read as it was written")
  func roundTrip() throws {
    var record = RunRecord.synthetic()
    record.weights[1].drawnFor = .student
    record.weights[1].sizesOf = "teacher"
    record.stages[0].trainedRole = "student"
    record.stages[0].targets = "activation store"
    record.stages[0].curve.scales = [
      .init(term: "soft_targets", factor: 4, option: "temperature", value: 2)
    ]
    record.stages[1].classifier = .stored
    record.stages[1].best?.rule = "f1_macro"
    #expect(try RunRecord(text: record.text(), source: "r") == record)
  }
}
