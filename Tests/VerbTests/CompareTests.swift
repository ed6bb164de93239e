// `retort compare`, and a replay of Hugging Face's Trainer from the command line.
import Foundation
import Glibc
import RetortTestSupport
import Testing

@Suite struct CompareTests {
  private func write(_ losses: [Double], to path: String) throws {
    let lines = losses.enumerated().map {
      "{\"step\": \($0.offset + 1), \"loss\": \($0.element)}\n"
    }
    try lines.joined().write(toFile: path, atomically: true, encoding: .utf8)
  }

  @Test func saysWhereTwoLogsPart() throws {
    let folder = try TemporaryFolder()
    let (one, other) = (folder.file("one.jsonl"), folder.file("other.jsonl"))
    try write([0.5, 0.25, 0.125], to: one)
    try write([0.5, 0.25, 0.25], to: other)
    let record = folder.file("record.json")
    let result = try RetortProcess.run(["compare", one, "--with", other, "--record", record])
    #expect(result.status == 1)
    #expect(result.output.contains("first beyond 1e-05  0.125 at step 3"))
    #expect(result.errorLines.count == 1)
    #expect(result.errors.contains("differ by 0.125 at step 3, beyond the tolerance of 1e-05"))
    #expect(FileManager.default.fileExists(atPath: record))
    expectFailure(
      try RetortProcess.run(["compare", one, "--with", other, "--record", other]),
      saying: "name another file")
    #expect(try String(contentsOfFile: other, encoding: .utf8).contains("\"loss\": 0.25"))

    #expect(
      try RetortProcess.run(["compare", one, "--with", other, "--note", "said"]).status == 64,
      "a note that nothing would keep")
    let noted = try RetortProcess.run(
      ["compare", one, "--with", other, "--record", record, "--note", "two logs of a test"])
    #expect(noted.status == 1)
    #expect(
      try String(contentsOfFile: record, encoding: .utf8).contains(
        "\"note\": \"two logs of a test\""))

    let wider = try RetortProcess.run(["compare", one, "--with", other, "--tolerance", "0.2"])
    #expect(wider.status == 0)
    #expect(wider.output.contains("within 0.2 at every step compared"))
    let json = try RetortProcess.run(["compare", one, "--with", other, "--json"])
    let tree = try #require(
      JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect((tree["firstBeyond"] as? [String: Any])?["step"] as? Int == 3)
  }

  @Test func refusesWhatIsNoLog() throws {
    let folder = try TemporaryFolder()
    let log = folder.file("log.jsonl")
    try write([1], to: log)
    expectFailure(
      try RetortProcess.run(["compare", folder.file("none"), "--with", log]), saying: "none")
    try "loss 0.5\nloss 0.25\n".write(
      toFile: folder.file("text"), atomically: true, encoding: .utf8)
    expectFailure(
      try RetortProcess.run(["compare", log, "--with", folder.file("text")]),
      saying: "text:1:1: expected a JSON object with step (a whole number) and loss")
    #expect(
      try RetortProcess.run(["compare", log, "--with", log, "--tolerance", "-1"]).status == 64)
  }

  /// The first steps of the 300 that Tests/Peers/trainer_log.py logged.
  @Test(
    "on MiniLM and SST-2, dropout on, each loss is the Trainer's within 1e-5",
    .enabled(if: ReplayData.isThere, Comment(rawValue: ReplayData.reason)))
  func replaysTheTrainer() throws {
    let folder = try TemporaryFolder()
    let repository = TinyExperiment.repository
    let running = try RunningRetort(
      [
        "run", "\(repository)/Experiments/sst2-minilm-replay.yaml", "--runs", folder.file("Runs"),
        "--set", "stages.sst2.limit={steps: 300}",
      ], environment: ["RETORT_CACHE": folder.file("cache")])
    let run = folder.file("Runs/sst2-minilm-replay")
    let deadline = ContinuousClock.now + .seconds(300)
    func steps() -> Int {
      let text = try? String(contentsOfFile: "\(run)/metrics.jsonl", encoding: .utf8)
      return text?.count(where: \.isNewline) ?? 0
    }
    while steps() < 80 {
      try #require(running.isRunning, "ended early: \(running.errorsSoFar)")
      try #require(ContinuousClock.now < deadline, "too slow: \(steps()) steps")
      usleep(100_000)
    }
    running.send(signal: SIGTERM)
    #expect(running.wait().status == 143)
    let log = "\(repository)/Experiments/references/trainer-minilm-sst2/steps-300.jsonl"
    let result = try RetortProcess.run(["compare", run, "--with", log])
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.contains("within 1e-05 at every step compared"))
  }
}

private enum ReplayData {
  static let isThere: Bool = {
    guard let mirror = ProcessInfo.processInfo.environment["RETORT_MIRROR"] else { return false }
    return [
      "hub/sentence-transformers/all-MiniLM-L6-v2/model.safetensors", "data/glue/SST-2/train.tsv",
    ]
    .allSatisfy { FileManager.default.fileExists(atPath: "\(mirror)/\($0)") }
  }()
  static let reason = "needs all-MiniLM-L6-v2 and SST-2 under RETORT_MIRROR"
}
