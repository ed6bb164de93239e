// What soft targets are a mean over, of several teachers, and at temperatures of each sentence: against PyTorch 2.4.0 in double
// precision and TextBrewer's own code (soft_targets.h5).
import RetortTensorEngine
import RetortTestSupport
import Testing

@testable import RetortDistillation

@Suite("Soft targets over positions, sequences and several teachers equal PyTorch's")
struct SoftTargetParityTests {
  private let tolerance = Tolerance(
    relative: 2e-5, absolute: 1e-6, because: "float32 exponentials of a row")

  private let fixture: Fixture

  init() throws { fixture = try Fixture("soft_targets.h5") }

  @Test("mean over positions, or over sequences of the mean over each one's positions")
  func averages() throws {
    let names = fixture.groups.filter { $0.hasPrefix("average_") }
    #expect(names.count == 6)
    let logits = GivenLogits(
      student: try fixture.floats("average/student"),
      teacher: try fixture.floats("average/teacher"), wordCount: 211,
      labels: [Int32](repeating: -1, count: 16))
    let lengths = try fixture.integers("average/lengths")
    let words = try fixture.integers("average/masked").map { $0 == 1 ? Int32(9) : -1 }
    for name in names {
      let term = SoftTargets(
        SoftTargetSettings(temperature: 2),
        positions: try #require(TokenPositions(rawValue: fixture.text("positions", of: name))),
        average: try #require(TermAverage(rawValue: fixture.text("average", of: name))),
        keptLogits: try fixture.text("divergence", of: name) == "kept" ? 5 : nil)
      let (value, gradient) = logits.mean(of: term, lengths: lengths, words: words)
      expectClose([value], [try fixture.number("loss", of: name)], tolerance, name)
      expectClose(
        gradient, try fixture.floats("\(name)/gradient").map(Double.init), tolerance,
        "\(name) gradient")
    }
  }

  private func settings(_ name: String, temperature: Double) throws -> SoftTargetSettings {
    let key = try fixture.text("divergence", of: name)
    let type = Divergences.all.first { $0.key == key } ?? ForwardKL.self
    return SoftTargetSettings(
      .init(type.init(numbers: [])), temperature: temperature,
      targets: key == "hard" ? .hard : .soft
    )
  }

  /// Mean over the rows and gradient, over classes.
  private func overClasses(
    _ term: ClassSoftTargets, student: [Float], teacher: [Float], columns: Int
  ) -> (value: Double, gradient: [Float]) {
    let rows = student.count / columns
    let scope = ComputeScope(engine: Engine(threadCount: 2), recording: true)
    let logits = scope.input(student, rows: rows, columns: columns, differentiable: true)
    let sum = term.sum(
      over: TermBatch(
        student: ObservedTensors(classLogits: logits),
        teacher: ObservedTensors(classLogits: scope.input(teacher, rows: rows, columns: columns)),
        layout: SequenceLayout(offsets: (0...Int32(rows)).map { $0 })),
      gradientScale: 1 / Double(rows), in: scope)
    return (sum / Double(rows), scope.gradientValues(of: logits) ?? [])
  }

