// The metrics log: whole lines only, none twice.

import Foundation
import RetortTestSupport
import Testing

@testable import RetortRecords

@Suite("Metrics log")
struct MetricsLogTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func line(_ stage: String, _ step: Int) -> MetricsLine {
    MetricsLine(
      event: .step, stage: stage, step: step, epoch: 1,
      values: ["loss": 1 / Double(step), "learning_rate": 2e-05])
  }

  @Test("what was appended is read back, line for line")
  func roundTrip() throws {
    let path = folder.file("metrics.jsonl")
    let log = try MetricsLog(path: path)
    var diverged = line("a", 3)
    diverged.values["loss"] = .infinity
    for entry in [line("a", 1), line("a", 2), diverged] { try log.append(entry) }
    try log.synchronize()
    #expect(try MetricsLog.read(path: path) == [line("a", 1), line("a", 2), diverged])
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(
      text.hasPrefix(
        "{\"epoch\": 1, \"event\": \"step\", \"stage\": \"a\", \"step\": 1, "
          + "\"values\": {\"learning_rate\": 2e-05, \"loss\": 1}}\n"))
  }

  @Test("a run resumed from step 2 has every step once, whatever the kill left", arguments: 0..<60)
  func resume(cut: Int) throws {
    let path = folder.file("metrics.jsonl")
    let log = try MetricsLog(path: path)
    for entry in [line("a", 1), line("b", 1), line("b", 2), line("b", 3)] { try log.append(entry) }
    log.close()
    // The kill: a part of the last line is missing.
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try whole.dropLast(cut).write(to: URL(fileURLWithPath: path))
    let resumed = try MetricsLog(path: path, resuming: ("b", 2))
    try resumed.append(line("b", 3))
    #expect(
      try MetricsLog.read(path: path) == [line("a", 1), line("b", 1), line("b", 2), line("b", 3)])
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == whole)
  }

  @Test("a stage begun anew loses its lines, the others keep theirs")
  func restart() throws {
    let path = folder.file("metrics.jsonl")
    let log = try MetricsLog(path: path)
    for entry in [line("a", 1), line("b", 1), line("c", 1)] { try log.append(entry) }
    log.close()
    _ = try MetricsLog(path: path, resuming: ("b", 0))
    #expect(try MetricsLog.read(path: path) == [line("a", 1), line("c", 1)])
  }

  @Test("a damaged line in the middle is an error with its number")
  func damaged() throws {
    let path = folder.file("metrics.jsonl")
    let log = try MetricsLog(path: path)
    for step in 1...3 { try log.append(line("a", step)) }
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try text.replacing("\"step\": 2", with: "\"step\": ").write(
      toFile: path, atomically: true, encoding: .utf8)
    let error = #expect(throws: MetricsError.self) { try MetricsLog.read(path: path) }
    guard case .damaged(_, 2, _) = error else {
      Issue.record("expected damage in line 2, found \(String(describing: error))")
      return
    }
  }

  @Test("a full disk is an error, and leaves whole lines")
  func fullDisk() throws {
    // Every write to this device fails as on a full disk.
    let log = try MetricsLog(path: "/dev/full")
    let error = #expect(throws: MetricsError.self) { try log.append(line("a", 1)) }
    #expect(error?.description.contains("No space left") == true)
  }
}
