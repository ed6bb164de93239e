// Every divergence against PyTorch 2.4.0 in double precision, and against other toolkits' own code: divergences.h5.
import Foundation
import RetortTensorEngine
import RetortTestSupport
import Testing

@testable import RetortDistillation

@Suite("Divergences equal PyTorch's")
struct DivergenceParityTests {
  private let tolerance = Tolerance(
    relative: 2e-5, absolute: 1e-6, because: "float32 exponentials of a row")
  /// Of logits whose squares are some thousands.
  private let far = Tolerance(
    relative: 2e-5, absolute: 2e-5, because: "float32 logits of size 100 less their largest")

  private let fixture: Fixture

  init() throws { fixture = try Fixture("divergences.h5") }

  /// A case's rows, over words or classes, and the groups of one divergence in it.
  private struct Case {
    let name: String
    let student: [Float]
    let teacher: [Float]
    let labels: [Int32]
    let columns: Int
    let temperature: Double
    var rows: Int { labels.count }
    /// Softmaxes of which one outcome has all but everything.
    var isExtreme: Bool { name.hasSuffix("far") || name.hasSuffix("peaked") }
  }

  /// What an extreme case leaves of a number may be less than a tolerance can tell from 0: then the difference is looked at.
  private func expectSame(
    _ found: [Double], _ expected: [Double], _ of: Case, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let tolerance = of.name.hasSuffix("far") ? far : tolerance
    if of.isExtreme, expected.allSatisfy({ $0.magnitude <= 10 * tolerance.absolute }) {
      expectZero(
        zip(found, expected).map { Float($0 - $1) }, within: tolerance.absolute,
        because: "nothing left of it but rounding", what,
        sourceLocation: sourceLocation)
    } else {
      expectClose(found, expected, tolerance, what, sourceLocation: sourceLocation)
    }
  }

  /// A row of the record for what is compared in `body`.
  private func recorded(
    _ name: String, _ of: Case, _ quantity: String, _ body: () throws -> Void
  ) rethrows {
    try ParityRecord.$subject.withValue(
      "soft_targets: \(name), \(of.columns) outcomes: \(quantity)", operation: body)
  }

  private func cases() throws -> [Case] {
    #expect(fixture.groups.count == 8)
    return try fixture.groups.map { name in
      Case(
        name: name, student: try fixture.floats("\(name)/student"),
        teacher: try fixture.floats("\(name)/teacher"),
        labels: try fixture.integers("\(name)/labels"),
        columns: fixture.shape("\(name)/student")?.last ?? 0,
        temperature: try fixture.number("temperature", of: name))
    }
  }

  /// Sum over the rows and gradient, over classes: all rows at once.
  private func overClasses(
    _ term: ClassSoftTargets, _ of: Case, gradientScale: Double, times: Int = 1
  ) -> (sum: Double, gradient: [Float]) {
    let scope = ComputeScope(engine: Engine(threadCount: 2), recording: true)
    let student = scope.input(
      of.student, rows: of.rows, columns: of.columns, differentiable: true)
    var sum = 0.0
    for _ in 0..<times {
      sum = term.sum(
        over: TermBatch(
          student: ObservedTensors(classLogits: student),
          teacher: ObservedTensors(
            classLogits: scope.input(of.teacher, rows: of.rows, columns: of.columns)),
          classes: of.labels,
          layout: SequenceLayout(offsets: (0...Int32(of.rows)).map { $0 })),
        gradientScale: gradientScale, in: scope)
    }
    return (sum, scope.gradientValues(of: student) ?? [])
  }

  /// The mean of a term in which each row counts the same.
  private func overClasses(
    _ settings: SoftTargetSettings, _ of: Case, times: Int
  ) -> (value: Double, gradient: [Float]) {
    let (sum, gradient) = overClasses(
      ClassSoftTargets(settings), of, gradientScale: 1 / Double(of.rows), times: times)
    return (sum / Double(of.rows), gradient)
  }

  /// The same over words: a row at a time through the vocabulary head.
  private func overWords(
    _ term: SoftTargets, _ of: Case, times: Int
  ) -> (value: Double, gradient: [Float]) {
    let (values, gradient) = GivenLogits(
      student: of.student, teacher: of.teacher, wordCount: of.columns, labels: of.labels
    ).mean(of: term, times: times)
    #expect(Set(values).count == 1)
    return (values[0], gradient)
  }

  /// One divergence of a case.
  private struct Expected {
    let name: String
    let divergence: SoftTargetSettings.Divergence
    /// With T², mean over the rows.
    let loss: Double
    let gradient: [Double]
  }

