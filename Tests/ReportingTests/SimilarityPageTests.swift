// The page of similarities: tables, heat map, what it refuses.
import Foundation
import RetortRecords
import RetortTestSupport
import Testing

@testable import RetortReporting

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("Page of similarities")
struct SimilarityPageTests {
  private static func record() -> SimilarityRecord {
    func side(_ name: String, _ layers: [Int]) -> SimilarityRecord.Side {
      SimilarityRecord.Side(
        name: name, layers: layers, hiddenSize: 8, precision: "f16",
        source: ["model": "0123456789abcdef", "text": "fedcba9876543210"],
        command: "retort activations --model \(name).h5 --text t.txt --out \(name).h5",
        processor: "A Processor")
    }
    return SimilarityRecord(
      command: "retort similarity a.h5 --with b.h5", first: side("teacher", [0, 3, 6]),
      second: side("student", [0, 3]), sequences: 10, tokens: 1234,
      alignment: [[1, 0.4], [0.5, 0.81], [0.2, 0.93]],
      cosine: [[1, 0.1], [0.2, 0.3], [-0.25, 0.77]])
  }

  private func render(_ text: String) throws -> [String: String] {
    let folder = try TemporaryFolder()
    let records = folder.file("records/similarity")
    try FileManager.default.createDirectory(atPath: records, withIntermediateDirectories: true)
    try text.write(toFile: "\(records)/small.json", atomically: true, encoding: .utf8)
    return try ResultsFolder(path: folder.path, references: folder.file("references")).render()
  }

  @Test func showsBothMeasuresAndWhichLayersAreNearest() throws {
    let files = try render(Self.record().text())
    let page = try #require(files["similarity.md"])
    for part in [
      "layer 0 is nearest to layer 0 (1.00), layer 3 is nearest to layer 6 (0.93)",
      "| 6                 | 0.200 | 0.930 |", "10 sequences, 1,234 tokens", "`0123456789ab`",
      "retort similarity a.h5 --with b.h5 --record Results/records/similarity/small.json",
      "(similarity-small.svg)", "Mean cosine:", "| A Processor |",
      """
      retort activations --model teacher.h5 --text t.txt --out teacher.h5
      retort activations --model student.h5 --text t.txt --out student.h5
      retort similarity a.h5
      """,
    ] {
      #expect(page.contains(part), "\(part) in \(page)")
    }
    #expect(files["README.md"]?.contains("(similarity.md)") == true)
    let picture = try #require(files["similarity-small.svg"])
    #expect(XMLParser(data: Data(picture.utf8)).parse())
    for part in [">0.93<", ">-0.25<", "fill-opacity=\"0.93\"", "fill-opacity=\"0\"", "linear CKA"] {
      #expect(picture.contains(part), "\(part)")
    }
  }

  @Test func otherWidthsHaveNoCosine() throws {
    var record = Self.record()
    record.cosine = nil
    record.second.hiddenSize = 4
    let page = try #require(try render(record.text())["similarity.md"])
    #expect(!page.contains("Mean cosine:"))
  }

  @Test func refusesWhatCannotBe() throws {
    let damages: [(message: String, damage: (inout SimilarityRecord) -> Void)] = [
      ("not a value for each of 3 x 2 layers", { $0.alignment[2].append(1) }),
      ("alignment: a value beyond 1", { $0.alignment[2][1] = 1.93 }),
      ("cosine: there where widths differ", { $0.second.hiddenSize = 4 }),
      ("of different texts", { $0.second.source["text"] = "0" }),
    ]
    for (message, damage) in damages {
      var record = Self.record()
      damage(&record)
      #expect(throws: RecordError.self) { try record.text() }
      let text = try RecordText.tree(of: record, source: "damaged").document
      let error = #expect(throws: ResultsError.self) { try render(text) }
      let line = try #require(error).description
      #expect(line.contains("small.json") && line.contains(message), "\(line)")
    }
  }
}
