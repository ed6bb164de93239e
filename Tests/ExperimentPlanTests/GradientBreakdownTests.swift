// Accounts of loss terms: in definitions, plans, digests and runs.
import RetortReporting
import RetortTestSupport
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Accounts of loss terms")
struct GradientBreakdownTests {
  private static let text = DefinitionText.small(
    "      limit: { epochs: 1 }\n",
    "      limit: { epochs: 1 }\n      account_every: { steps: 50 }\n")

  private func options(_ definition: ResolvedDefinition, _ id: String) throws -> DistillStage {
    guard let stage = ResolvedPlan(definition).stage(id: id)?.stage.work as? DistillStage else {
      throw Missing(id: id)
    }
    return stage
  }

  private struct Missing: Error { var id: String }

  @Test func isReadWrittenOutAndExplained() throws {
    let definition = try DefinitionText.load(Self.text)
    #expect(try options(definition, "distil").breakdownSteps == 50)
    #expect(try options(definition, "distil.mlm_only").breakdownSteps == nil)
    #expect(try DefinitionText.load(definition.canonicalText) == definition)
    let plain = try DefinitionText.load(DefinitionText.small)
    #expect(try options(plain, "distil").breakdownSteps == nil)
    #expect(!plain.canonicalText.contains("account_every"))
    let explanation = PlanExplanation(
      ResolvedPlan(definition), filled: [], sizes: [:], look: { _ in .absent }
    ).text
    #expect(
      explanation.contains(
        "every 50 steps each term's gradient norm, and the cosines between the gradients"))
  }

  @Test(
    "mistakes",
    arguments: [
      ("{ steps: 50 }", "{ steps: 0 }", "a whole number from 1 to"),
      ("{ steps: 50 }", "{ minutes: 5 }", "steps"), ("{ steps: 50 }", "50", "account_every"),
    ])
  func mistakes(part: String, replacement: String, message: String) {
    let messages = DefinitionText.messages(Self.text.replacing(part, with: replacement))
    #expect(messages.contains { $0.contains(message) }, "\(messages)")
  }
}
