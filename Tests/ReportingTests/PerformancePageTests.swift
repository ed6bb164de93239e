// Results/performance.md from its records, and records that are refused.
import Foundation
import RetortTestSupport
import Testing

@testable import RetortReporting

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct PerformancePageTests {
  private func results(_ files: [String: String]) throws -> (ResultsFolder, TemporaryFolder) {
    let folder = try TemporaryFolder()
    for path in ["Results/records/performance", "references"] {
      try FileManager.default.createDirectory(
        atPath: folder.file(path), withIntermediateDirectories: true)
    }
    for (name, text) in files {
      try text.write(
        toFile: folder.file("Results/records/performance/\(name)"), atomically: true,
        encoding: .utf8)
    }
    return (
      ResultsFolder(path: folder.file("Results"), references: folder.file("references")), folder
    )
  }

  private static let machine = """
    {"processor": "Xeon", "cores": 2, "memoryBytes": 25769803776, "system": "Linux 6.1",
     "loadBefore": 0.125}
    """

  /// Made by hand: rounds of 4, 3.5 and 3 times as fast, and so on.
  private static let comparison = """
    {"format": 1, "command": "Tests/Peers/bench", "alternations": 3, "threads": 2,
     "machine": \(machine), "versions": {"torch": "2.4.0", "retort": "0123456789"},
     "peers": [{"name": "expert", "settings": "fused AdamW", "tried": "torch.compile: slower"}],
     "rows": [
      {"id": "fine-tuning", "job": "a step", "against": "the default", "value": "peer/retort",
       "unit": "seconds per 1,000 sentences", "atLeast": 3.5, "hoped": 3.8,
       "pairs": [{"peer": 64, "retort": 16}, {"peer": 70, "retort": 20}, {"peer": 60, "retort": 20}],
       "checked": "loss within 1e-7"},
      {"id": "expert", "job": "a step", "against": "an expert", "value": "peer/retort",
       "unit": "seconds per 1,000 sentences", "atLeast": 1.4,
       "pairs": [{"peer": 26, "retort": 20}]},
      {"id": "memory", "job": "memory", "against": "the default", "value": "retort/peer",
       "unit": "bytes", "atMost": 0.55, "hoped": 0.5,
       "pairs": [{"peer": 2147483648, "retort": 1073741824}]},
      {"id": "products", "job": "over products", "against": "roofline", "value": "retort",
       "unit": "", "atMost": 1.3, "pairs": [{"retort": 1.25}]},
      {"id": "start", "job": "start", "against": "nothing", "value": "retort", "unit": "seconds",
       "atMost": 0.25, "pairs": [{"retort": 0.2}, {"retort": 0.3}, {"retort": 0.26}]},
      {"id": "free", "job": "a step", "against": "another", "value": "peer/retort",
       "unit": "seconds", "pairs": [{"peer": 0.0149, "retort": 0.0149}]},
      {"id": "singles", "job": "singles", "against": "ONNX", "value": "peer/retort",
       "unit": "seconds", "atLeast": 0.9, "pairs": [], "notRun": "no onnxruntime"},
      {"id": "cut", "job": "b", "against": "c", "value": "peer/retort", "unit": "seconds",
       "atLeast": 0.9, "pairs": [{"peer": 2, "retort": 1}], "notRun": "interrupted"}],
     "profile": {"steps": 10, "stepSeconds": 0.3, "tokensOfStep": 213, "productGflops": 200,
      "productSecondsOfStep": 0.24, "ceilingGflops": 220, "ceilingBytesPerSecond": 4e10,
      "operations": [
       {"name": "dropout", "phase": "forward", "calls": 130, "seconds": 0.03, "flops": 0,
        "bytes": 1.2e9},
       {"name": "linear", "phase": "backward", "calls": 300, "seconds": 1.5, "flops": 3e11,
        "bytes": 0}]}}
    """

  private static let scaling = """
    {"format": 1, "command": "Tests/Peers/bench --scaling", "alternations": 3,
     "machine": \(machine), "versions": {"retort": "0123456789"}, "model": "a model",
     "sweeps": [
      {"over": "length", "fixed": "batches of 16", "points": [
       {"x": 8, "tokens": 128, "flops": 3e10, "bytes": 2e9, "gflops": 200,
        "bytesPerSecond": 4e10, "seconds": [0.25, 0.2, 0.3]},
       {"x": 512, "tokens": 8192, "flops": 2e12, "bytes": 2e9, "gflops": 200,
        "bytesPerSecond": 4e10, "seconds": [11]}]},
      {"over": "threads", "fixed": "batches of 16 x 32 tokens", "points": [
       {"x": 1, "tokens": 512, "flops": 1e11, "bytes": 2e9, "gflops": 100,
        "bytesPerSecond": 2e10, "seconds": [1.1]}]}]}
    """

  private static let forecast = """
    {"format": 1, "command": "Tests/Peers/bench --forecast", "threads": 2, "machine": \(machine),
     "versions": {"commit": "0123456789"},
     "runs": [
      {"definition": "near.yaml", "changes": ["stages.a.limit={steps: 9}"], "steps": 9,
       "foretold": {"seconds": 80, "memoryBytes": 1073741824, "diskBytes": 2e6},
       "measured": {"seconds": 100, "memoryBytes": 1073741824, "diskBytes": 2e6}},
      {"definition": "far.yaml", "changes": [], "steps": 2000,
       "foretold": {"seconds": 130, "memoryBytes": 1e9, "diskBytes": 2e6},
       "measured": {"seconds": 100, "memoryBytes": 1e9, "diskBytes": 2e6}}]}
    """

  @Test func showsWhatWasForetoldAndWhatCame() throws {
    let (results, folder) = try results(["forecast.json": Self.forecast])
    defer { withExtendedLifetime(folder) {} }
    let page = try #require(try results.render()["performance.md"])
    let lines = page.split(separator: "\n").filter {
      $0.hasPrefix("| near") || $0.hasPrefix("| far")
    }.map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
    #expect(
      lines.map { Array($0.prefix(6)) } == [
        ["near.yaml, `stages.a.limit={steps: 9}`", "9", "80.0 s", "100.0 s", "-20 %", "1.00 GiB"],
        ["far.yaml", "2,000", "130.0 s", "100.0 s", "+30 %", "954 MiB"],
      ])
    #expect(page.contains("Further than 25 % from it: far.yaml."))
    #expect(page.contains("bench --forecast --record Results/records/performance/forecast.json"))
  }

  @Test func showsRatiosBesideTargetsAndWhatWasMissed() throws {
    let (results, folder) = try results(["comparison.json": Self.comparison])
    defer { withExtendedLifetime(folder) {} }
    let files = try results.render()
    let page = try #require(files["performance.md"])
    #expect(files["performance-scaling.svg"] == nil)
    #expect(files["README.md"]?.contains("(performance.md)") == true)
    func row(_ id: String) throws -> String {
      String(try #require(page.split(separator: "\n").first { $0.hasPrefix("| \(id) ") }))
    }
    for (id, parts) in [
      (
        "fine-tuning",
        ["≥ 3.50x", "3.80x", "3.50x (3.00x-4.00x)", "| met ", "64.00 s", "20.00 s", "within 1e-7"]
      ),
      ("expert", ["≥ 1.40x", "1.30x | **missed** "]),
      ("memory", ["≤ 0.55x", "0.50x", "| met, as hoped ", "2.00 GiB", "1.00 GiB"]),
      ("products", ["≤ 1.30", "1.25 | met "]),
      ("start", ["≤ 250 ms", "260 ms (200 ms-300 ms)", "| **missed** "]),
      ("free", ["1.00x | ", "14.9 ms"]),
      ("singles", ["| - ", "not run: no onnxruntime"]),
      ("cut", ["2.00x | 1 of 3 rounds: interrupted"]),
    ] {
      let line = try row(id)
      for part in parts { #expect(line.contains(part), "\(part) in \(line)") }
    }
    for part in [
      "Of 7 targets 4 are met; missed: `expert`, `start`; 1 not measured.",
      "Xeon, 2 cores, 24.00 GiB, Linux 6.1, load before 0.12", "2 on each side",
      "retort 0123456789, torch 2.4.0", "torch.compile: slower",
      "Tests/Peers/bench --record Results/records/performance/comparison.json",
    ] {
      #expect(page.contains(part), "\(part) in \(page)")
    }
    #expect(try results.render() == files)
  }

  @Test func operationsComeByTheirTimeWithTheirRates() throws {
    let (results, folder) = try results(["comparison.json": Self.comparison])
    defer { withExtendedLifetime(folder) {} }
    let page = try #require(try results.render()["performance.md"])
    let lines = page.split(separator: "\n").filter {
      $0.hasPrefix("| linear") || $0.hasPrefix("| dropout")
    }.map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
    #expect(
      lines == [
        ["linear", "backward", "30", "150.00", "50.0 %", "200.0", "-"],
        ["dropout", "forward", "13", "3.00", "1.0 %", "-", "40.0"],
      ])
    #expect(page.contains("51.0 % of it is told apart"))
  }

  @Test func drawsTheScalingLawBesideItsPrediction() throws {
    let (results, folder) = try results(["scaling.json": Self.scaling])
    defer { withExtendedLifetime(folder) {} }
    let files = try results.render()
    let page = try #require(files["performance.md"])
    let cells = try #require(
      page.split(separator: "\n").first { $0.hasPrefix("|               8 |") }
    )
    .split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    // 3e10 / 2e11 + 2e9 / 4e10 = 0.2 s for 128 tokens.
    #expect(
      cells == ["8", "128", "30.0", "250 ms", "1953.1 (1562.5-2343.8)", "1562.5", "1.25"])
    let picture = try #require(files["performance-scaling.svg"])
    #expect(XMLParser(data: Data(picture.utf8)).parse())
    for part in ["sequence length", "threads", "512", "predicted by arithmetic"] {
      #expect(picture.contains(part), "\(part)")
    }
    #expect(!picture.contains("nan"))
    #expect(page.contains("bench --scaling --record Results/records/performance/scaling.json"))
    #expect(!page.contains("Of 0 targets"))
  }

  @Test func noRecordsNoPage() throws {
    let (results, folder) = try results([:])
    defer { withExtendedLifetime(folder) {} }
    let files = try results.render()
    #expect(
      files["performance.md"] == nil && files["README.md"]?.contains("performance.md") == false)
  }

  @Test(
    "a damaged record is refused in one line that names it",
    arguments: [
      ("comparison.json", "\"format\": 1", "\"format\": 2", "record of format 2, expected 1"),
      ("comparison.json", "\"threads\": 2,", "", "threads: missing"),
      (
        "comparison.json", "\"threads\": 2,", "\"threads\": 2, \"theads\": 3,", "unknown key theads"
      ),
      ("comparison.json", "\"retort\": 16", "\"retort\": 0", "fine-tuning: a figure that is not a"),
      ("comparison.json", "\"retort\": 16", "\"retort\": NaN", "not a record"),
      ("comparison.json", "\"peer\": 64, ", "", "fine-tuning: a peer's figure where"),
      (
        "comparison.json", "{\"retort\": 1.25}", "{\"peer\": 1, \"retort\": 1}",
        "products: a peer's"
      ),
      (
        "comparison.json", "\"atLeast\": 3.5,", "\"atLeast\": 3.5, \"atMost\": 4,",
        "from both sides"
      ),
      ("comparison.json", ", \"notRun\": \"no onnxruntime\"", "", "singles: neither figures nor"),
      ("comparison.json", "\"id\": \"memory\"", "\"id\": \"expert\"", "two rows of the same id"),
      ("comparison.json", "\"unit\": \"bytes\"", "\"unit\": \"miles\"", "rows[2].unit"),
      ("comparison.json", "\"steps\": 10", "\"steps\": 0", "profile: a figure that is not a"),
      ("scaling.json", "\"x\": 512", "\"x\": 4", "length: points out of order"),
      ("scaling.json", "[0.25, 0.2, 0.3]", "[]", "length 8: a figure that is not a"),
      ("scaling.json", "\"over\": \"threads\"", "\"over\": \"length\"", "over the same quantity"),
      ("scaling.json", "\"over\": \"threads\"", "\"over\": \"wind\"", "sweeps[1].over"),
      ("scaling.json", "\"command\"", "\"commant\"", "command: missing"),
      ("forecast.json", "\"seconds\": 130", "\"seconds\": 0", "far.yaml: a figure that is not a"),
      ("forecast.json", "\"steps\": 9,", "", "runs[0].steps"),
    ])
  func refuses(file: String, part: String, replacement: String, message: String) throws {
    let texts = [
      "comparison.json": Self.comparison, "scaling.json": Self.scaling,
      "forecast.json": Self.forecast,
    ]
    let text = try #require(texts[file])
    try #require(text.contains(part), "\(part)")
    let (results, folder) = try results([file: text.replacing(part, with: replacement)])
    defer { withExtendedLifetime(folder) {} }
    let error = #expect(throws: ResultsError.self) { try results.render() }
    let line = try #require(error).description
    #expect(line.contains("\(file):") && line.contains(message), "\(line)")
    #expect(!line.contains("\n"))
  }

  @Test func aFileThatNoPageShowsIsNamed() throws {
    let (results, folder) = try results(["comparision.json": Self.comparison])
    defer { withExtendedLifetime(folder) {} }
    let error = #expect(throws: ResultsError.self) { try results.render() }
    #expect(error?.description.contains("comparision.json: no record of performance") == true)
  }
}
