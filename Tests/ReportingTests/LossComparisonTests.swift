// Loss logs: read, refused, compared.
import Foundation
import RetortRecords
import RetortTestSupport
import Testing

@testable import RetortReporting

@Suite("Loss logs") struct LossComparisonTests {
  private func log(_ losses: [Double], first: Int = 1, _ source: String = "a") -> LossLog {
    LossLog(
      source: source,
      steps: losses.enumerated().map { LossLog.Step(step: first + $0.offset, loss: $0.element) })
  }

  private func read(_ text: String, stage: String? = nil) throws -> LossLog {
    let folder = try TemporaryFolder()
    let path = folder.file("log.jsonl")
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return try LossLog.read(path: path, stage: stage)
  }

  @Test func findsTheFirstStepBeyondAndTheLargest() throws {
    let comparison = try LossComparison(
      log([1, 2, 3.5, 4.25, 5]), with: log([1, 2.000001, 3, 4, 5]), tolerance: 1e-5)
    #expect(comparison.steps == 5)
    #expect(comparison.firstBeyond?.step == 3)
    #expect(comparison.largest.step == 3 && comparison.largest.magnitude == 0.5)
    #expect(comparison.largestRelative.step == 3)
    #expect(comparison.course.map(\.step) == [1, 2, 3, 4, 5])
    let wider = try LossComparison(
      log([1, 2, 3.5]), with: log([1, 2.000001, 3]), tolerance: 0.5)
    #expect(wider.firstBeyond == nil)
  }

