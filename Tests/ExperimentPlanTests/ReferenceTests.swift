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
      case .map(let options), .oneKey(let options): visit(options, path)
      case .named(let value): below(value, path + ".mine")
      case .list(let item, _, _): below(item, path)
      case .any(let forms): forms.forEach { below($0, path) }
      case .number, .integer, .truth, .text, .choice, .anything: break
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
    let batch = try DefinitionReference(path: "stages.finetune.batching.batch_size").text
    #expect(batch.contains("a whole number from 1 to 2147483647"))
    #expect(batch.contains("recipe hf-trainer-4.44: 8"))
    let random = try DefinitionReference(path: "random").text
    #expect(random.contains("if not written: counter"))
  }

  @Test func aPathThatLeadsNowhereIsAMistake() {
    #expect(
      throws: NoSuchKey(
        key: "distil", place: "stages", keys: ["id", "pretrain", "distill", "finetune"])
    ) { try DefinitionReference(path: "stages.distil.loss") }
  }

  @Test func theSchemaNamesEveryKeyOnceAMap() throws {
    let text = DefinitionSchema.json.document
    #expect(try JSONTree.parse(text) == DefinitionSchema.json)
    for (_, option) in Self.keys { #expect(text.contains("\"\(option.key)\": {")) }
  }
}
