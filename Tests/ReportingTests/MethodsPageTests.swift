// Results/methods.md from its record and the parity ladder.
import Foundation
import RetortTestSupport
import Testing

@testable import RetortReporting

@Suite struct MethodsPageTests {
  private static let record = """
    {"format": 1, "command": "retort bench terms", "teacher": "minilm: 6 layers", "student":
     "minilm-l3: 3 layers", "batchSize": 8, "length": 128, "data": "made up", "base": "1 - cos",
     "alternations": 3, "steps": 4, "threads": 2,
     "machine": {"processor": "Xeon", "cores": 2, "memoryBytes": 25769803776, "system": "Linux 6.1",
      "loadBefore": 0.125}, "versions": {"retort": "0.1.0"},
     "methods": [
      {"name": "States", "formula": "|h - g|²", "needs": ["states of both", "equal widths"],
       "source": "a paper", "heldAgainst": "torch", "proofs": [{"suite": "Hidden", "row": "mse:"}],
       "without": [1, 2, 1], "with": [1.1, 2.1, 0.99]},
      {"name": "Words", "formula": "CE", "needs": ["labels"], "source": "-", "heldAgainst": "torch",
       "proofs": [{"suite": "Hidden", "row": "nothing"}],
       "without": [1, 1, 1], "with": [2, 2, 2]}]}
    """
  private static let ladder = """
    {"kernel": "Haswell", "rows": [
      {"suite": "Hidden", "test": "mse: value", "reason": "r", "values": 3, "largestAbsolute": 1e-7,
       "largestRelative": 3e-6, "toleranceAbsolute": 0, "toleranceRelative": 1e-5,
       "largestShare": 0.3},
      {"suite": "Hidden", "test": "mse: gradient", "reason": "must vanish", "values": 3,
       "largestAbsolute": 2e-7, "largestRelative": 1, "toleranceAbsolute": 1e-6,
       "toleranceRelative": 0, "largestShare": 0.3},
      {"suite": "Hidden", "test": "cosine: value", "reason": "r", "values": 3,
       "largestAbsolute": 1, "largestRelative": 1, "toleranceAbsolute": 0, "toleranceRelative": 1,
       "largestShare": 1}]}
    """

  private static let sizes = """
    {"format": 1, "command": "Tests/Peers/bench --published-sizes", "threads": 2,
     "machine": {"processor": "Xeon", "cores": 2, "memoryBytes": 25769803776, "system": "Linux 6.1",
      "loadBefore": 0.125}, "versions": {"commit": "0123456789"},
     "runs": [
      {"definition": "tiny", "stage": "general", "changes": ["a=b"], "teacher": "bert, 12 layers",
       "student": "bert, 4 layers", "steps": 5, "sequences": 160, "tokens": 20000, "seconds": 40,
       "memoryBytes": 1073741824, "firstLoss": 12.3456, "lastLoss": 11}]}
    """

  private func results(
    _ record: String, sizes: String = Self.sizes
  ) throws -> (ResultsFolder, TemporaryFolder) {
    let folder = try TemporaryFolder()
    for (path, name, text) in [
      ("performance", "terms.json", record), ("performance", "published_sizes.json", sizes),
      ("parity", "ladder.json", Self.ladder),
    ] {
      try FileManager.default.createDirectory(
        atPath: folder.file("Results/records/\(path)"), withIntermediateDirectories: true)
      try text.write(
        toFile: folder.file("Results/records/\(path)/\(name)"), atomically: true, encoding: .utf8)
    }
    return (
      ResultsFolder(path: folder.file("Results"), references: folder.file("references")), folder
    )
  }

  @Test func aRowHasItsRowsOfTheLadderAndItsCost() throws {
    let (results, folder) = try results(Self.record)
    defer { withExtendedLifetime(folder) {} }
    let files = try results.render()
    let page = try #require(files["methods.md"])
    let rows = page.split(separator: "\n").filter {
      $0.hasPrefix("| States") || $0.hasPrefix("| Words")
    }
    .map {
      $0.replacing("\\|", with: "/").split(separator: "|").map {
        $0.trimmingCharacters(in: .whitespaces)
      }
    }
    #expect(
      rows == [
        [
          "States", "/h - g/²", "states of both; equal widths", "torch",
          "2e-07 (3e-06 relative)",
          "+5.0 % (-1.0 % to +10.0 %)", "a paper",
        ],
        [
          "Words", "CE", "labels", "torch", "- (no row)", "+100.0 % (+100.0 % to +100.0 %)", "-",
        ],
      ])
    let size = try #require(page.split(separator: "\n").first { $0.hasPrefix("| [tiny]") })
    let cells = size.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    #expect(
      cells.dropFirst(4) == ["32", "4,000", "5", "8.00 s", "500", "1.00 GiB", "12.35", "11"])
    #expect(page.contains("--published-sizes --record Results/records/performance/published_sizes"))
    #expect(files["README.md"]?.contains("(methods.md)") == true)
    #expect(files["performance.md"] == nil)
    #expect(page.contains("retort bench terms --record Results/records/performance/terms.json"))
  }

  @Test("every proof of a committed method is a row of the committed ladder")
  func theCommittedProofsAreThere() throws {
    let records = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Results/records").path
    let methods = try MethodsRecord.readForPages(path: "\(records)/performance/terms.json").methods
    let ladder = try #require(try ParityRecords(folder: "\(records)/parity").ladder)
    for method in methods {
      #expect(!method.proofs.isEmpty, "\(method.name)")
      for proof in method.proofs {
        #expect(
          ladder.rows.contains { $0.suite == proof.suite && $0.test.hasPrefix(proof.row) },
          "\(method.name): \(proof)")
      }
    }
  }

  @Test(
    "facts that contradict each other are refused",
    arguments: [
      ("[1.1, 2.1, 0.99]", "[1.1]", "States: not a time of each of 3 turns"),
      ("[2, 2, 2]", "[2, 0, 2]", "Words: a time that is not a positive number"),
      ("\"seconds\": 40", "\"seconds\": 0", "tiny: a figure that is not a positive number"),
      ("\"name\": \"Words\"", "\"name\": \"States\"", "two methods of one name"),
    ])
  func contradictions(_ fact: String, _ other: String, _ problem: String) throws {
    let (results, folder) = try results(
      Self.record.replacing(fact, with: other), sizes: Self.sizes.replacing(fact, with: other))
    defer { withExtendedLifetime(folder) {} }
    let error = #expect(throws: ResultsError.self) { try results.render() }
    #expect(error?.description.contains(problem) ?? false, "\(String(describing: error))")
  }
}