  private func divergences(_ type: any LogitDivergence.Type, of name: String) throws -> [Expected] {
    try fixture.names(in: name).compactMap { group in
      guard try fixture.has("\(group).key", of: name),
        try fixture.text("\(group).key", of: name) == type.key
      else { return nil }
      let numbers = try fixture.text("\(group).numbers", of: name).split(separator: " ")
      return Expected(
        name: group, divergence: .init(type.init(numbers: numbers.compactMap { Double($0) })),
        loss: try fixture.number("\(group).loss", of: name),
        gradient: try fixture.floats("\(name)/\(group)").map(Double.init))
    }
  }

  @Test(
    "value and gradient over words and classes, with and without T²",
    arguments: Divergences.all.map { $0.key })
  func parity(key: String) throws {
    let type = try #require(Divergences.all.first { $0.key == key })
    var found = 0
    for `case` in try cases() {
      for expected in try divergences(type, of: `case`.name) {
        found += 1
        let (divergence, loss) = (expected.divergence, expected.loss)
        for scale in SoftTargetLoss.Scale.allCases {
          let settings = SoftTargetSettings(
            divergence, temperature: `case`.temperature, scale: scale)
          let factor = scale == .tSquared ? 1 : 1 / (`case`.temperature * `case`.temperature)
          for times in [1, 2] {
            var ways = [("classes", overClasses(settings, `case`, times: times))]
            if divergence.kind.couplingNumber == nil {
              ways.append(
                (
                  "words",
                  overWords(SoftTargets(settings, positions: .masked), `case`, times: times)
                ))
            }
            for (way, result) in ways {
              let what =
                "\(`case`.name) \(expected.name) over \(way), \(scale), \(times) times"
              recorded(key, `case`, "value") {
                expectSame([result.value / factor], [loss], `case`, what)
              }
              recorded(key, `case`, "gradient") {
                expectGradient(
                  result.gradient, times: Double(times) * factor, expected, `case`, what)
              }
            }
          }
        }
      }
    }
    #expect(found >= 8, "\(key): \(found)")
  }

  /// - Parameter times: what the gradient was multiplied by.
  private func expectGradient(
    _ found: [Float], times factor: Double, _ expected: Expected, _ of: Case, _ what: String
  ) {
    let gradient = found.map { Double($0) / factor }
    let kind = expected.divergence.kind
    guard of.columns == 2 else { return expectSame(gradient, expected.gradient, of, what) }
    // On two outcomes what is left of a dead part is rounding, times 1/|u| of a row's correlation.
    let ofRows = type(of: kind).key == PearsonDistance.key
    if kind.deadOnTwoOutcomes == [nil] {
      expectZero(found, within: 2e-6, because: "no gradient on two outcomes", what)
    } else if ofRows, kind.couplingNumber == nil {
      expectZero(
        found, within: 2e-5, because: "no gradient on two outcomes, rounding times 1/|u|", what)
    } else if ofRows {
      expectClose(
        gradient, expected.gradient,
        Tolerance(relative: 2e-5, absolute: 1e-5, because: "rows of two outcomes"), what)
    } else {
      expectSame(gradient, expected.gradient, of, what)
    }
  }

  @Test("on two classes the decoupled divergence is the plain one, whatever the others weigh")
  func decoupledOnTwoClasses() throws {
    for `case` in try cases() where `case`.columns == 2 {
      func run(_ divergence: any LogitDivergence) -> (value: Double, gradient: [Float]) {
        overClasses(
          SoftTargetSettings(.init(divergence), temperature: `case`.temperature), `case`, times: 1)
      }
      let plain = run(ForwardKL())
      for others in [0.0, 1, 8] {
        let decoupled = run(DecoupledKL(target: 1, others: others))
        expectClose([decoupled.value], [plain.value], tolerance, "\(`case`.name), \(others)")
        expectClose(decoupled.gradient, plain.gradient, tolerance, "\(`case`.name), \(others)")
      }
    }
  }

