// Cache, run folder and the places where models and data are looked for.
import Foundation
import RetortFiles
import RetortTestSupport
import RetortText
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite struct RunPlacesTests {
  private let temporary: TemporaryFolder
  private let locations: Locations

  init() throws {
    temporary = try TemporaryFolder()
    locations = Locations(
      cache: "\(temporary.path)/cache", mirror: "\(temporary.path)/mirror")
  }

  // MARK: Places

  @Test func theEnvironmentNamesTheFolders() {
    #expect(
      Locations(environment: ["HOME": "/home/x"])
        == Locations(
          cache: "/home/x/.cache/retort", mirror: nil,
          huggingFaceCache: "/home/x/.cache/huggingface/hub"))
    #expect(
      Locations(environment: ["HOME": "/home/x", "RETORT_CACHE": "/c", "RETORT_MIRROR": "/m"])
        == Locations(
          cache: "/c", mirror: "/m", huggingFaceCache: "/home/x/.cache/huggingface/hub"))
  }

  @Test("a model's folder that is not whole is an error, not a reason to take another")
  func incompleteModelsAreNotReplaced() throws {
    let address = ModelAddress.hub(owner: "o", name: "n")
    try temporary.write("cache/hub/o/n/config.json")
    for name in ["config.json", "vocab.txt", "model.safetensors"] {
      try temporary.write("mirror/hub/o/n/\(name)")
    }
    let folders = ["cache", "mirror"].map { "\(temporary.path)/\($0)/hub/o/n" }
    #expect(
      throws: LocationError(problems: [
        "\(folders[0]): incomplete (no model.safetensors, no vocab.txt), but \(folders[1]) is complete; add the missing "
          + "files, or remove the incomplete folder so that the other is used"
      ])
    ) { try locations.locate(address) }
    #expect(
      try locations.locate(address, needing: [.configuration]).path
        == "\(temporary.path)/cache/hub/o/n")
  }

  @Test func aMissingModelSaysWhatAndHow() throws {
    let address = ModelAddress.hub(owner: "o", name: "n")
    try temporary.write("mirror/hub/o/n/config.json")
    try temporary.write("mirror/hub/o/n/vocab.txt")
    let root = temporary.path
    #expect(
      throws: LocationError(problems: [
        "hub:o/n is not complete (\(root)/cache/hub/o/n: no such folder; \(root)/mirror/hub/o/n: no "
          + "model.safetensors); download config.json, model.safetensors, vocab.txt from "
          + "https://huggingface.co/o/n/tree/main into \(root)/cache/hub/o/n, or set RETORT_MIRROR to "
          + "a folder that has hub/o/n"
      ])
    ) { try locations.locate(address) }
  }

  @Test func corporaOfCacheAndMirrorCanBeNamed() throws {
    try temporary.write("mirror/data/corpora/letters.txt")
    #expect(locations.knownCorpora.contains("letters"))
    #expect(locations.knownCorpora.contains("brown"))
    #expect(try locations.locate(.named("letters")).hasSuffix("mirror/data/corpora/letters.txt"))
    #expect(throws: LocationError.self) { try locations.locate(.named("brown")) }
  }

  @Test("a data folder that is not whole is an error, not a reason to take another")
  func incompleteDataAreNotReplaced() throws {
    for name in ["train", "dev", "test"] {
      try temporary.write("mirror/data/glue/SST-2/\(name).tsv")
    }
    #expect(try locations.locate(GLUETask.sst2).train.contains("/mirror/"))
    try temporary.write("cache/data/glue/SST-2/train.tsv")
    let folder = "\(temporary.path)/cache/data/glue/SST-2"
    #expect(
      throws: LocationError(problems: [
        "\(folder): expected train.tsv, dev.tsv, test.tsv, found no dev.tsv, no test.tsv; put what is "
          + "missing there, or remove the folder so that the one in RETORT_MIRROR is used"
      ])
    ) { try locations.locate(GLUETask.sst2) }
    for name in ["dev", "test"] { try temporary.write("cache/data/glue/SST-2/\(name).tsv") }
    #expect(try locations.locate(GLUETask.sst2).train == "\(folder)/train.tsv")
  }

  @Test func everythingThatIsMissingIsListedAtOnce() throws {
    let plan = ResolvedPlan(try DefinitionText.load(DefinitionText.small))
    do {
      _ = try DigestFacts.gather(for: plan, in: locations, numericsVersion: 1, blasCore: "X")
      Issue.record("nothing was missing")
    } catch {
      #expect(error.problems.count == 3)
      #expect(error.problems[0].hasPrefix("hub:google-bert/bert-base-uncased is not complete"))
      #expect(error.problems[1].hasPrefix("corpus movie_reviews: none of"))
      #expect(error.problems[2].hasPrefix("glue/sst2 was not found"))
    }
  }

  @Test func digestsAreOfTheFiles() throws {
    let folder = "mirror/hub/google-bert/bert-base-uncased"
    for name in ["config.json", "vocab.txt", "model.safetensors"] {
      try temporary.write("\(folder)/\(name)", "abc")
    }
    try temporary.write("mirror/data/corpora/movie_reviews.txt", "abc")
    for name in ["train", "dev", "test"] {
      try temporary.write("mirror/data/glue/SST-2/\(name).tsv")
    }
    let plan = ResolvedPlan(try DefinitionText.load(DefinitionText.small))
    let facts = try DigestFacts.gather(
      for: plan, in: locations, numericsVersion: 1, blasCore: "X")
    // FIPS 180-4's example "abc".
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    #expect(facts.corpora[.named("movie_reviews")] == digest)
    #expect(
      facts.folders.values.first
        == FolderDigests(
          configuration: digest, vocabulary: digest, weights: digest, tokenizer: .uncased))
    _ = try PlanDigests(plan, facts)
  }

  @Test func aGeneratedPlanNeedsNoFiles() throws {
    let definition = try LoadedDefinition.load(
      path: "\(ExperimentFiles.folder)/quickstart.yaml"
    ).definition
    let plan = ResolvedPlan(definition)
    let facts = try DigestFacts.gather(
      for: plan, in: locations, numericsVersion: 1, blasCore: "X")
    #expect(try PlanDigests(plan, facts).stages.count == 5)
  }

  // MARK: Cache

  @Test func aStageIsKeptWholeOrNotAtAll() throws {
    struct Stop: Error {}
    let cache = StageCache(locations)
    #expect(cache.lookUp("d1") == nil)
    #expect(throws: Stop.self) {
      try cache.store("d1") { folder in
        try AtomicFile.replace(path: "\(folder)/model.h5", with: "half")
        throw Stop()
      }
    }
    #expect(cache.lookUp("d1") == nil)
    #expect(try Folder.names(path: cache.folder) == [])
    let folder = try cache.store("d1") { folder in
      try AtomicFile.replace(path: "\(folder)/model.h5", with: "whole")
    }
    #expect(cache.lookUp("d1") == folder)
    #expect(try Folder.names(path: folder) == ["model.h5"])
    let again = try cache.store("d1") { folder in
      try AtomicFile.replace(path: "\(folder)/model.h5", with: "another")
    }
    #expect(again == folder)
    #expect(try String(contentsOfFile: "\(folder)/model.h5", encoding: .utf8) == "whole")
    #expect(try Folder.names(path: cache.folder) == ["d1"])
  }

  @Test func whatAKilledProcessLeftIsRemovedAndWhatALivingOneHoldsIsNot() throws {
    let cache = StageCache(locations)
    let mark = TemporaryMark()
    let machine = try #require(mark.text.split(separator: "-").first)
    // A number that no process has, one that lives, and one of another host, which nobody here can judge.
    let dead = ".partial-d1.\(machine)-4194304-5-1"
    let held = ".partial-d2.\(mark.text)"
    let elsewhere = ".partial-d3.0123456789abcdef-4194304-5-1"
    for name in [dead, held, elsewhere] { try Folder.create(path: "\(cache.folder)/\(name)") }
    _ = try cache.store("d1") { _ in }
    #expect(try Folder.names(path: cache.folder) == [held, elsewhere, "d1"].sorted())
    mark.release()
    _ = try cache.store("d2") { _ in }
    #expect(try Folder.names(path: cache.folder) == [elsewhere, "d1", "d2"])
  }

  // MARK: Run folder

  private func open(
    _ text: String = "a: 1\n", _ opening: RunFolder.Opening = .new
  ) throws(RunFolderError) -> RunFolder {
    try RunFolder(
      runs: "\(temporary.path)/Runs", name: "x", resolvedDefinition: text, from: "a.yaml",
      digests: [:], opening: opening)
  }

  @Test func aRunFolderIsHeldByOne() throws {
    let first = try open()
    #expect(throws: RunFolderError.self) { try open() }
    withExtendedLifetime(first) {}
  }

  @Test func aFinishedRunMayBeginAnewAnUnfinishedOneMayNot() throws {
    do {
      let run = try open()
      try AtomicFile.replace(path: run.record, with: "old")
    }
    do {
      let run = try open("a: 2\n")
      #expect(!FileManager.default.fileExists(atPath: run.record))
      #expect(
        try String(contentsOfFile: run.resolvedDefinition, encoding: .utf8) == "a: 2\n")
      try AtomicFile.replace(path: run.checkpoint(ofStage: "distil"), with: "half")
    }
    let path = "\(temporary.path)/Runs/x"
    #expect(throws: RunFolderError.unfinished(path: path, stages: ["distil"])) {
      try open("a: 2\n")
    }
    #expect(
      throws: RunFolderError.anotherDefinition(
        path: path, differences: ["a was 2, is 3"])
    ) { try open("a: 3\n", .resume) }
    let resumed = try open("a: 2\n", .resume)
    #expect(resumed.unfinishedStages == ["distil"])
  }

  @Test("what a run that ended at its very beginning may leave", arguments: [false, true])
  func aFolderWithAnEmptyBeginning(hasCheckpoints: Bool) throws {
    let path = "\(temporary.path)/Runs/x"
    for opening in [RunFolder.Opening.new, .resume] {
      try Folder.create(path: path + (hasCheckpoints ? "/checkpoints" : ""))
      let run = try open("a: 1\n", opening)
      #expect(try String(contentsOfFile: run.resolvedDefinition, encoding: .utf8) == "a: 1\n")
      try FileManager.default.removeItem(atPath: path)
    }
    try Folder.create(path: "\(path)/checkpoints")
    try temporary.write("Runs/x/checkpoints/a.h5")
    #expect(throws: RunFolderError.notARunFolder(path: path)) { try open() }
  }

  @Test func nothingIsWrittenThroughALink() throws {
    let path = "\(temporary.path)/Runs/x"
    do { _ = try open() }
    try temporary.write("victim", "precious\n")
    for name in [".lock", "log.txt", "metrics.jsonl"] {
      unlink("\(path)/\(name)")
      symlink("\(temporary.path)/victim", "\(path)/\(name)")
      let error = #expect(throws: RunFolderError.self) { try open("a: 1\n", .resume) }
      #expect(error?.description.contains("\(path)/\(name): expected") == true)
      #expect(error?.description.contains("found a symbolic link") == true)
      unlink("\(path)/\(name)")
    }
    #expect(
      try String(contentsOfFile: "\(temporary.path)/victim", encoding: .utf8) == "precious\n")
  }

  @Test func aFolderOfOtherThingsIsLeftAlone() throws {
    try temporary.write("Runs/x/thesis.txt")
    let path = "\(temporary.path)/Runs/x"
    #expect(throws: RunFolderError.notARunFolder(path: path)) { try open() }
    #expect(FileManager.default.fileExists(atPath: "\(path)/thesis.txt"))
  }
}
