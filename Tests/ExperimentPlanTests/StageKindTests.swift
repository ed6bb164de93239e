// What follows from a kind of stage's fields and roles.
import RetortOptions
import RetortStrictYAML
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Kinds of stages")
struct StageKindTests {
  @Test("the types of fields say which of them name contents")
  func keysOfContents() {
    #expect(PretrainStage.keysOfContents == ["model", "corpus", "sentences"])
    #expect(
      DistillStage.keysOfContents
        == ["teacher", "teachers", "student", "targets", "corpus", "sentences"])
    #expect(FinetuneStage.keysOfContents == ["model", "task", "teacher", "teachers", "targets"])
    #expect(AugmentStage.keysOfContents == ["model", "task", "sentences"])
  }

  @Test("every input and the trained one are declared keys of which a digest has the contents")
  func inputs() throws {
    let definition = try DefinitionText.load(SmallExperiment.taughtText)
    for stage in ResolvedPlan(definition).stages {
      let type = type(of: stage.stage.work)
      let roles = stage.stage.work.inputs.map(\.role)
      #expect(roles.contains(type.trainedRole) && type.keysOfContents.isSuperset(of: roles))
      #expect(stage.model.name == stage.stage.work.trained)
      #expect(roles.map(stage.input) == stage.inputs)
    }
  }

  @Test("a digest has the version of arithmetic that was changed, and no other")
  func versions() throws {
    let definition = try DefinitionText.load(SmallExperiment.taughtText)
    for stage in definition.stages {
      func text(_ versions: [(name: String, version: Int)]) -> String {
        CanonicalText.write(
          stage.canonicalForDigest(inputs: [], data: [], versions: versions), sorted: true)
      }
      let names = stage.versions.map(\.name)
      #expect(names.contains("optimizer.adamw") && names.contains("schedule.linear"), "\(names)")
      #expect(names.contains { ["loss.masked_lm", "loss.cross_entropy"].contains($0) }, "\(names)")
      #expect(stage.kind != .finetune || names.contains("metric.accuracy"))
      let before = text(stage.versions)
      #expect(!before.contains("versions"))
      #expect(
        text([("schedule.linear", 2), ("optimizer.adamw", 1), ("loss.masked_lm", 3)])
          == before + "versions:\n  loss.masked_lm: 3\n  schedule.linear: 2\n")
    }
  }

  @Test("maps of one key are known by their type")
  func exclusiveMaps() {
    #expect(DefinitionPath.exclusiveMaps == ["limit", "evaluate_every", "checkpoint_every"])
  }

  @Test("a recipe has no say in keys that another optimizer or schedule does not have")
  func recipes() throws {
    let recipe = Recipe(
      name: "waves", kind: .finetune,
      text: "schedule: { name: cosine, cycles: 1.5, warmup: 0.25 }\nfreeze: []")
    func keys(_ written: String) throws -> [String]? {
      let node = try #require(YAMLReading.tree(of: written) { _, _ in .standard }.tree)
      return recipe.tree(under: node)["schedule"]?.entries?.map(\.key)
    }
    #expect(try keys("schedule: { name: linear }") == ["name", "warmup"])
    #expect(try keys("schedule: { name: cosine }") == ["name", "cycles", "warmup"])
    #expect(try keys("seed: 1") == ["name", "cycles", "warmup"])
  }
}