  @Test("three teachers become one by the mean of their probabilities or of their logits")
  func combinations() throws {
    let names = fixture.groups.filter {
      $0.hasPrefix("combined_") && $0.split(separator: "_").count > 2
    }
    #expect(names.count == 27)
    var peers = 0
    for name in names {
      let outcomes = Int(try fixture.number("outcomes", of: name))
      let temperature = try fixture.number("temperature", of: name)
      let combination = try #require(
        TeacherCombination(rawValue: fixture.text("combination", of: name)))
      let student = try fixture.floats("combined_\(outcomes)/student")
      let teachers = try (0..<3).map { try fixture.floats("combined_\(outcomes)/teacher_\($0)") }
      let settings = try settings(name, temperature: temperature)
      let words = GivenLogits(
        student: student, teacher: teachers[0], others: Array(teachers[1...]),
        logits: .combined([0, 1, 2], combination.ofVocabulary(temperature: temperature)),
        wordCount: outcomes, labels: [Int32](repeating: -1, count: student.count / outcomes)
      ).mean(of: SoftTargets(settings, positions: .all), times: 2)
      #expect(Set(words.values).count == 1)
      let classes = overClasses(
        ClassSoftTargets(settings), student: student,
        teacher: combination.combined(teachers, columns: outcomes, temperature: temperature),
        columns: outcomes)
      let (loss, gradient) = (
        try fixture.number("loss", of: name),
        try fixture.floats("\(name)/gradient").map(Double.init)
      )
      for (way, value, found) in [
        ("words", words.values[0], words.gradient.map { $0 / 2 }),
        ("classes", classes.value, classes.gradient),
      ] {
        expectClose([value], [loss], tolerance, "\(name) over \(way)")
        expectClose(found, gradient, tolerance, "\(name) over \(way): gradient")
      }
      guard try fixture.has("textbrewer", of: name) else { continue }
      peers += 1
      // A cross-entropy without T².
      let theirs = try fixture.number("textbrewer", of: name) - fixture.number("entropy", of: name)
      expectClose(
        [words.values[0]], [theirs * temperature * temperature], tolerance, "\(name) of TextBrewer")
    }
    #expect(peers == 3)
  }

  @Test(
    "teachers are told apart by their places, and nothing is computed of those that nobody reads")
  func places() throws {
    let student = try fixture.floats("combined_11/student")
    let teachers = try (0..<3).map { try fixture.floats("combined_11/teacher_\($0)") }
    func value(_ all: [[Float]], _ logits: TeacherLogits) -> Double {
      GivenLogits(
        student: student, teacher: all[0], others: Array(all[1...]), logits: logits,
        wordCount: 11, labels: [Int32](repeating: -1, count: 7)
      ).mean(of: SoftTargets(temperature: 2, positions: .all)).values[0]
    }
    for place in 0..<3 {
      #expect(value(teachers, .of(place)) == value([teachers[place]], .of(0)))
    }
    // Twice the same teacher is that teacher.
    for combination in [LogitCombination.logits, .probabilities(temperature: 2)] {
      expectClose(
        [value(teachers, .combined([1, 1], combination))], [value(teachers, .of(1))],
        Tolerance(relative: 1e-6, absolute: 0, because: "float32 logarithms"))
    }
  }

  @Test("each sentence at a temperature of its own, with T² and without, two and eleven classes")
  func temperatures() throws {
    let names = fixture.groups.filter {
      $0.hasPrefix("sentences_") && $0.split(separator: "_").count > 2
    }
    #expect(names.count == 8)
    for name in names {
      let outcomes = Int(try fixture.number("outcomes", of: name))
      func number(_ key: String) throws -> Double { try fixture.number(key, of: name) }
      let isFlsw = try fixture.text("scheduler", of: name) == "flsw"
      let temperature = RowTemperature(
        isFlsw ? .similarity(gamma: try number("gamma")) : .confidence, base: try number("base"),
        beta: try number("beta"), least: try number("least"))
      let (student, teacher) = try (
        fixture.floats("sentences_\(outcomes)/student"),
        fixture.floats("sentences_\(outcomes)/teacher")
      )
      let scope = ComputeScope(engine: Engine(threadCount: 1), recording: false)
      expectClose(
        temperature.temperatures(
          student: scope.input(student, rows: 9, columns: outcomes),
          teacher: scope.input(teacher, rows: 9, columns: outcomes)),
        try fixture.floats("\(name)/temperatures").map(Double.init),
        Tolerance(relative: 1e-6, absolute: 0, because: "rounded to float32"), name)
      for scale in SoftTargetLoss.Scale.allCases {
        let result = overClasses(
          ClassSoftTargets(
            SoftTargetSettings(temperature: .bySentence(temperature), scale: scale)),
          student: student, teacher: teacher, columns: outcomes)
        expectClose(
          [result.value], [try number("loss_\(scale.rawValue)")], tolerance, "\(name) \(scale)")
        expectClose(
          result.gradient,
          try fixture.floats("\(name)/gradient_\(scale.rawValue)").map(Double.init),
          tolerance, "\(name) \(scale): gradient")
        guard scale == .none else { continue }
        expectClose(
          [result.value], [try number("textbrewer") - number("entropy")], tolerance,
          "\(name) of TextBrewer")
      }
    }
  }
}
