// Where relative paths of a definition lead.
import Foundation
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite struct DefinitionPlaceTests {
  @Test func everyPathOfADefinitionStaysAsItIsWrittenAndIsFoundBesideIt() throws {
    let experiment = try SmallExperiment()
    for name in ["t.h5", "mine.txt"] { try experiment.folder.write(name, "x\n") }
    let loaded = try LoadedDefinition.load(
      path: experiment.definition,
      overrides: [
        "stages.distil.targets={store: t.h5}", "stages.teacher_mlm.corpus=[mine.txt]",
        "corpora.own={file: mine.txt}", "vocabulary.train.corpus=[own]",
      ],
      context: DefinitionContext(
        locations: experiment.locations, definitionPath: experiment.definition))
    let definition = loaded.definition
    // What a run compares and records does not depend on where it was started.
    #expect(definition.stage(id: "distil")?.work.storePath == "t.h5")
    let mine = CorpusSource.path("mine.txt")
    #expect(definition.stage(id: "teacher_mlm")?.work.corpus?.texts == [mine])
    #expect(definition.corpusSources.first == mine)
    let locations = experiment.locations.startingFrom(definition: experiment.definition)
    #expect(try locations.locate(mine) == experiment.folder.file("mine.txt"))
    #expect(throws: LocationError.self) { try experiment.locations.locate(mine) }
  }

  @Test func pathsStartFromTheDefinitionThenFromTheWorkingDirectory() throws {
    let folder = try TemporaryFolder()
    try Folder.create(path: folder.file("teacher"))
    let none = Locations(cache: folder.file("cache"), mirror: nil)
    let locations = none.startingFrom(definition: folder.file("x.yaml"))
    #expect(locations.place(of: "teacher") == folder.file("teacher"))
    #expect(locations.place(of: "teacher#stage") == folder.file("teacher#stage"))
    #expect(locations.place(of: folder.file("teacher")) == folder.file("teacher"))
    let here = FileManager.default.currentDirectoryPath
    let there = try #require(try Folder.names(path: here).first)
    #expect(locations.place(of: there) == there)
    try folder.write("data#1.csv", "x")
    #expect(locations.place(of: "data#1.csv") == folder.file("data#1.csv"))
    // What is nowhere is missed beside the definition.
    #expect(locations.place(of: "none/x") == folder.file("none/x"))
    #expect(none.place(of: "teacher") == "teacher")
    #expect(none.startingFrom(definition: "/dev/stdin").place(of: "teacher") == "teacher")
    #expect(none.startingFrom(definition: "x.yaml").place(of: "teacher") == "teacher")
  }
}
