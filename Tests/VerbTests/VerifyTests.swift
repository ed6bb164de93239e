// `retort verify` on the committed records.
import Foundation
import Testing

@Suite struct VerifyTests {
  private static let records = "\(TinyExperiment.repository)/Results/records"

  private func verify(_ arguments: String...) throws -> RetortProcess {
    try RetortProcess.run(["verify", "--root", TinyExperiment.repository] + arguments)
  }

  @Test func aReplayOfAPyTorchRunIsInsideItsBand() throws {
    let result = try verify("\(Self.records)/sst2-minilm-replay.json")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.isEmpty)
    #expect(result.output.contains("the same weights: figures are expected to agree"))
    #expect(result.output.contains(", 0 outside"))
  }

  @Test func anotherModelIsOutsideAndTheReasonsAreSaid() throws {
    let path = "\(Self.records)/sst2-minilm@stages.sst2.seed=42.json"
    let result = try verify(path)
    #expect(result.status == 2)
    #expect(result.output.contains("8 runs, from tpf02-report, public-sister-runs"))
    #expect(result.output.contains("other size: 22,713,986 parameters here, 66,955,010 there"))
    #expect(result.output.contains("The references, read with care"))
    #expect(result.errorLines.count == 1)
    #expect(try verify("--same-weights", path).status == 0)
  }

  @Test func whatIsNotComparableIsNoFault() throws {
    let result = try verify("\(Self.records)/distilbert-from-bert-base.json")
    #expect(result.status == 0)
    #expect(result.output.contains("nothing comparable"))
  }

  @Test func writesAListAsJSON() throws {
    let result = try verify(
      "--json", "\(Self.records)/sst2-minilm-replay.json",
      "\(Self.records)/sst2-minilm@stages.sst2.seed=42.json")
    #expect(result.status == 2)
    let list = try #require(
      JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]])
    #expect(list.map { $0["experiment"] as? String } == ["sst2-minilm-replay", "sst2-minilm"])
    let comparisons = try #require(list[0]["comparisons"] as? [[String: Any]])
    let figures = try #require(comparisons[0]["figures"] as? [[String: Any]])
    #expect(figures.contains { $0["figure"] as? String == "validation_loss" })
    #expect(figures.allSatisfy { ["inside", "no band"].contains($0["verdict"] as? String) })
  }

  @Test func badInputIsOneLine() throws {
    expectFailure(try verify("\(Self.records)/none.json"), saying: "no such record")
    expectFailure(
      try verify("--with", "tpf03", "\(Self.records)/sst2-minilm@stages.sst2.seed=42.json"),
      saying: "no reference \"tpf03\"", "tpf02-report")
    expectFailure(
      try RetortProcess.run(
        ["verify", "--root", "/nowhere", "\(Self.records)/sst2-minilm@stages.sst2.seed=42.json"]),
      saying: "/nowhere/Experiments/references: no such folder")
  }
}
