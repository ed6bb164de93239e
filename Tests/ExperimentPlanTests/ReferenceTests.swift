// The reference of the definition language and its JSON Schema, written from the declarations.
import RetortOptions
import RetortStrictJSON
import Testing

@testable import RetortExperimentPlan

@Suite("Reference of the definition language")
struct ReferenceTests {
  /// Every key that can be written, by its path.
  private static let keys: [(path: String, option: OptionDescription)] = {
    var found: [(String, OptionDescription)] = []
    func visit(_ options: [OptionDescription], _ path: String) {
      for option in options {
        let own = path.isEmpty ? option.key : "\(path).\(option.key)"
        found.append((own, option))
        below(option.schema, own)
      }
    }
    func below(_ schema: OptionSchema, _ path: String) {
      switch schema {
      case .map(let options, _), .oneKey(let options): visit(options, path)
      case .named(let value, _): below(value, path + ".mine")
      case .list(let item, _): below(item, path)
      case .any(let types): types.forEach { below($0, path) }
      case .forms(let forms): forms.forEach { below($0.schema, path) }
      case .number, .integer, .exactly, .truth, .text, .choice, .anything: break
      }
    }
    visit(ResolvedDefinition.options.descriptions, "")
    return found
  }()

  @Test func everyKeyHasAPageOfItsOwn() throws {
    #expect(Self.keys.count > 100)
    for (path, option) in Self.keys {
      let text = try DefinitionReference(path: path).text
      #expect(text.contains(option.key), "\(path)")
      #expect(option.about.hasSuffix("."), "\(path): \(option.about)")
      #expect(!option.example.isEmpty, "\(path) has no example")
      #expect(!text.split(separator: "\n").contains { $0.count > 100 }, "\(text)")
    }
  }

  @Test func defaultsAreThoseOfTheRecipes() throws {
    let page = try DefinitionReference(path: "stages.distill.loss.soft_targets").text
    #expect(page.contains("recipe distilbert-2019: 5.0"))
    #expect(page.contains("recipe distilbert-2019: all"))
    // A list and a map share the page.
    #expect(page.contains("required in a list; in a map, if not written: forward_kl"))
    #expect(page.contains("required in a list; in a map, if not written: vocabulary"))
    #expect(page.contains("required in a list with on: vocabulary; otherwise, if not"))
    let batch = try DefinitionReference(path: "stages.finetune.batching.batch_size").text
    #expect(batch.contains("a whole number from 1 to 2147483647"))
    #expect(batch.contains("recipe hf-trainer-4.44: 8"))
    let random = try DefinitionReference(path: "random").text
    #expect(random.contains("if not written: counter"))
  }

  @Test func aPathThatLeadsNowhereIsAMistake() {
    #expect(
      throws: NoSuchKey(
        key: "weigth", place: "stages.distill.loss.masked_lm", keys: ["name", "weight"])
    ) { try DefinitionReference(path: "stages.distill.loss.masked_lm.weigth") }
    #expect {
      try DefinitionReference(path: "stages.distil.lss")
    } throws: { error in
      "\(error)" == "no key 'lss' in stages.distil; did you mean 'loss'?"
    }
  }

  @Test func aStageIsItsKindOrItsID() throws {
    #expect(
      try DefinitionReference(path: "stages.finetune.batch_size").text
        == DefinitionReference(path: "stages.finetune.batching.batch_size").text)
    #expect(
      try DefinitionReference(path: "stages.sst2.finetune.task").text
        == DefinitionReference(path: "stages.finetune.task").text)
    let rule = try DefinitionReference(path: "stages.sst2.select_best").text
    #expect(try rule == DefinitionReference(path: "stages.finetune.select_best").text)
    // A key of several kinds is shown for each.
    let seed = try DefinitionReference(path: "stages.sst2.seed").text
    for kind in StageKind.all { #expect(seed.contains("stages.\(kind).seed"), "\(seed)") }
    #expect(!seed.contains("required") && seed.contains("\n  optional\n"))
    #expect(
      try DefinitionReference(path: "stages.sst2.learning_rate").text
        .contains("stages.pretrain.optimizer.learning_rate"))
  }

  @Test(
    "a map of several forms has a block for each", arguments: ["models", "models.teacher", "tasks"])
  func forms(_ path: String) throws {
    let page = try DefinitionReference(path: path).text
    let forms = try #require(
      path == "tasks"
        ? [["files", "text", "label"], ["of"], ["generated"]]
        : [["from"], ["architecture", "init_from", "layers"], ["architecture", "sizes"]])
    for (index, keys) in forms.enumerated() {
      let block = try #require(
        page.split(separator: "Form \(index + 1) of \(forms.count). ").dropFirst().first?
          .split(separator: "\nForm ").first)
      for key in Set(forms.joined()) {
        #expect(block.contains("\n  \(key)  ") == keys.contains(key), "\(path) \(key)\n\(block)")
      }
    }
  }

  @Test func everyKeySaysWhetherItIsNeeded() throws {
    for (path, _) in Self.keys {
      let page = try DefinitionReference(path: path).text
      let facts = ["required", "optional", "if not written: ", "without a recipe: "]
      #expect(facts.contains { page.contains("\n  \($0)") }, "\(path): \(page)")
      #expect(page.contains("\n  example: "), "\(page)")
    }
    let page = try DefinitionReference(path: "stages.distill").text
    #expect(
      page.contains(
        "limit  map of one key\n      When the stage ends.\n      recipe distilbert-2019: {epochs: 3}"
      ))
  }

  @Test func theSchemaNamesEveryKeyOnceAMap() throws {
    let text = DefinitionSchema.json.document
    #expect(try JSONTree.parse(text) == DefinitionSchema.json)
    for (_, option) in Self.keys { #expect(text.contains("\"\(option.key)\": {")) }
  }
}
