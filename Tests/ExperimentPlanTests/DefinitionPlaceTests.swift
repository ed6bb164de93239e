// Where relative paths of a definition lead.
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortExperimentPlan

@Suite struct DefinitionPlaceTests {
  @Test func everyPathOfADefinitionDoes() throws {
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
    #expect(
      definition.stage(id: "distil")?.work.storePath == experiment.folder.file("t.h5"))
    let mine = CorpusSource.path(experiment.folder.file("mine.txt"))
    #expect(definition.stage(id: "teacher_mlm")?.work.corpus?.texts == [mine])
    #expect(definition.corpusSources.first == mine)
  }

  @Test func pathsStartFromTheDefinitionThenFromTheWorkingDirectory() throws {
    let folder = try TemporaryFolder()
    try Folder.create(path: folder.file("teacher"))
    let context = DefinitionContext(folder: folder.path)
    #expect(context.place(of: "teacher") == folder.file("teacher"))
    #expect(context.place(of: "teacher#stage") == folder.file("teacher#stage"))
    #expect(context.place(of: "./teacher/x") == "./teacher/x")
    #expect(context.place(of: "Experiments") == "Experiments")
    #expect(context.place(of: folder.file("teacher")) == folder.file("teacher"))
    #expect(DefinitionContext().place(of: "teacher") == "teacher")
  }
}
