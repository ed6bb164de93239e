// What other programs fill in or have besides, and a definition has to write or cannot.
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite struct MustBeWrittenTests {
  @Test("the student's layers are not filled in")
  func layers() {
    let messages = DefinitionText.messages(
      DefinitionText.small("    layers: [0, 2, 4, 7, 9, 11]\n", ""))
    #expect(messages.count == 1 && messages[0].contains("layers"), "\(messages)")
  }

  @Test("terms that a distillation has not", arguments: ["no_such_term", "nor_this_one"])
  func terms(name: String) {
    let messages = DefinitionText.messages(
      DefinitionText.small(
        "        cosine: {", "        \(name): { weight: 0.5 }\n        cosine: {"))
    #expect(messages.count == 1, "\(messages)")
    #expect(messages[0].contains("unknown key '\(name)' in stages.distil.loss"), "\(messages)")
  }
}
