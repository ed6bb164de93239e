// The record's text: stable, compact, strictly read.

import Foundation
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortRecords

@Suite("Run record")
struct RunRecordTests {
  @Test("text and back is the same record, and the same text")
  func roundTrip() throws {
    let record = RunRecord.synthetic()
    let text = try record.text()
    let read = try RunRecord(text: text, source: "test")
    #expect(read == record)
    #expect(try read.text() == text)
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 140 })
  }

  @Test("doubles and floats survive to the last bit")
  func numbers() throws {
    var record = RunRecord.synthetic()
    let values = [
      0.1, 1 / 3.0, .leastNonzeroMagnitude, 1.7976931348623157e308, 2, 1e21, 123456789.125,
    ]
    var terms = NamedValues(values.enumerated().map { ("f\($0)", $1) })
    terms["diverged"] = .infinity
    record.stages[0].curve.points[0].terms = terms
    let read = try RunRecord(text: try record.text(), source: "test")
    for (index, value) in values.enumerated() {
      #expect(read.stages[0].curve.points[0].terms["f\(index)"]?.bitPattern == value.bitPattern)
    }
    #expect(read.stages[0].curve.points[0].terms["diverged"] == .infinity)
  }

  @Test("loss terms keep the order of the objective")
  func orderOfTerms() throws {
    let text = try RunRecord.synthetic().text()
    let read = try RunRecord(text: text, source: "test")
    #expect(
      RunRecord.LossCurve.termNames(of: read.stages.prefix(2).map(\.curve)) == [
        "soft_targets", "masked_lm", "cosine", "cross_entropy",
      ])
  }

  @Test("a kind of stage that this program does not know is read and written")
  func openKinds() throws {
    for name in ["pretrain", "distill", "finetune", "prune"] {
      var record = RunRecord.synthetic()
      record.stages[0].kind = RunRecord.StageKind(rawValue: name)
      let text = try record.text()
      #expect(text.contains("\"kind\": \"\(name)\""))
      #expect(try RunRecord(text: text, source: "test").stages[0].kind.rawValue == name)
    }
  }

  @Test("records of earlier versions are read, and written again but for what has been given up")
  func committedRecords() throws {
    let folder =
      URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().path + "/Results/records"
    let names = try Folder.names(path: folder).filter { $0.hasSuffix(".json") }
    var earlier = 0
    for name in names {
      let path = "\(folder)/\(name)"
      let text = String(decoding: try MappedFile.contents(path: path), as: UTF8.self)
      if text.contains("\"figures\": {}") { earlier += 1 }
      let record = try RunRecord.read(path: path)
      #expect(try record.text() == text.replacing("   \"figures\": {},\n", with: ""), "\(name)")
    }
    #expect(earlier >= 15)
  }

  @Test("872 predictions are eleven lines, and one changed prediction is one changed line")
  func predictionsAreCompact() throws {
    let record = RunRecord.synthetic()
    var changed = record
    // Swap a right and a wrong prediction's example: the count of correct ones stays.
    let labels = RunRecord.syntheticLabels.labels
    var predictions = try #require(changed.stages[1].evaluations[0].predictions?.labels)
    let right = try #require(predictions.indices.first { predictions[$0] == labels[$0] })
    let wrong = try #require(
      predictions.indices.first { predictions[$0] != labels[$0] && $0 / 80 == right / 80 })
    predictions[right] = 1 - predictions[right]
    predictions[wrong] = 1 - predictions[wrong]
    changed.stages[1].evaluations[0].predictions = LabelSequence(predictions)
    let before = try record.text().split(separator: "\n")
    let after = try changed.text().split(separator: "\n")
    #expect(before.count == after.count)
    #expect(zip(before, after).count { $0 != $1 } == 1)
  }

  @Test("labels of many classes come back; those of few are digits as they always were")
  func labelSequences() throws {
    func written(_ labels: [Int]) throws -> [String] {
      let text = try JSONEncoder().encode(LabelSequence(labels))
      #expect(try JSONDecoder().decode(LabelSequence.self, from: text).labels == labels)
      return try JSONDecoder().decode([String].self, from: text)
    }
    #expect(try written([0, 9, 10, 35]) == ["09az"])
    #expect(try written([]) == [])
    #expect(try written([0, 36, 7]) == ["decimal:", "0 36 7"])
    let many = try written((0..<500).map { ($0 * 31) % 77 })
    #expect(many.allSatisfy { $0.utf8.count <= 80 } && many.count > 10)
    _ = try written([Int](repeating: 1, count: 200))
    for wrong in [["0A"], ["0 1"], ["decimal:", "1 a"], ["decimal:", "-1"], ["decimal:", "+1"]] {
      let text = try JSONEncoder().encode(wrong)
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(LabelSequence.self, from: text)
      }
    }
  }

  @Test("measured fields are no part of the comparable text, everything else is")
  func comparable() throws {
    let record = RunRecord.synthetic()
    var slower = record
    slower.measured.machine.threads = 1
    slower.measured.stages["sst2"]?.wallSeconds = 9_999
    slower.measured.stages["sst2"]?.fromCache = true
    #expect(try slower.comparable() == record.comparable())
    #expect(try slower.text() != record.text())
    var other = record
    other.stages[1].epochs[0].validationLoss.ulpUp()
    #expect(try other.comparable() != record.comparable())
  }

  @Test("a stage's record on its own is as strict")
  func stageRecord() throws {
    let record = RunRecord.synthetic()
    let measured = try #require(record.measured.stages["sst2"])
    let stage = StageRecord(stage: record.stages[1], measured: measured)
    let text = try stage.text()
    #expect(try StageRecord(text: text, source: "a") == stage)
    let edited = text.replacing("\"resumes\": 0", with: "\"resumes\": 0, \"resumed\": 0")
    #expect(throws: RecordError.unknownKeys(source: "a", keys: ["measured.resumed"])) {
      try StageRecord(text: edited, source: "a")
    }
  }

  @Test("an unknown key is refused by name")
  func unknownKey() throws {
    let text = try RunRecord.synthetic().text()
      .replacing("\"budget\": \"1 epoch\"", with: "\"budget\": \"1 epoch\",\n   \"bugdet\": 3")
    let error = #expect(throws: RecordError.self) { try RunRecord(text: text, source: "a.json") }
    #expect(error == .unknownKeys(source: "a.json", keys: ["stages[0].bugdet"]))
  }

  @Test("another version is refused, saying which")
  func otherVersion() throws {
    let text = try RunRecord.synthetic().text().replacing("\"format\": 1", with: "\"format\": 2")
    let error = #expect(throws: RecordError.self) { try RunRecord(text: text, source: "a.json") }
    #expect(error == .otherVersion(source: "a.json", found: "2"))
    #expect(error?.description.contains("\n") == false)
  }

  @Test("a missing key and a value of another kind name their place")
  func missingAndMistyped() throws {
    let text = try RunRecord.synthetic().text()
    let missing = text.replacing("\"numericsVersion\": 1,\n", with: "")
    #expect(
      throws: RecordError.invalid(
        source: "a", place: "program.numericsVersion", reason: "missing")
    ) { try RunRecord(text: missing, source: "a") }
    let mistyped = text.replacing("\"steps\": 3000", with: "\"steps\": \"many\"")
    let error = #expect(throws: RecordError.self) { try RunRecord(text: mistyped, source: "a") }
    #expect(error?.description == "a: stages[0].steps: expected a whole number, found \"many\"")
  }

  @Test("cut-off text names line and column", arguments: [0, 1, 500, 20_000])
  func truncated(length: Int) throws {
    let text = String(try RunRecord.synthetic().text().prefix(length))
    let error = #expect(throws: RecordError.self) { try RunRecord(text: text, source: "a") }
    guard case .notJSON(_, let line, _, _) = error else {
      Issue.record("expected notJSON, found \(String(describing: error))")
      return
    }
    #expect(line == text.count { $0 == "\n" } + 1)
  }

  @Test("facts that contradict each other are all listed, on writing and on reading")
  func contradictions() throws {
    var record = RunRecord.synthetic()
    record.stages[1].evaluations[0].correct? += 1
    record.stages[2].evaluations[0].data = "glue/sst2 validation"
    let error = #expect(throws: RecordError.self) { try record.text() }
    guard case .inconsistent(_, let facts) = error else {
      Issue.record("expected inconsistent, found \(String(describing: error))")
      return
    }
    #expect(
      facts == [
        "sst2, glue/sst2 dev: 753 correct, the predictions say 752",
        "sst2.teacher, glue/sst2 validation: no such data set in the record",
      ])
  }

  @Test("logits are rounded to six significant digits")
  func logits() throws {
    let values: [Float] = [1.2345678, -0.00012345678, 123456.78, 0, -9.999_999_5]
    let evaluation = RunRecord.Evaluation(
      data: "d", loss: 0, correct: 0, predictions: LabelSequence([0]), logits: values)
    // [float(np.float32('%.5e' % np.float32(v))) for v in values]
    #expect(evaluation.logits == [1.23457, -0.000123457, 123457, 0, -10])
  }

  @Test("best epochs: ties keep the first")
  func best() throws {
    let epochs = [(0.31, 788), (0.30, 789), (0.30, 789), (0.42, 780)].enumerated().map {
      RunRecord.Epoch(
        epoch: $0 + 1, step: 100 * ($0 + 1), trainingLoss: nil, epochTrainingLoss: 0.2,
        validationLoss: $1.0, correct: $1.1, count: 872)
    }
    #expect(
      RunRecord.Best(of: epochs)
        == RunRecord.Best(byLoss: 2, byAccuracy: 2, kept: 2))
    #expect(RunRecord.Best(of: []) == nil)
  }
}

extension Double {
  fileprivate mutating func ulpUp() { self = nextUp }
}
