// Every divergence against PyTorch 2.4.0 in double precision, and against other toolkits' own code: divergences.h5.
import Foundation
import RetortTensorEngine
import RetortTestSupport
import Testing

@testable import RetortDistillation

@Suite("Divergences equal PyTorch's")
struct DivergenceTests {
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
        because: "nothing left of it: \(what)", sourceLocation: sourceLocation)
    } else {
      expectClose(found, expected, tolerance, what, sourceLocation: sourceLocation)
    }
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

  /// Mean over the rows and gradient, over classes: all rows at once.
  private func overClasses(
    _ settings: SoftTargetSettings, _ of: Case, times: Int
  ) -> (value: Double, gradient: [Float]) {
    let scope = ComputeScope(engine: Engine(threadCount: 2), recording: true)
    let student = scope.input(
      of.student, rows: of.rows, columns: of.columns, differentiable: true)
    var value = 0.0
    for _ in 0..<times {
      value = ClassSoftTargets(settings).sum(
        over: TermBatch(
          student: ObservedTensors(classLogits: student),
          teacher: ObservedTensors(
            classLogits: scope.input(of.teacher, rows: of.rows, columns: of.columns)),
          classes: of.labels,
          layout: SequenceLayout(offsets: (0...Int32(of.rows)).map { $0 })),
        gradientScale: 1 / Double(of.rows), in: scope)
    }
    return (value / Double(of.rows), scope.gradientValues(of: student) ?? [])
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
              expectSame([result.value / factor], [loss], `case`, what)
              let gradient = result.gradient.map { Double($0) / (Double(times) * factor) }
              // On two outcomes what is left of a dead part is rounding, times 1/|u| of a row's correlation.
              let ofRows = `case`.columns == 2 && key == PearsonDistance.key
              if `case`.columns == 2, divergence.kind.deadOnTwoOutcomes == [nil] {
                expectZero(result.gradient, within: 2e-6, because: "two outcomes: \(what)")
              } else if ofRows, divergence.kind.couplingNumber == nil {
                expectZero(result.gradient, within: 2e-5, because: "two outcomes: \(what)")
              } else if ofRows {
                expectClose(
                  gradient, expected.gradient,
                  Tolerance(relative: 2e-5, absolute: 1e-5, because: "rows of two outcomes"), what)
              } else {
                expectSame(gradient, expected.gradient, `case`, "\(what): gradient")
              }
            }
          }
        }
      }
    }
    #expect(found >= 8, "\(key): \(found)")
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
          ] {
            let attribute = "\(expected.name).\(toolkit)"
            guard try fixture.has(attribute, of: `case`.name) else { continue }
            found.insert("\(toolkit) \(type.key)")
            var theirs = try fixture.number(attribute, of: `case`.name)
            if toolkit == "textbrewer", type.key == ForwardKL.key {
              // A cross-entropy: the teacher's entropy is in it.
              theirs -= teacherEntropy(`case`)
            }
            expectSame(
              [value], [theirs / factor], `case`, "\(`case`.name) \(attribute)")
          }
        }
      }
    }
    #expect(
      found == [
        "textbrewer forward_kl", "torchdistill forward_kl", "textbrewer logit_mse",
        "trl jensen_shannon", "torchdistill pearson", "torchdistill standardised_kl",
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
        expectClose(
          [result.value], [factor * (try fixture.number("kept.loss", of: `case`.name))], tolerance,
          `case`.name)
        expectClose(
          result.gradient,
          try fixture.floats("\(`case`.name)/kept").map { 2 * factor * Double($0) }, tolerance,
          "\(`case`.name) gradient")
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
        expectClose(
          [result.value], [try fixture.number("hard.loss", of: `case`.name)], tolerance,
          `case`.name)
        expectClose(
          result.gradient, try fixture.floats("\(`case`.name)/hard").map(Double.init), tolerance,
          "\(`case`.name) gradient")
      }
    }
  }

  @Test("what a teacher holds for impossible costs 80 nats, and every divergence is 0 of itself")
  func extremes() {
    let scope = ComputeScope(engine: Engine(threadCount: 1), recording: true)
    func loss(_ divergence: any LogitDivergence, _ s: [Float], _ t: [Float]) -> Double {
      let student = scope.input(s, rows: 1, columns: s.count, differentiable: true)
      let value = scope.softTargets(
        SoftTargetLoss(divergence, temperature: 1, scale: .none, targets: .soft), student: student,
        teacher: scope.input(t, rows: 1, columns: t.count), labels: [1], gradientScale: 1)[0]
      #expect((scope.gradientValues(of: student) ?? []).allSatisfy { $0.isFinite })
      return value
    }
    #expect(abs(loss(ReverseKL(), [900, 0, 0], [0, 0, 900]) - 80) < 1e-4)
    #expect(abs(loss(TotalVariation(), [900, 0, 0], [0, 0, 900]) - 1) < 1e-6)
    #expect(abs(loss(JensenShannon(beta: 0.5), [900, 0, 0], [0, 0, 900]) - 0.693_147_2) < 1e-6)
    for type in Divergences.all {
      let numbers = type.numbers.map { $0.key == "columns" ? 0 : 0.5 }
      let same = loss(type.init(numbers: numbers), [5, -3, 900, 1], [5, -3, 900, 1])
      #expect(abs(same) < 1e-6, "\(type.key): \(same)")
    }
  }

  @Test(
    "a column that is the same everywhere has no correlation, as all have in a batch of one row")
  func flatColumns() {
    let scope = ComputeScope(engine: Engine(threadCount: 1), recording: true)
    let loss = SoftTargetLoss(
      PearsonDistance(rows: 0, columns: 1), temperature: 1, scale: .none, targets: .soft)
    let student = scope.input([1, 2, 3], rows: 1, columns: 3, differentiable: true)
    let values = scope.softTargets(
      loss, student: student, teacher: scope.input([3, 1, 1], rows: 1, columns: 3),
      gradientScale: 1)
    #expect(values == [1])
    expectZero(scope.gradientValues(of: student) ?? [], within: 0, because: "nothing to correlate")
  }

  @Test("weights of rows multiply values and gradients, a coupled part by their sum")
  func weights() {
    func run(_ weights: [Double]?, _ rows: [Float]) -> (values: [Double], gradient: [Float]) {
      let scope = ComputeScope(engine: Engine(threadCount: 1), recording: true)
      let student = scope.input(rows, rows: 3, columns: 3, differentiable: true)
      let values = scope.softTargets(
        SoftTargetLoss(
          PearsonDistance(rows: 1, columns: 0.5), temperature: 2, scale: .tSquared, targets: .soft),
        student: student,
        teacher: scope.input([2, 0, 1, 0, 1, 0.5, 1, 1, 3], rows: 3, columns: 3),
        gradientScale: 0.25, rowWeights: weights)
      return (values, scope.gradientValues(of: student) ?? [])
    }
    let logits: [Float] = [1, 2, 3, 0, -1, 1, 0.5, 0, 2]
    let (plain, doubled) = (run(nil, logits), run([2, 2, 2], logits))
    #expect(doubled.values == plain.values.map { 2 * $0 })
    #expect(doubled.gradient == plain.gradient.map { 2 * $0 })
    let some = run([0, 3, 0], logits)
    #expect(some.values[0] == 0 && some.values[2] == 0)
    expectClose(
      [some.values[1]], [3 * plain.values[1]],
      Tolerance(relative: 1e-12, absolute: 0, because: "doubles"))
  }
}
