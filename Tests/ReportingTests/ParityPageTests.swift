// Results/parity.md from its records.
import Foundation
import RetortTestSupport
import Testing

@testable import RetortReporting

@Suite struct ParityPageTests {
  private func results(_ files: [String: String]) throws -> (ResultsFolder, TemporaryFolder) {
    let folder = try TemporaryFolder()
    for path in ["Results/records/parity", "references"] {
      try FileManager.default.createDirectory(
        atPath: folder.file(path), withIntermediateDirectories: true)
    }
    for (name, text) in files {
      try text.write(
        toFile: folder.file("Results/records/parity/\(name)"), atomically: true, encoding: .utf8)
    }
    return (
      ResultsFolder(path: folder.file("Results"), references: folder.file("references")), folder
    )
  }

  private let ladder = """
    {"kernel": "Haswell", "rows": [
      {"suite": "Optimizer", "test": "100 steps", "values": 1956, "largestAbsolute": 0,
       "largestRelative": 0, "toleranceAbsolute": 0, "toleranceRelative": 0, "largestShare": 0,
       "reason": "the same bits"},
      {"suite": "Operation", "test": "linear", "values": 25090, "largestAbsolute": 4.8e-6,
       "largestRelative": 2.8e-7, "toleranceAbsolute": 5e-6, "toleranceRelative": 1e-5,
       "largestShare": 0.28, "reason": "sums"},
      {"suite": "Unheard", "test": "of", "values": 1, "largestAbsolute": 0.5,
       "largestRelative": 0.25, "toleranceAbsolute": 1, "toleranceRelative": 0,
       "largestShare": 0.5, "reason": "none"}]}
    """

  @Test func showsTheLadderInItsOrderAndTheReplays() throws {
    var run = LossLog(
      source: "Runs/a", stage: "sst2",
      steps: (1...20).map { LossLog.Step(step: $0, loss: 1 + Double($0) * 1e-7) })
    run.epochs = [LossLog.Epoch(epoch: 1, trainingLoss: 0.5, validationLoss: 0.25, accuracy: 0.75)]
    var log = LossLog(
      source: "log.jsonl", steps: (1...20).map { LossLog.Step(step: $0, loss: 1) })
    log.epochs = [LossLog.Epoch(epoch: 1, trainingLoss: nil, validationLoss: 0.3, accuracy: 0.7)]
    let comparison = try LossComparison(run, with: log, tolerance: 1e-6)
    let text = String(decoding: try JSONEncoder().encode(comparison), as: UTF8.self)
    let (results, folder) = try results(["ladder.json": ladder, "replay.json": text])
    defer { withExtendedLifetime(folder) {} }
    let files = try results.render()
    let page = try #require(files["parity.md"])
    for part in [
      "kernel Haswell", "step 11, by 1.1e-06 (1e-06)", "| Retort", "| PyTorch", "No log",
      "4.8e-06", "5e-06 + 1e-05 relative", "28 %", "equal", "`Runs/a#sst2`", "`log.jsonl`",
    ] {
      #expect(page.contains(part), "\(part) in \(page)")
    }
    let places = try ["linear", "100 steps", "Unheard"].map {
      try #require(page.range(of: $0)).lowerBound
    }
    #expect(places == places.sorted())
    #expect(try results.render() == files)
    #expect(files["README.md"]?.contains("parity.md") == true)
  }

  @Test func noRecordsNoPage() throws {
    let (results, folder) = try results([:])
    defer { withExtendedLifetime(folder) {} }
    let files = try results.render()
    #expect(files["parity.md"] == nil && files["README.md"]?.contains("parity.md") == false)
  }

  @Test func aDamagedRecordIsNamed() throws {
    let (results, folder) = try results(["ladder.json": "{}"])
    defer { withExtendedLifetime(folder) {} }
    let error = #expect(throws: ResultsError.self) { try results.render() }
    #expect(
      error?.description.contains("ladder.json: kernel: missing") == true,
      "\(String(describing: error))")
  }
}
