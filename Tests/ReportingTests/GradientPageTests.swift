import RetortRecords
// What a page says of a gradient breakdown by loss term.
import RetortTestSupport
import Testing

@testable import RetortReporting

@Suite("Accounts of loss terms on a page")
struct GradientPageTests {
  /// Two accounts with round numbers.
  private var accounting: RunRecord.GradientBreakdowns {
    .init(
      every: 50,
      terms: [
        .init(name: "soft_targets", weight: 5, scale: 4),
        .init(name: "masked_lm", weight: 2, scale: 1), .init(name: "cosine", weight: 1, scale: 1),
      ],
      points: [
        .init(
          step: 1, values: [0.8, 9, 0.5], gradientNorms: [0.5, 2, 1],
          gradientCosines: [0.9, -0.5, 0], measurements: ["teacher_entropy": 2]),
        .init(
          step: 51, values: [0.4, 7, 0.3], gradientNorms: [0.3, 2, 1],
          gradientCosines: [0.7, -0.5, 0.1], measurements: ["teacher_entropy": 3]),
      ])
  }

  private func page(_ accounting: RunRecord.GradientBreakdowns?) -> [String: String] {
    var record = RunRecord.synthetic()
    record.stages[0].accounting = accounting
    return ExperimentPage(
      ExperimentRuns(name: record.experiment.name, records: [record], references: [])
    ).files
  }

  @Test("terms raw, scaled and weighted, their norms and cosines, and what that says")
  func section() throws {
    let files = page(accounting)
    let text = try #require(files["synthetic-l3-from-l6.md"])
    let row = try #require(text.split(separator: "\n").first { $0.contains("| soft_targets |") })
    let cells = row.split(separator: "|").map { $0.trimmingSpaces }
    #expect(
      cells == [
        "distil", "soft_targets", "0.1500 (0.1000-0.2000)", "0.6000 (0.4000-0.8000)", "5",
        "3.000 (2.000-4.000)", "0.400 (0.300-0.500)", "2.000 (1.500-2.500)",
        // 2.5 of 7.5 and 1.5 of 6.5
        "28 %",
      ])
    #expect(text.contains("0.800 (0.700 to 0.900)"))
    #expect(text.contains("-0.500 (-0.500 to -0.500)"))
    // Medians of the norms: 0.4, 2, 1.
    #expect(text.contains("would be soft_targets 5, masked_lm 1, cosine 2."))
    #expect(text.contains("cosine pull against each other (cosine -0.50; -0.50 at first"))
    #expect(
      text.contains("At T = 2 the teacher's entropy is 2.50 (2.00-3.00) nats, as of 12 words"))
    #expect(text.contains("(synthetic-l3-from-l6-distil-accounts.svg)"))
    let plot = try #require(files["synthetic-l3-from-l6-distil-accounts.svg"])
    #expect(plot.contains("Weighted gradient norm") && plot.contains("Teacher's entropy, nats"))
  }

  @Test("a term of another name, its temperature and another measurement are on the page")
  func measurements() throws {
    var accounting = accounting
    accounting.terms[2] = .init(
      name: "softened", weight: 1, scale: 3, scaledBy: .init(name: "temperature", value: 8),
      measures: ["agreement", "teacher_entropy"])
    accounting.terms.swapAt(0, 2)
    accounting.terms[2].measures = []
    for index in accounting.points.indices {
      accounting.points[index].measurements["agreement"] = 0.5
    }
    let files = page(accounting)
    let text = try #require(files["synthetic-l3-from-l6.md"])
    #expect(text.contains("At T = 8 the teacher's entropy is 2.50"), "\(text)")
    #expect(text.contains("Measured beside the loss: agreement 0.500"), "\(text)")
    let plot = try #require(files["synthetic-l3-from-l6-distil-accounts.svg"])
    #expect(plot.contains("agreement"))
  }

  @Test("a temperature that changes: raw values by the scale of their step")
  func changingTemperature() throws {
    var accounting = accounting
    accounting.terms[0] = .init(
      name: "soft_targets", weight: 5, scale: 16, scaledBy: .init(name: "temperature", value: 4),
      measures: ["teacher_entropy"])
    accounting.points[0].scales = [16, 1, 1]
    accounting.points[1].scales = [4, 1, 1]
    var record = RunRecord.synthetic()
    record.stages[0].accounting = accounting
    for index in record.stages.indices { record.stages[index].curve.scales = [] }
    record.stages[0].curve.scales = [
      .init(
        term: "soft_targets", factor: 16, option: "temperature", value: 4,
        changes: "(4 to 2 over the stage)")
    ]
    #expect(try RunRecord(text: record.text(), source: "r") == record)
    let text = try #require(
      ExperimentPage(
        ExperimentRuns(name: record.experiment.name, records: [record], references: [])
      ).files["synthetic-l3-from-l6.md"])
    let row = try #require(
      text.split(separator: "\n").last { $0.contains("| soft_targets |") })
    #expect(
      row.split(separator: "|").map { $0.trimmingSpaces }[2...3]
        == ["0.0750 (0.0500-0.1000)", "0.6000 (0.4000-0.8000)"])
    #expect(text.contains("At T = 4 to 2 the teacher's entropy is 2.50"))
    #expect(
      text.contains("soft_targets with the square of its temperature, (4 to 2 over the stage)"))
    record.stages[0].accounting?.points[1].scales = [4]
    #expect(record.contradictions().contains { $0.contains("breakdown at step 51") })
  }

  @Test("nothing where it was not asked for")
  func absent() throws {
    let files = page(nil)
    #expect(files.keys.allSatisfy { !$0.contains("accounts") })
    #expect(files["synthetic-l3-from-l6.md"]?.contains("ask for") == false)
  }

  @Test("it is written and read again, and refused where it contradicts itself")
  func inARecord() throws {
    var record = RunRecord.synthetic()
    record.stages[0].accounting = accounting
    #expect(try RunRecord(text: record.text(), source: "r") == record)
    let text = try record.text()
    #expect(text.contains("\"teacherEntropy\": 2") && !text.contains("measurements"))
    record.stages[0].accounting?.points[1].measurements["agreement"] = 0.5
    record.stages[0].accounting?.terms[0].measures = ["teacher_entropy", "agreement"]
    record.stages[0].accounting?.terms[0].scaledBy = .init(name: "temperature", value: 2)
    #expect(try RunRecord(text: record.text(), source: "r") == record)
    record.stages[0].accounting?.points[1].gradientCosines = [1]
    #expect(record.contradictions().contains { $0.contains("breakdown at step 51") })
  }
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
