// Outputs never take the place of what they are made from, nor of files of another kind.
import Foundation
import Testing

@Suite struct OutputTests {
  /// Expects that nothing is written where a verb would put its result in the place of what it reads.
  private func expectRefusal(
    _ model: TinyModel, _ arguments: [String], saying parts: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = try contents(of: model)
    let result = try RetortProcess.run(
      arguments, environment: model.environment, folder: model.folder.path)
    expectFailure(result, saying: "is read too", sourceLocation: sourceLocation)
    for part in parts {
      #expect(result.errors.contains(part), "\(result.errors)", sourceLocation: sourceLocation)
    }
    #expect(try contents(of: model) == before, sourceLocation: sourceLocation)
  }

  /// Every file of the test's folder, by path.
  private func contents(of model: TinyModel) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: model.folder.path)
    where !path.hasPrefix("cache") {
      files[path] = FileManager.default.contents(atPath: model.folder.file(path))
    }
    return files
  }

  @Test func noVerbReplacesWhatItReads() throws {
    let model = try TinyModel()
    try model.writeTask()
    let text = model.folder.file("text.txt")
    try "a good film\nthe plot\n".write(toFile: text, atomically: true, encoding: .utf8)
    let link = model.folder.file("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: model.path)
    let data = model.folder.file("mirror/data/glue/SST-2")
    #expect(try model.retort("import", model.path, "--out", model.folder.file("c.h5")).status == 0)

    let activations = ["activations", "--model", model.path, "--text", text, "--out"]
    for out in [
      text, "text.txt", "./model/../text.txt", "\(model.path)/vocab.txt",
      "\(link)/model.safetensors",
    ] {
      try expectRefusal(model, activations + [out], saying: "--out \(out)")
    }
    for name in ["model.safetensors", "config.json", "vocab.txt", "tokenizer_config.json"] {
      try expectRefusal(model, ["import", model.path, "--out", "\(link)/\(name)"], saying: name)
      try expectRefusal(model, ["import", link, "--out", "model/\(name)"], saying: name)
    }
    try expectRefusal(
      model, ["import", model.folder.file("c.h5"), "--out", "./c.h5"], saying: "--out ./c.h5")
    for out in [model.path, "link"] {
      try expectRefusal(model, ["export", model.path, "--out", out], saying: "\(out)/vocab.txt")
    }
    let evaluate = ["evaluate", "--model", model.path, "--task", "glue/sst2", "--predictions"]
    for out in ["\(data)/dev.tsv", "\(data)/train.tsv", "\(link)/vocab.txt"] {
      try expectRefusal(model, evaluate + [out], saying: "--predictions \(out)")
    }
  }

  @Test func noVerbReplacesAFileOfAnotherKind() throws {
    let model = try TinyModel()
    try model.writeTask()
    let victim = model.folder.file("victim.txt")
    try "precious".write(toFile: victim, atomically: true, encoding: .utf8)
    let text = model.folder.file("text.txt")
    try "a good film\n".write(toFile: text, atomically: true, encoding: .utf8)
    let store = model.folder.file("a.h5")
    let activations = ["activations", "--model", model.path, "--text", text, "--out"]
    #expect(
      try RetortProcess.run(activations + [store], environment: model.environment).status == 0)
    for (arguments, kind) in [
      (["import", model.path, "--out", victim], "checkpoint"),
      (["import", model.path, "--out", store], "checkpoint"),
      (activations + [victim], "activation store"),
      (
        ["evaluate", "--model", model.path, "--task", "glue/sst2", "--predictions", victim],
        "file of predictions"
      ),
    ] {
      expectFailure(
        try RetortProcess.run(arguments, environment: model.environment),
        saying: "is there and is no \(kind)")
    }
    #expect(try String(contentsOfFile: victim, encoding: .utf8) == "precious")
    expectFailure(
      try model.retort("import", model.path, "--out", model.folder.path), saying: "is a folder")

    // What is of the kind is replaced: a model only where that is asked for.
    let (checkpoint, predictions) = (model.folder.file("c.h5"), model.folder.file("p.tsv"))
    for _ in 0..<2 {
      #expect(try model.retort("import", model.path, "--out", checkpoint, "--force").status == 0)
      #expect(
        try model.retort(
          "evaluate", "--model", model.path, "--task", "glue/sst2", "--predictions", predictions
        ).status == 0)
    }
  }

  @Test func aModelIsReplacedOnlyWhereThatIsAskedFor() throws {
    let model = try TinyModel()
    let (checkpoint, out) = (model.folder.file("c.h5"), model.folder.file("out"))
    #expect(try model.retort("import", model.path, "--out", checkpoint).status == 0)
    #expect(try model.retort("export", checkpoint, "--out", out).status == 0)
    let own = try FileManager.default.contentsOfDirectory(atPath: out).sorted()
    let before = try contents(of: model)
    expectFailure(
      try model.retort("import", model.path, "--out", checkpoint),
      saying: "--out \(checkpoint): already exists", "--force")
    expectFailure(
      try model.retort("export", checkpoint, "--out", out),
      saying: "--out \(out): already exists", "--force")
    #expect(try contents(of: model) == before)

    // Whatever another model left there is gone, what belongs to none is not.
    for name in [
      "tokenizer.json", "special_tokens_map.json", "pytorch_model.bin",
      "pytorch_model.bin.index.json", "pytorch_model-00001-of-00002.bin",
      "model.safetensors.index.json", "model-00002-of-00002.safetensors", "README.md",
    ] {
      try "of another".write(toFile: "\(out)/\(name)", atomically: true, encoding: .utf8)
    }
    try "{}".write(toFile: "\(out)/config.json", atomically: true, encoding: .utf8)
    let forced = try model.retort("export", checkpoint, "--out", out, "--force")
    #expect(forced.status == 0, "\(forced.errors)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: out).sorted()
        == (own + ["README.md"]).sorted())
    for name in own {
      #expect(
        FileManager.default.contents(atPath: "\(out)/\(name)") == before["out/\(name)"], "\(name)")
    }
    // An empty folder holds nothing that could be lost.
    let empty = model.folder.file("empty")
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
    #expect(try model.retort("export", checkpoint, "--out", empty).status == 0)
  }

  @Test func aRunDoesNotReplaceItsDefinition() throws {
    let experiment = try TinyExperiment()
    let path = "\(experiment.runFolder)/resolved.yaml"
    let stage = ["--stage", "teacher_mlm"]
    #expect(
      try RetortProcess.run(
        experiment.arguments("run", stage), environment: experiment.environment()
      ).status == 0)
    let before = try String(contentsOfFile: path, encoding: .utf8)
    let again = ["run", path, "--runs", experiment.folder.file("Runs")] + stage
    expectFailure(
      try RetortProcess.run(
        again + ["--set", "stages.teacher_mlm.seed=7"], environment: experiment.environment()),
      saying: "resolved.yaml", "is the definition that is run")
    #expect(try String(contentsOfFile: path, encoding: .utf8) == before)
    #expect(try RetortProcess.run(again, environment: experiment.environment()).status == 0)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == before)
  }
}
