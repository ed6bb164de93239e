// The hypothesis on its page and its verdict, from records of runs that never took place.
import RetortEvaluation
import RetortFormatting
import RetortRecords
import RetortTestSupport
import Testing

@testable import RetortReporting

@Suite("Hypotheses on pages")
struct HypothesisPageTests {
  private typealias Hypothesis = RunRecord.Hypothesis
  private typealias Variant = RunRecord.Variant

  /// A claim on a figure, or on its difference, of which a run has found an interval.
  private static func claim(
    _ bound: Hypothesis.Bound, _ value: Double, found interval: (Double, Double)?,
    where settings: [Variant.Setting]? = nil
  ) -> Hypothesis.Claim {
    Hypothesis.Claim(
      of: "distil", than: bound.isOfDifference ? "student" : nil, measure: "vectors",
      figure: "cosine", bound: bound, value: value, settings: settings,
      found: interval.map { .init(value: ($0 + $1) / 2, low: $0, high: $1) })
  }

  private static func record(
    _ claims: [Hypothesis.Claim], at variant: Variant? = nil, of all: [Variant] = [],
    under digest: Character = "a"
  ) -> RunRecord {
    var record = RunRecord.synthetic(name: "expected")
    record.experiment.compareWith = []
    if let variant {
      record.experiment.point = variant.point
      record.experiment.variants = all
      record.experiment.digest = String(repeating: "\(all.firstIndex(of: variant) ?? 0)", count: 64)
      for index in record.stages.indices {
        record.stages[index].digest = record.experiment.digest
      }
    }
    record.hypothesis = Hypothesis(
      text: "Distillation helps.", digest: String(repeating: digest, count: 64), claims: claims)
    return record
  }

  /// The sentence of the verdict, and the cells of the table.
  private func section(_ records: [RunRecord]) throws -> (
    text: String, outcome: String, rows: [[String]]
  ) {
    let temporary = try TemporaryFolder()
    let folder = ResultsFolder(
      path: temporary.file("Results"), references: temporary.file("references"))
    for record in records { try folder.add(record: record) }
    let page = try #require(try folder.render()["expected.md"])
    let parts = page.components(separatedBy: "\n## ")
    let text = try #require(parts.dropFirst().first)
    #expect(text.hasPrefix("Hypothesis\n\nDistillation helps.\n\n"), "above the results: \(text)")
    let lines = text.split(separator: "\n").map(String.init)
    return (
      text, try #require(lines.first { $0.hasPrefix("**") }),
      lines.filter { $0.hasPrefix("|") }.dropFirst(2).map { line in
        line.split(separator: "|").map { $0.split(separator: " ").joined(separator: " ") }
      }
    )
  }

  @Test(
    "a claim is decided by its whole interval",
    arguments: [
      (.atLeast, 0.9, (0.91, 0.93), "holds"), (.atLeast, 0.9, (0.9, 0.93), "undecided"),
      (.atLeast, 0.9, (0.85, 0.89), "refuted"), (.atMost, 0.9, (0.85, 0.89), "holds"),
      (.atMost, 0.9, (0.91, 0.93), "refuted"), (.atMost, 0.9, (0.89, 0.91), "undecided"),
      (.moreBy, 0.05, (0.06, 0.08), "holds"), (.moreBy, 0.05, (0.01, 0.04), "refuted"),
      (.moreBy, 0.05, (0.04, 0.06), "undecided"), (.moreBy, 0, (-0.01, 0.02), "undecided"),
      (.lessBy, 0.05, (-0.08, -0.06), "holds"), (.lessBy, 0.05, (0.06, 0.08), "refuted"),
      (.lessBy, 0.05, (-0.06, -0.04), "undecided"), (.lessBy, 0, (-0.02, -0.01), "holds"),
      (.within, 0.05, (-0.04, 0.04), "holds"), (.within, 0.05, (0.06, 0.07), "refuted"),
      (.within, 0.05, (-0.08, -0.06), "refuted"), (.within, 0.05, (0.01, 0.06), "undecided"),
      (.atLeast, 0.9, nil, "undecided (not measured)"),
      (.moreBy, 0.05, (0, 0), "undecided (no interval)"),
    ] as [(RunRecord.Hypothesis.Bound, Double, (Double, Double)?, String)])
  func verdict(
    bound: RunRecord.Hypothesis.Bound, value: Double, interval: (Double, Double)?, expected: String
  ) throws {
    let (text, outcome, rows) = try section([
      Self.record([Self.claim(bound, value, found: interval)])
    ])
    #expect(rows.count == 1 && rows[0].last == expected, "\(rows)")
    let words = [
      "holds": "**Confirmed**: the claim holds.", "refuted": "**Refuted**: the claim is refuted.",
    ]
    #expect(outcome == words[expected] ?? "**Undecided**: the claim cannot be decided.")
    #expect(text.contains("A claim holds if its whole 95 % interval is on the claimed side"))
    #expect(!text.contains("Of runs that differ in seeds alone"))
  }

  private static let (holding, failing, open) = (
    claim(.atLeast, 0.9, found: (0.91, 0.93)), claim(.atMost, 0.9, found: (0.92, 0.94)),
    claim(.moreBy, 0, found: (-0.01, 0.01))
  )

  @Test(
    "all claims confirm it, one refutes it",
    arguments: [
      ([holding, holding], "**Confirmed**: all 2 claims hold."),
      (
        [holding, failing, open],
        "**Refuted**: of 3 claims, 1 holds, 1 is refuted and 1 is undecided."
      ),
      ([holding, open, holding], "**Undecided**: of 3 claims, 2 hold and 1 is undecided."),
    ])
  func whole(claims: [RunRecord.Hypothesis.Claim], expected: String) throws {
    #expect(try section([Self.record(claims)]).outcome == expected)
  }

