// `retort cache`: what is kept, and taking out what no run uses.
import Foundation
import RetortFiles
import Testing

@Suite struct CacheVerbTests {
  @Test func stagesThatNoRunUsesAreRemoved() throws {
    let experiment = try TinyExperiment()
    let runs = experiment.folder.file("Runs")
    let stage = ["--stage", "teacher_mlm"]
    func retort(_ arguments: [String]) throws -> RetortProcess {
      try RetortProcess.run(arguments, environment: experiment.environment())
    }
    #expect(try retort(experiment.arguments("run", stage)).status == 0)
    let other = stage + ["--set", "name=other", "--set", "stages.teacher_mlm.seed=7"]
    #expect(try retort(experiment.arguments("run", other)).status == 0)
    let listed = try retort(["cache", "ls"])
    #expect(listed.status == 0, "\(listed.errors)")
    let lines = listed.output.split(separator: "\n")
    #expect(
      lines.count == 5 && lines[1].contains("quickstart  teacher_mlm  pretrain"), "\(listed.output)"
    )
    #expect(lines[3].contains("stages: 2 stages, "), "\(listed.output)")

    #expect(lines[2].contains("other       teacher_mlm"), "\(listed.output)")
    #expect(
      lines[4].contains(" files of prepared data, measures and measured times, "),
      "\(listed.output)")

    let prune = ["cache", "prune", "--runs", runs]
    let used = try #require(experiment.stages().keys.min()?.split(separator: "/").first)
    let (prepared, times) = (
      experiment.folder.file("cache/prepared"), experiment.folder.file("cache/forecasts")
    )
    let unused = String(repeating: "f", count: 64)
    try Folder.create(path: times)
    let measures = experiment.folder.file("cache/measures")
    try Folder.create(path: measures)
    try AtomicFile.replace(path: "\(measures)/\(unused).json", with: "{}\n")
    for stage in [String(used), unused] {
      try AtomicFile.replace(path: "\(times)/\(stage)-2", with: "1\n")
    }
    for kept in [["--older-than", "1"], ["--dry-run"]] {
      #expect(try retort(prune + kept).output.contains("0 stages"))
      #expect(try !Folder.names(path: prepared).isEmpty && Folder.names(path: times).count == 2)
    }
    #expect(try retort(prune).output.contains("removed 0 stages"))
    #expect(try Folder.names(path: prepared).isEmpty && Folder.names(path: measures).isEmpty)
    #expect(try Folder.names(path: times) == ["\(used)-2"])
    try FileManager.default.removeItem(atPath: "\(runs)/other")
    #expect(try retort(prune + ["--dry-run"]).output.contains("would remove 1 stage,"))
    #expect(try retort(prune + ["--older-than", "1"]).output.contains("removed 0 stages"))
    #expect(try experiment.stages().count == 2)
    #expect(try retort(prune).output.contains("removed 1 stage,"))
    #expect(try experiment.stages().count == 1)
    #expect(try retort(["inspect", "\(experiment.runFolder)#teacher_mlm"]).status == 0)
    // A run folder in place of the folder of run folders keeps that run's stages.
    #expect(
      try retort(["cache", "prune", "--runs", experiment.runFolder]).output.contains(
        "removed 0 stages"))
    // What is not a stage is left alone, a link to somewhere else above all.
    let (cache, own) = (experiment.folder.file("cache/stages"), experiment.folder.file("own"))
    try Folder.create(path: own)
    try AtomicFile.replace(path: "\(own)/precious.txt", with: "kept")
    let name = String(repeating: "a", count: 64)
    for link in ["link", name] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(cache)/\(link)", withDestinationPath: own)
    }
    try AtomicFile.replace(path: "\(cache)/stray", with: "kept")
    #expect(try retort(["cache", "ls"]).output.contains("stages: 1 stage,"))
    #expect(try retort(prune).status == 0)
    #expect(try Folder.names(path: own) == ["precious.txt"])
    #expect(FileManager.default.fileExists(atPath: "\(cache)/\(name)/precious.txt"))
    expectFailure(
      try retort(["cache", "prune", "--runs", own]), saying: "expected a folder with run folders")
    expectFailure(
      try retort(["cache", "prune", "--runs", "\(runs)/none"]), saying: "no such folder")
    #expect(try Folder.names(path: cache).count == 4)
    #expect(try retort(["cache", "prune"]).status == 64, "nothing is removed without a word")
  }
}