  @Test("of other toolkits' losses each differs by its factor")
  func toolkits() throws {
    var found: Set<String> = []
    for `case` in try cases() {
      let square = `case`.temperature * `case`.temperature
      for type in Divergences.all {
        for expected in try divergences(type, of: `case`.name) {
          let value = overClasses(
            SoftTargetSettings(expected.divergence, temperature: `case`.temperature), `case`,
            times: 1
          ).value
          for (toolkit, factor) in [
            // No T²: torchdistill's KL without labels too, whose documentation has it.
            ("textbrewer", 1 / square), ("trl", 1 / square),
            ("torchdistill", type.key == PearsonDistance.key ? 1 : 1 / square),
            // KLDivLoss's "mean" is over the outcomes too, as is TinyBERT's, which has no T².
            ("pkd", 1 / Double(`case`.columns)),
            ("tinybert", 1 / (square * Double(`case`.columns))),
          ] {
            let attribute = "\(expected.name).\(toolkit)"
            guard try fixture.has(attribute, of: `case`.name) else { continue }
            found.insert("\(toolkit) \(type.key)")
            var theirs = try fixture.number(attribute, of: `case`.name)
            theirs /= factor
            if ["textbrewer", "tinybert"].contains(toolkit), type.key == ForwardKL.key {
              // A cross-entropy: the teacher's entropy is in it.
              theirs -= square * teacherEntropy(`case`)
            }
            expectSame(
              [value], [theirs], `case`, "\(`case`.name) \(attribute)")
          }
        }
      }
    }
    #expect(
      found == [
        "textbrewer forward_kl", "torchdistill forward_kl", "textbrewer logit_mse",
        "trl jensen_shannon", "torchdistill pearson", "torchdistill standardised_kl",
        "pkd forward_kl", "tinybert forward_kl",
      ])
  }

  /// Mean over the rows of H(softmax(t/T)).
  private func teacherEntropy(_ of: Case) -> Double {
    let teacher = Matrix(of.rows, of.columns, of.teacher)
    return (0..<of.rows).reduce(0.0) { sum, row in
      let logits = teacher.row(row).map { $0 / of.temperature }
      return sum + Self.entropy(logits)
    } / Double(of.rows)
  }

  private static func entropy(_ logits: [Double]) -> Double {
    let highest = logits.max() ?? 0
    let powers = logits.map { exp($0 - highest) }
    let total = powers.reduce(0, +)
    return zip(logits, powers).reduce(log(total)) {
      $0 - ($1.0 - highest) * $1.1 / total
    }
  }

  @Test("the largest logits of a live teacher, all others as one outcome")
  func keptLogits() throws {
    for `case` in try cases() {
      let count = Int(try fixture.number("kept.count", of: `case`.name))
      for (scale, factor) in [
        (SoftTargetLoss.Scale.tSquared, 1), (.none, 1 / (`case`.temperature * `case`.temperature)),
      ] {
        let term = SoftTargets(
          SoftTargetSettings(temperature: `case`.temperature, scale: scale), positions: .all,
          keptLogits: count)
        let result = overWords(term, `case`, times: 2)
        let tolerance = `case`.name.hasSuffix("far") ? far : tolerance
        try recorded("kept_logits", `case`, "value") {
          expectClose(
            [result.value], [factor * (try fixture.number("kept.loss", of: `case`.name))],
            tolerance, `case`.name)
        }
        try recorded("kept_logits", `case`, "gradient") {
          expectClose(
            result.gradient,
            try fixture.floats("\(`case`.name)/kept").map { 2 * factor * Double($0) }, tolerance,
            "\(`case`.name) gradient")
        }
      }
    }
  }

  @Test("hard targets are the teacher's largest logit")
  func hardTargets() throws {
    for `case` in try cases() {
      let settings = SoftTargetSettings(temperature: `case`.temperature, targets: .hard)
      let tolerance = `case`.name.hasSuffix("far") ? far : tolerance
      for result in [
        overClasses(settings, `case`, times: 1),
        overWords(SoftTargets(settings, positions: .all), `case`, times: 1),
      ] {
        try recorded("hard targets", `case`, "value") {
          expectClose(
            [result.value], [try fixture.number("hard.loss", of: `case`.name)], tolerance,
            `case`.name)
        }
        try recorded("hard targets", `case`, "gradient") {
          expectClose(
            result.gradient, try fixture.floats("\(`case`.name)/hard").map(Double.init), tolerance,
            "\(`case`.name) gradient")
        }
      }
    }
  }

  @Test(
    "sentences count by the teacher's confidence, or by whether it is right",
    arguments: [ExampleWeighting.teacherConfidence, .teacherCorrect])
  func examples(_ examples: ExampleWeighting) throws {
    let group = examples == .teacherConfidence ? "confidence" : "correct"
    var found = 0
    for `case` in try cases() where fixture.has("\(`case`.name)/\(group)") {
      found += 1
      let term = ClassSoftTargets(
        SoftTargetSettings(temperature: `case`.temperature), examples: examples)
      let counts = RowCounts(
        `case`.labels.enumerated().map { row, label in
          let logits = `case`.teacher[row * `case`.columns..<(row + 1) * `case`.columns]
          return .init(
            length: 1, maskedCount: 0, innerCount: 0, label: Int(label),
            teacherLogits: Array(logits))
        })
      let result = overClasses(
        term, `case`, gradientScale: counts.gradientScale(over: term.rows, weight: 1))
      try recorded("examples: \(examples.rawValue)", `case`, "value") {
        expectSame(
          [counts.mean(over: term.rows, of: result.sum)],
          [try fixture.number("\(group).loss", of: `case`.name)], `case`, `case`.name)
      }
      try recorded("examples: \(examples.rawValue)", `case`, "gradient") {
        expectSame(
          result.gradient.map(Double.init),
          try fixture.doubles("\(`case`.name)/\(group)"), `case`, `case`.name)
      }
    }
    #expect(found >= 3, "\(found)")
  }
}