  @Test("claims on a task are decided by the answers in the record")
  func tasks() throws {
    func claim(
      _ of: String, _ than: String?, _ bound: Hypothesis.Bound, _ value: Double
    ) -> Hypothesis.Claim {
      .init(of: of, than: than, task: "glue/sst2", figure: "accuracy", bound: bound, value: value)
    }
    let record = Self.record([
      claim("sst2", nil, .atLeast, 0.8), claim("sst2.teacher", "sst2.no_distillation", .moreBy, 0),
      claim("sst2", "sst2.teacher", .moreBy, 0), claim("sst2", nil, .atMost, 0.8),
      claim("sst2.mlm_only", nil, .atLeast, 0.5),
    ])
    let (_, outcome, rows) = try section([record])
    #expect(
      rows.map(\.last) == [
        "holds", "holds", "refuted", "refuted", "undecided (not measured)",
      ])
    #expect(outcome.hasPrefix("**Refuted**"))
    #expect(
      rows[0] == [
        "1. accuracy of sst2 on glue/sst2 is at least 0.8", "≥ 0.8", "0.8624",
        WilsonInterval(correct: 752, count: 872).ends, "holds",
      ])
    func model(_ id: String) throws -> MeasuredModel {
      let stage = try #require(record.stages.first { $0.id == id })
      return MeasuredModel(stage, try #require(stage.keptEvaluation), in: record)
    }
    let difference = try #require(
      PairedDifference(model("sst2.teacher"), model("sst2.no_distillation")))
    #expect(rows[1][2] == "+0.0631")
    #expect(
      rows[1][3]
        == "+\(difference.interval.low.fixed(4)) to +\(difference.interval.high.fixed(4))")
    let plain = record.summary()
    #expect(plain.contains("Hypothesis: Distillation helps.\nRefuted: of 5 claims, "))
  }

  private static func seeds(_ values: [Int], _ settings: [Variant.Setting] = []) -> [Variant] {
    values.map { Variant(settings: settings + [.init(path: "seed", value: "\($0)")]) }
  }

  @Test("of several seeds the interval spans all, and nothing is decided before all are in")
  func repetitions() throws {
    let all = Self.seeds([1, 2])
    func run(_ number: Int, _ interval: (Double, Double), _ digest: Character = "a") -> RunRecord {
      Self.record(
        [Self.claim(.atLeast, 0.9, found: interval)], at: all[number], of: all, under: digest)
    }
    let both = try section([run(0, (0.91, 0.93)), run(1, (0.95, 0.99))])
    #expect(
      both.rows[0].dropFirst(2) == ["0.9450 (0.9200 to 0.9700)", "0.9100 to 0.9900", "holds"])
    #expect(both.text.contains("Of runs that differ in seeds alone"))
    let torn = try section([run(0, (0.91, 0.93)), run(1, (0.85, 0.89))])
    #expect(torn.rows[0].last == "undecided")
    let one = try section([run(0, (0.91, 0.93))])
    #expect(one.rows[0].last == "undecided (1 of 2 runs)")
    // Under other words a run says nothing of this hypothesis.
    let other = try section([run(0, (0.91, 0.93)), run(1, (0.91, 0.93), "b")])
    #expect(other.rows[0].last == "undecided (1 of 2 runs)")
    #expect(
      other.text.contains("Runs under another hypothesis, or under none, are not counted: seed=2."))
  }

  @Test("in a sweep a claim is taken where it says, or in every condition, and in no ablation")
  func conditions() throws {
    let few = Variant.Setting(path: "tasks.few.labels.count", value: "100")
    let many = Variant.Setting(path: "tasks.few.labels.count", value: "1000")
    let all = [
      Variant(settings: [few]), Variant(settings: [few], ablation: "cosine"),
      Variant(settings: [many]),
    ]
    func run(_ number: Int, _ interval: (Double, Double)) -> RunRecord {
      Self.record(
        [
          Self.claim(.atLeast, 0.9, found: interval),
          Self.claim(.atLeast, 0.9, found: number == 0 ? nil : interval, where: [many]),
        ], at: all[number], of: all)
    }
    let (_, outcome, rows) = try section([
      run(0, (0.85, 0.89)), run(1, (0.1, 0.2)), run(2, (0.91, 0.93)),
    ])
    #expect(
      rows.map { [$0[1], $0[$0.count - 1]] } == [
        ["tasks.few.labels.count=100", "refuted"], ["tasks.few.labels.count=1000", "holds"],
        ["tasks.few.labels.count=1000", "holds"],
      ], "\(rows)")
    #expect(outcome == "**Refuted**: of 2 claims, 1 holds and 1 is refuted.")
    #expect(rows[1][0] == "" && rows[2][0].hasSuffix("where tasks.few.labels.count = 1000"))
    let missing = try section([run(2, (0.91, 0.93))])
    #expect(missing.rows.map(\.last) == ["undecided (no run)", "holds", "holds"])
    #expect(missing.outcome == "**Undecided**: of 2 claims, 1 holds and 1 is undecided.")
  }

  @Test("a record without one has no section; one that contradicts itself is refused")
  func records() throws {
    var record = Self.record([Self.holding])
    #expect(try RunRecord(text: record.text(), source: "r") == record)
    record.hypothesis?.claims[0].than = "student"
    #expect(
      record.contradictions() == ["claim 1 of the hypothesis: at_least with another model"])
    record.hypothesis = nil
    #expect(try !record.text().contains("hypothesis"))
    #expect(!record.summary().contains("Hypothesis"))
  }
}

extension WilsonInterval {
  fileprivate var ends: String { "\(low.fixed(4)) to \(high.fixed(4))" }
}
