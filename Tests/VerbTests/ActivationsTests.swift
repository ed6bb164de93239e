// Teacher outputs recorded by `activations` and trained from by `distill`.
import Foundation
import RetortFiles
import RetortTestSupport
import Testing

@Suite struct ActivationsTests {
  private let experiment: TinyExperiment
  private var definition: String { "\(TinyExperiment.repository)/Experiments/quickstart.yaml" }

  init() throws { experiment = try TinyExperiment() }

  private func record(_ more: String..., cache: String = "cache") throws -> RetortProcess {
    try RetortProcess.run(
      ["activations", definition, "--stage", "distil"]
        + TinyExperiment.sizes.flatMap { ["--set", $0] } + more,
      environment: experiment.environment(cache: cache))
  }

  private func distill(from store: String? = nil, _ more: String...) throws -> RetortProcess {
    let targets = store.map { ["--set", "stages.distil.targets={store: \($0)}"] } ?? []
    return try RetortProcess.run(
      experiment.arguments("distill", targets + more), environment: experiment.environment())
  }

  /// What the last run has measured of the distillation, line by line.
  private func metrics() throws -> [String] {
    try String(contentsOfFile: "\(experiment.runFolder)/metrics.jsonl", encoding: .utf8)
      .split(separator: "\n").map(String.init).filter { $0.contains("distil") }
  }

  @Test func trainsTheSameFromAStoreAsFromTheLiveTeacher() throws {
    let live = try distill()
    #expect(live.status == 0, "\(live.errors)")
    let expected = try metrics()
    #expect(expected.count > 5)

    let store = experiment.folder.file("a.h5")
    let recorded = try record("--dtype", "f32", "--out", store)
    #expect(recorded.status == 0, "\(recorded.errors)")
    #expect(recorded.output.hasPrefix("\(store): "))
    #expect(recorded.output.contains("last hidden states of 32, f32"))
    #expect(recorded.errors.contains("tokens/s"))
    #expect(try record("--dtype", "f32", "--out", store).output.contains("was there already"))

    // What a store has beyond what is asked for is kept, and never replaced by less.
    #expect(try record("--dtype", "f16", "--out", store).output.contains("was there already"))
    let poorer = try record("--dtype", "f16", "--also", "hidden/1", "--out", store)
    #expect(poorer.status == 1)
    #expect(
      poorer.errorLines.last?.contains("\(store): the store has last hidden states of 32, f32")
        ?? false,
      "\(poorer.errors)")

    let stored = try distill(from: store)
    #expect(stored.status == 0, "\(stored.errors)")
    #expect(try metrics() == expected)
    let text = try String(contentsOfFile: "\(experiment.runFolder)/record.json", encoding: .utf8)
    #expect(text.contains("activation store: last hidden states of 32, f32"))
    // Found in the cache, it was still taught by the store.
    #expect(try distill(from: store).errors.contains("found in the cache"))
    let again = try String(contentsOfFile: "\(experiment.runFolder)/record.json", encoding: .utf8)
    #expect(again.contains("activation store: last hidden states of 32, f32"))

    let other = try distill(from: store, "--set", "stages.distil.seed=9")
    #expect(other.status == 1)
    #expect(
      other.errorLines.last?.hasPrefix(
        "retort: error: \(store): teacher outputs for another stage: seed is 1, expected 9; ")
        == true, "\(other.errors)")
  }

  @Test func labelsTheLossOfTheLargestLogits() throws {
    expectFailure(try record("--top-k", "4"), saying: "teacher_mlm", "has not been run")
    #expect(try distill().status == 0)
    let tooMany = try record("--top-k", "400000")
    #expect(tooMany.status == 1)
    #expect(
      tooMany.errorLines.last
        == "retort: error: --top-k 400000 exceeds the vocabulary of 400; keep fewer")
    // Files of somebody else's are no unfinished store.
    let own = experiment.folder.file("own.h5")
    try Folder.create(path: "\(own).partial")
    try AtomicFile.replace(path: "\(own).partial/notes.txt", with: "kept")
    let refused = try record("--top-k", "4", "--out", own)
    #expect(
      refused.status == 1
        && refused.errorLines.last?.contains("own.h5.partial: expected no such folder") ?? false,
      "\(refused.errors)")
    #expect(try MappedFile.contents(path: "\(own).partial/notes.txt") == Array("kept".utf8))
    // Besides the stage's own.
    let recorded = try record("--top-k", "4", "--temperatures", "1,4,4")
    #expect(recorded.status == 0, "\(recorded.errors)")
    let path = try #require(recorded.output.split(separator: ":").first.map(String.init))
    #expect(path.hasPrefix(experiment.folder.file("cache/activations/")))

    let trained = try distill(from: path)
    #expect(trained.status == 0, "\(trained.errors)")
    let text = try String(contentsOfFile: "\(experiment.runFolder)/record.json", encoding: .utf8)
    #expect(text.contains("the teacher's 4 largest logits and all others as one outcome"))
    #expect(try metrics().contains { $0.contains("soft_targets_top_k") })
  }

  @Test func refusesWhatDoesNotFit() throws {
    let result = try distill(from: experiment.folder.file("nothing.h5"))
    expectFailure(result, saying: "nothing.h5: no such activation store", "retort activations")
    for arguments in [
      ["activations", definition], ["activations", "--model", "m", "--text", "t"],
      ["activations", definition, "--stage", "distil", "--layers", "all"],
      ["activations", definition, "--stage", "distil", "--temperatures", "2"],
      ["activations", "--model", "m", "--text", "t", "--out", "o", "--top-k", "3"],
    ] {
      #expect(try RetortProcess.run(arguments).status == 64, "\(arguments)")
    }
    expectFailure(
      try RetortProcess.run(
        ["activations", definition, "--stage", "sentiment"], environment: experiment.environment()),
      saying: "sentiment: expected a stage whose loss reads a teacher")
  }

  @Test func aPartialFolderOfSomebodyElseIsRefused() throws {
    let model = try TinyModel()
    let (text, out) = (model.folder.file("text.txt"), model.folder.file("a.h5"))
    let victim = model.folder.file("victim")
    try "a good film\n".write(toFile: text, atomically: true, encoding: .utf8)
    try FileManager.default.createDirectory(atPath: victim, withIntermediateDirectories: false)
    try "precious\n".write(toFile: "\(victim)/file", atomically: true, encoding: .utf8)
    func activations() throws -> RetortProcess {
      try model.retort("activations", "--model", model.path, "--text", text, "--out", out)
    }
    try FileManager.default.createSymbolicLink(
      atPath: "\(out).partial", withDestinationPath: victim)
    expectFailure(try activations(), saying: "\(out).partial: expected", "a symbolic link")

    try FileManager.default.removeItem(atPath: "\(out).partial")
    try FileManager.default.createDirectory(
      atPath: "\(out).partial", withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(
      atPath: "\(out).partial/.lock", withDestinationPath: "\(victim)/file")
    expectFailure(try activations(), saying: "\(out).partial/.lock: expected", "a symbolic link")
    #expect(try String(contentsOfFile: "\(victim)/file", encoding: .utf8) == "precious\n")
  }
}
