// The measures of runs on their page, from records of runs that never took place.
import RetortRecords
import RetortTestSupport
import Testing

@testable import RetortReporting

@Suite("Measures on pages")
struct MeasuresPageTests {
  /// A run of an ablation. Its pretrained teacher is the same in all of them; the probe finds as many right for every student.
  private static func record(_ point: String, distilled digest: String) -> RunRecord {
    var record = RunRecord.synthetic(name: "measured")
    record.experiment.point = point
    record.experiment.digest = String(repeating: digest, count: 64)
    record.experiment.compareWith = []
    record.stages[0].digest = String(repeating: digest, count: 64)
    let distilled = record.stages[0].id
    func model(_ name: String, less difference: Double?) -> RunRecord.Measure.Model {
      .init(
        name: name,
        figures: [
          .init(
            name: "accuracy of the probe", value: 0.5, low: 0.4, high: 0.6,
            difference: difference.map { .init(value: $0, low: -0.1, high: 0.2) })
        ])
    }
    record.measures = [
      RunRecord.Measure(
        name: "probe", kind: "linear_probe", title: "linear probe", data: "glue/sst2 dev",
        examples: 100, conditions: ["inverse penalty 1"], with: nil,
        models: [model("student", less: nil), model(distilled, less: 0.05)])
    ]
    return record
  }

  private func rows(_ records: [RunRecord]) throws -> (page: String, rows: [String]) {
    let temporary = try TemporaryFolder()
    let folder = ResultsFolder(
      path: temporary.file("Results"), references: temporary.file("references"))
    for record in records { try folder.add(record: record) }
    let page = try #require(try folder.render()["measured.md"])
    let section = try #require(page.split(separator: "\n## ").first { $0.hasPrefix("Measures") })
    return (
      page,
      section.split(separator: "\n").filter { $0.hasPrefix("|") }.dropFirst(2).map(String.init)
    )
  }

  @Test(
    "a model that runs share is shown once; models that merely have equal figures are not left out")
  func shared() throws {
    let (page, rows) = try rows([
      Self.record("without warm", distilled: "a"), Self.record("without near", distilled: "b"),
      Self.record("without far", distilled: "b"),
    ])
    let words = rows.map {
      $0.split(separator: "|").map { $0.split(separator: " ").joined(separator: " ") }
    }
    #expect(words.map { $0[1] } == ["student", "distil", "distil"], "\(rows)")
    #expect(words[1].suffix(2) == ["+0.0500", "-0.1000 to +0.2000"])
    #expect(page.contains("A model that several runs share is shown once."))
    #expect(page.contains("Difference to student"))
    #expect(
      try !self.rows([Self.record("without warm", distilled: "a")]).page.contains("is shown once"))
  }

  @Test("a difference to another model than the column's is not shown in it")
  func references() throws {
    var other = Self.record("without zeal", distilled: "c")
    other.measures?[0].models[0].name = "distil.mlm_only"
    let rows = try rows([Self.record("without warm", distilled: "a"), other]).rows
    let cells = rows.map {
      $0.split(separator: "|").map { $0.split(separator: " ").joined(separator: " ") }
    }
    #expect(cells.map { $0[1] } == ["student", "distil", "distil.mlm_only", "distil"], "\(rows)")
    #expect(cells[1].suffix(2) == ["+0.0500", "-0.1000 to +0.2000"])
    #expect(cells[3].suffix(2) == ["-", "-"])
  }
}