  @Test func comparesWhatBothHave() throws {
    let comparison = try LossComparison(
      log([1, 2, 3]), with: log([3, 4], first: 3), tolerance: 0)
    #expect(comparison.steps == 1 && comparison.onlyInRun == 2 && comparison.onlyInReference == 1)
    #expect(throws: LossLogError.nothingInCommon("a", "b")) {
      try LossComparison(log([1]), with: log([1], first: 9, "b"), tolerance: 0)
    }
  }

  @Test("an epoch that looks the same in both is one row")
  func epochRows() throws {
    var (run, other) = (log([1, 2]), log([1, 2], "b"))
    func epoch(_ number: Int, _ loss: Double) -> LossLog.Epoch {
      LossLog.Epoch(epoch: number, step: number, validationLoss: loss)
    }
    run.epochs = [epoch(1, 0.5), epoch(2, 0.25)]
    // The last one twice, as a log has it whose program evaluates once more at the end.
    other.epochs = [epoch(1, 0.50001), epoch(2, 0.375), epoch(2, 0.375)]
    let table = try LossComparison(run, with: other, tolerance: 0).epochTable.text(width: 100)
    let rows = table.split(separator: "\n").map { $0.split(separator: " ").first.map(String.init) }
    #expect(rows.suffix(3) == ["both", "run", "log"], "\(table)")
  }

  @Test func notANumberIsBeyondAnyTolerance() throws {
    let comparison = try LossComparison(
      log([1, .nan, 3]), with: log([1, 2, 3]), tolerance: 1e9)
    #expect(comparison.firstBeyond?.step == 2)
    #expect(comparison.largest.step == 2)
  }

  @Test func readsAnotherProgramsLog() throws {
    let text = """
      {"step": 1, "loss": 0.7, "grad_norm": 1.5}

      {"step": 2, "loss": NaN}
      {"epoch": 0.5, "step": 1, "eval_loss": 0.6}
      {"epoch": 1.0, "step": 2, "eval_loss": 0.5, "eval_accuracy": 0.75, "training_loss": null}
      {"epoch": 1e300, "eval_loss": 1}
      {"epoch": Infinity, "eval_loss": 1}
      {"step": 3, "loss": null}
      """
    // The last line is whole without its line feed; a part of a line that a kill left is passed over.
    for end in ["", "\n", "\n{\"step\": 4, \"lo"] {
      let log = try read(text + end)
      #expect(log.steps.map(\.step) == [1, 2, 3], "\(end)")
      #expect(log.steps[1].loss.isNaN)
      #expect(
        log.epochs == [
          LossLog.Epoch(epoch: 1, step: 1, passes: 0.5, validationLoss: 0.6),
          LossLog.Epoch(epoch: 1, step: 2, validationLoss: 0.5, accuracy: 0.75),
        ])
    }
  }

  @Test(
    "rows are compared that were found after as many steps; by epochs where steps are not known")
  func rowsBesideEachOther() {
    func row(_ epoch: Int, _ step: Int?, _ passes: Double? = nil) -> LossLog.Epoch {
      LossLog.Epoch(epoch: epoch, step: step, passes: passes, validationLoss: 0.5)
    }
    #expect(row(2, 14, 2).isBeside(row(2, 14)) && !row(2, 10, 1.5).isBeside(row(2, 14)))
    #expect(row(2, nil).isBeside(row(2, 14)) && !row(2, nil).isBeside(row(3, nil)))
    #expect(!row(2, nil).isBeside(row(2, 10, 1.5)))
    #expect(row(2, 10, 1.5).number == 10 && row(2, 14).number == 2)
  }

  @Test("bytes that are not UTF-8 are a mistake with its place", arguments: [true, false])
  func notUTF8(inKey: Bool) throws {
    let folder = try TemporaryFolder()
    let file = folder.file("log.jsonl")
    let bytes: [UInt8] =
      inKey
      ? Array("{\"step\": 1, \"lo".utf8) + [0xFF]
        + Array("ss\": 2}\n{\"step\": 2, \"loss\": 1}\n".utf8)
      : Array("{\"step\": 1, \"loss\": ".utf8) + [0xFF]
        + Array("}\n{\"step\": 2, \"loss\": 1}\n".utf8)
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    let error = #expect(throws: LossLogError.self) { try LossLog.read(path: file, stage: nil) }
    #expect(
      error?.description.contains("log.jsonl:1:\(inKey ? 13 : 21)") == true,
      "\(String(describing: error))")
  }

  @Test func readsTheStageOfARun() throws {
    func line(_ event: String, _ stage: String, _ step: Int, _ values: String) -> String {
      """
      {"epoch": 1, "event": "\(event)", "stage": "\(stage)", "step": \(step), "values": {\(values)}}

      """
    }
    let one = line("step", "a", 1, "\"loss\": 0.5")
    let two =
      line("step", "b", 1, "\"loss\": 2") + line("step", "b", 2, "\"loss\": 3")
      + line("epoch", "b", 2, "\"loss\": 2, \"validation_loss\": 0.25")
    #expect(try read(one).steps == [LossLog.Step(step: 1, loss: 0.5)])
    #expect(try read(one + two, stage: "b").steps.map(\.loss) == [2, 3])
    for (text, stage, part) in [
      (one + two, nil, "several stages; name one with --stage: a, b"), (one, "c", "no stage c"),
      (one + "{\"step\": 2, \"loss\": 2}\n" + one, nil, "not a line of metrics"),
      ("{\"step\": 2, \"loss\": 2}\n{\"step\": 2, \"loss\": 2}\n", nil, ":2: step 2 after step 2"),
      (
        "loss 2\nloss 3\n", nil,
        ":1:1: expected a JSON object with step (a whole number) and loss (a number): expected a value"
      ),
      ("", nil, "no step with a loss"),
    ] as [(String, String?, String)] {
      let error = #expect(throws: LossLogError.self) { try read(text, stage: stage) }
      #expect(error?.description.contains(part) ?? false, "\(part) in \(String(describing: error))")
    }
  }

  @Test func aFinishedRunsEpochsAreItsRecords() throws {
    let record = RunRecord.synthetic()
    let folder = try TemporaryFolder()
    try record.text().write(
      toFile: folder.file("record.json"), atomically: true, encoding: .utf8)
    try """
    {"epoch": 1, "event": "step", "stage": "sst2", "step": 1, "values": {"loss": 0.5}}

    """.write(toFile: folder.file("metrics.jsonl"), atomically: true, encoding: .utf8)
    let log = try LossLog.read(path: folder.path, stage: nil)
    let stage = try #require(record.stages.first { $0.id == "sst2" })
    #expect(log.epochs.map(\.validationLoss) == stage.epochs.map(\.validationLoss))
    #expect(log.epochs.map(\.accuracy) == stage.epochs.map(\.accuracy))
  }

  @Test(arguments: [1, 9, 10, 11, 21, 95])
  func theCourseIsCutInTenths(steps: Int) throws {
    let losses = (1...steps).map { Double($0) }
    let comparison = try LossComparison(
      log(losses), with: log(losses.map { 1.001 * $0 }), tolerance: 1)
    #expect(comparison.course.count == min(10, steps))
    #expect(comparison.course.last?.step == steps)
    #expect(
      try LossComparison(log([0, 1]), with: log([0, 2]), tolerance: 1).largestRelative.step == 2)
  }
}
