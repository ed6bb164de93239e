// `retort run` and its kin: to the end, interrupted, resumed, in each other's way.
import Foundation
import Glibc
import RetortRecords
import RetortReporting
import Testing

@Suite(.serialized) struct RunVerbTests {
  private func record(_ experiment: TinyExperiment) throws -> RunRecord {
    try RunRecord.read(path: "\(experiment.runFolder)/record.json")
  }

  /// Waits until so many lines of metrics are on the disk, where they are put with every checkpoint.
  private func waitForMetrics(
    _ count: Int, of experiment: TinyExperiment, _ running: RunningRetort
  ) throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while experiment.metricsLines() < count {
      try #require(running.isRunning, "ended early: \(running.errorsSoFar)")
      try #require(ContinuousClock.now < deadline, "no steps: \(running.errorsSoFar)")
      usleep(2000)
    }
  }

  /// Waits until a stage is at its first step.
  private func waitForStage(_ stage: String, _ running: RunningRetort) throws {
    let deadline = ContinuousClock.now + .seconds(120)
    func isThere() -> Bool {
      running.errorsSoFar.split(whereSeparator: \.isNewline).contains {
        $0.hasPrefix("\(stage) ") && $0.contains("  step 1/")
      }
    }
    while !isThere() {
      try #require(running.isRunning, "ended early: \(running.errorsSoFar)")
      try #require(ContinuousClock.now < deadline, "no steps: \(running.errorsSoFar)")
      usleep(2000)
    }
  }

  @Test func runsToATableAndFindsItsStagesAgain() throws {
    let experiment = try TinyExperiment()
    let first = try experiment.run("run")
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.output.contains("no_distillation") || first.output.contains("accuracy"))
    #expect(first.errors.contains("distil"))
    let record = try record(experiment)
    #expect(record.stages.map(\.id).contains("distil"))
    #expect(record.measured.command.hasPrefix("retort run "))
    #expect(!record.measured.command.contains("--runs"), "where runs lie is the machine's affair")

    let second = try experiment.run("run")
    #expect(second.status == 0, "\(second.errors)")
    #expect(second.output == first.output, "results are the same")
    #expect(try self.record(experiment).comparable() == record.comparable())
    #expect(second.errors.contains("found in the cache"))
  }

  @Test func foretellsAsJSON() throws {
    let experiment = try TinyExperiment()
    func explain(_ more: String...) throws -> RetortProcess {
      let arguments = experiment.arguments("explain", more).filter {
        $0 != "--runs" && $0 != experiment.folder.file("Runs")
      }
      return try RetortProcess.run(arguments, environment: experiment.environment())
    }
    let result = try explain("--json")
    #expect(result.status == 0, "\(result.errors)")
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let stages = try #require(json["stages"] as? [[String: Any]])
    #expect(
      stages.map { $0["id"] as? String } == [
        "teacher_mlm", "distil", "sentiment", "sentiment.no_distillation",
      ])
    func sum(_ key: String) -> Double {
      stages.reduce(0) { $0 + ($1[key] as? Double ?? .nan) }
    }
    #expect(
      stages.allSatisfy { ($0["steps"] as? Int ?? 0) > 0 && $0["is_cached"] as? Bool == false })
    let seconds = try #require(json["seconds"] as? Double)
    #expect(abs(sum("seconds") - seconds) <= 1e-9 * seconds && seconds > 0)
    // Checkpoints go when a stage is done, what it made stays.
    let disk = try #require(json["disk_bytes"] as? Double)
    #expect(disk > sum("kept_bytes") && disk < sum("disk_bytes"))
    #expect((json["memory_bytes"] as? Int ?? 0) > 1 << 20)
  }

  @Test func listsVariantsAndStagesWithoutReadingAnything() throws {
    let result = try RetortProcess.run(
      [
        "explain", "\(TinyExperiment.repository)/Experiments/sst2-minilm.yaml", "--no-forecast",
        "--json",
      ], environment: ["RETORT_CACHE": "/nowhere", "RETORT_MIRROR": nil])
    #expect(result.status == 0, "\(result.errors)")
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let variants = try #require(json["variants"] as? [[String: Any]])
    #expect(variants.map { $0["title"] as? String }.contains("stages.sst2.seed=43"))
    let digests = variants.compactMap {
      ($0["stages"] as? [[String: Any]])?.first?["digest_by_name"] as? String
    }
    #expect(Set(digests).count == 3 && digests.allSatisfy { $0.count == 64 })
  }

  @Test func saysWhatItWouldRun() throws {
    let experiment = try TinyExperiment()
    let result = try experiment.run("run", "--dry-run")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("teacher_mlm") && result.output.contains("to be computed"))
    #expect(!FileManager.default.fileExists(atPath: experiment.runFolder))
    let one = try experiment.run("run", "--dry-run", "--stage", "teacher_mlm")
    #expect(!one.output.contains("distil"))
    let pretraining = try experiment.run("pretrain", "--dry-run")
    #expect(pretraining.output == one.output)
  }

  @Test func runsASweepWithARecordForEachPoint() throws {
    let experiment = try TinyExperiment()
    let sweep = ["--set", "sweep={stages.sentiment.seed: [1, 2]}", "--set", "ablate=[cosine]"]
    func retort(_ verb: String, _ more: [String] = []) throws -> RetortProcess {
      try RetortProcess.run(
        experiment.arguments(verb, sweep + more), environment: experiment.environment())
    }
    let dry = try retort("run", ["--dry-run"])
    #expect(dry.status == 0, "\(dry.errors)")
    #expect(dry.output.hasPrefix("variant "))
    #expect(dry.output.contains("stages.sentiment.seed=2, without cosine"))
    #expect(dry.output.contains("shared with the one above"))

    let result = try retort("run")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("Ablation:") && result.output.contains("Sweep, on "))
    let folders = try FileManager.default.contentsOfDirectory(
      atPath: experiment.folder.file("Runs")
    ).sorted()
    #expect(
      folders == [
        "quickstart@stages.sentiment.seed=1", "quickstart@stages.sentiment.seed=1--without-cosine",
        "quickstart@stages.sentiment.seed=2", "quickstart@stages.sentiment.seed=2--without-cosine",
      ])
    for folder in folders {
      #expect(result.errors.contains("record: \(experiment.folder.file("Runs/\(folder)"))"))
    }
    let again = try retort("run", ["--resume"])
    #expect(again.status == 0 && again.output == result.output, "\(again.errors)")
  }

  @Test(
    "a signal saves a checkpoint, and the run goes on to the same bits",
    arguments: zip([SIGINT, SIGTERM], [Int32(130), 143]))
  func stopsAndResumes(signal: Int32, status: Int32) throws {
    let experiment = try TinyExperiment()
    let whole = try experiment.run("run", cache: "whole")
    #expect(whole.status == 0, "\(whole.errors)")
    let expected = try record(experiment)

    try FileManager.default.removeItem(atPath: experiment.runFolder)
    let running = try experiment.start("run")
    try waitForStage("distil", running)
    running.send(signal: signal)
    let stopped = running.wait()
    #expect(stopped.status == status, "\(stopped.errors)")
    #expect(stopped.errors.contains("--resume"))
    #expect(
      try FileManager.default.contentsOfDirectory(
        atPath: "\(experiment.runFolder)/checkpoints"
      ).contains { $0.hasSuffix(".h5") })

    expectFailure(try experiment.run("run"), saying: "unfinished", "--resume")
    expectFailure(try experiment.run("run", "--dry-run"), saying: "unfinished", "--resume")
    expectFailure(
      try experiment.run("run", "--resume", "--dry-run", "--set", "seed=4711"),
      saying: "cannot resume", "seed was ", ", is 4711")
    let resumed = try experiment.run("run", "--resume")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try experiment.stages() == experiment.stages(cache: "whole"))
    #expect(try record(experiment).comparable() == expected.comparable())
  }

  @Test func killedAtAnyMomentItGoesOnToTheSameBits() throws {
    let experiment = try TinyExperiment()
    // Checkpoints at every step, so that some kills fall into the writing of one.
    let often = ["teacher_mlm", "distil", "sentiment"].flatMap {
      ["--set", "stages.\($0).checkpoint_every.steps=1"]
    }
    let whole = try RetortProcess.run(
      experiment.arguments("run", often), environment: experiment.environment(cache: "whole"))
    #expect(whole.status == 0, "\(whole.errors)")
    let expected = try record(experiment)
    try FileManager.default.removeItem(atPath: experiment.runFolder)

    // Metrics have a line a step and one an epoch: two kills in the first stage, two in the second.
    for (index, lines) in [3, 12, 25, 33].enumerated() {
      let running = try RunningRetort(
        experiment.arguments("run", (index == 0 ? [] : ["--resume"]) + often),
        environment: experiment.environment())
      try waitForMetrics(lines, of: experiment, running)
      running.send(signal: SIGKILL)
      #expect(running.wait().status == 128 + SIGKILL)
    }
    let resumed = try RetortProcess.run(
      experiment.arguments("run", ["--resume"] + often), environment: experiment.environment())
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try experiment.stages() == experiment.stages(cache: "whole"))
    #expect(try record(experiment).comparable() == expected.comparable())
  }

  @Test func theSecondSignalEndsItAtOnce() throws {
    let experiment = try TinyExperiment()
    let running = try experiment.start("run")
    try waitForStage("teacher_mlm", running)
    running.send(signal: SIGINT)
    running.send(signal: SIGINT)
    #expect(running.wait().status == 130)
  }

  @Test func aFolderInUse() throws {
    let experiment = try TinyExperiment()
    let running = try experiment.start("run")
    try waitForStage("teacher_mlm", running)
    expectFailure(try experiment.run("run"), saying: "in use by process")
    running.send(signal: SIGTERM)
    #expect(running.wait().status == 143)
  }

  @Test func runsTheStagesOfAKindAndWhatTheyNeed() throws {
    let experiment = try TinyExperiment()
    let pretrained = try experiment.run("pretrain")
    #expect(pretrained.status == 0, "\(pretrained.errors)")
    #expect(try record(experiment).stages.map(\.id) == ["teacher_mlm"])
    let distilled = try experiment.run("distill")
    #expect(distilled.status == 0, "\(distilled.errors)")
    #expect(distilled.errors.contains("teacher_mlm: found in the cache"))
    #expect(try record(experiment).stages.map(\.id) == ["teacher_mlm", "distil"])
  }

  @Test func fineTunesAnotherModel() throws {
    let experiment = try TinyExperiment()
    #expect(try experiment.run("run").status == 0)
    let model = try #require(
      FileManager.default.subpathsOfDirectory(atPath: experiment.folder.file("cache/stages"))
        .first { $0.hasSuffix("model.h5") })
    let result = try experiment.run(
      "finetune", "--from", experiment.folder.file("cache/stages/\(model)"))
    #expect(result.status == 0, "\(result.errors)")
    #expect(try record(experiment).stages.map(\.id) == ["sentiment"])
  }

  @Test(
    arguments: [
      (["--set", "stages.distil.loss.soft_targets.temperature=0"], "temperature"),
      (["--set", "models.student.layers=[0, 9]"], "layers"),
      (["--set", "stages.distil.los.cosine.weight=1"], "did you mean 'loss'"),
      (["--set", "seed=many"], "seed"), (["--stage", "distill"], "distil"),
      (["--set", "stages.distil.corpus=[/nonexistent.txt]"], "/nonexistent.txt"),
    ])
  func aDefinitionThatCannotBeRun(options: [String], part: String) throws {
    let experiment = try TinyExperiment()
    let result = try RetortProcess.run(
      experiment.arguments("run", options), environment: experiment.environment())
    expectFailure(result, saying: part)
    #expect(!FileManager.default.fileExists(atPath: experiment.runFolder))
  }

  @Test func aRunThatEndedAtItsVeryBeginningBlocksNoOther() throws {
    let experiment = try TinyExperiment()
    for more in [[], ["--dry-run"]] {
      expectFailure(
        try RetortProcess.run(
          experiment.arguments("run", ["--resume"] + more), environment: experiment.environment()),
        saying: "\(experiment.runFolder): there is no run to resume; start it without --resume")
      #expect(!FileManager.default.fileExists(atPath: experiment.runFolder))
    }
    for more in [[], ["--resume"]] {
      // As a kill, or a full disk, between the making of the folder and its first file left it.
      try? FileManager.default.removeItem(atPath: experiment.runFolder)
      try FileManager.default.createDirectory(
        atPath: "\(experiment.runFolder)/checkpoints", withIntermediateDirectories: true)
      let result = try RetortProcess.run(
        experiment.arguments("run", ["--stage", "teacher_mlm"] + more),
        environment: experiment.environment())
      #expect(result.status == 0, "\(result.errors)")
    }
  }

  @Test func aLinkInPlaceOfTheLockIsNotFollowed() throws {
    let experiment = try TinyExperiment()
    let victim = experiment.folder.file("victim")
    try "precious\n".write(toFile: victim, atomically: true, encoding: .utf8)
    try FileManager.default.createDirectory(
      atPath: experiment.runFolder, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: "\(experiment.runFolder)/.lock", withDestinationPath: victim)
    expectFailure(
      try experiment.run("run"), saying: "\(experiment.runFolder)/.lock", "a symbolic link")
    #expect(try String(contentsOfFile: victim, encoding: .utf8) == "precious\n")
  }
}
