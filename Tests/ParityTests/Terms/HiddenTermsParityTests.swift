// Losses of hidden states, Gram matrices and sentence vectors: against PyTorch 2.4.0 in double precision, on padded batches
// (hidden_terms.h5), and against what TextBrewer, PKD and sentence-transformers make of them.
import RetortTensorEngine
import RetortTestSupport
import Testing

@testable import RetortDistillation

@Suite("Hidden states, Gram matrices and sentence vectors equal PyTorch's")
struct HiddenTermsParityTests {
  private static func cases(_ fixture: Fixture) throws -> [String] {
    try fixture.groups.filter { group in
      guard group != "states", try fixture.has("kind", of: group) else { return false }
      return ["hidden", "gram", "sentence"].contains(try fixture.text("kind", of: group))
    }
  }

  @Test("value and every gradient of packed batches, the same bits on 1, 2 and 3 threads")
  func parity() throws {
    let fixture = try Fixture("hidden_terms.h5")
    let cases = try Self.cases(fixture)
    #expect(cases.count == 62)
    for name in cases {
      let `case` = try HiddenCase(fixture, name)
      let result = try `case`.compute(threads: 2)
      let loss = try fixture.number("loss", of: name)
      ParityRecord.$subject.withValue("\(`case`.title): value") {
        expectClose(
          [result.value], [loss],
          Tolerance(relative: 1e-5, absolute: 0, because: "float32 states of 12 to 20 features"),
          name)
      }
      #expect(
        Set(result.gradients.keys) == Set(fixture.names(in: name).map { String($0.dropLast(9)) }))
      for (key, gradient) in result.gradients {
        let reference = try fixture.floats("\(name)/\(key)_gradient")
        let largest = Double(reference.map(\.magnitude).max() ?? 0)
        ParityRecord.$subject.withValue("\(`case`.title): gradient") {
          expectClose(
            gradient, reference,
            Tolerance(
              relative: 2e-5, absolute: 5e-6 * largest,
              because: "float32 products of up to 20 values"), "\(name) \(key)")
        }
      }
      for threads in [1, 3] {
        let other = try `case`.compute(threads: threads)
        #expect(other.value.bitPattern == result.value.bitPattern, "\(name) on \(threads)")
        #expect(
          other.gradients.mapValues { $0.map(\.bitPattern) }
            == result.gradients.mapValues { $0.map(\.bitPattern) }, "\(name) on \(threads)")
      }
    }
  }

  @Test("where a peer's own function differs, it is by the factor that its formula says")
  func peers() throws {
    let fixture = try Fixture("hidden_terms.h5")
    let tolerance = Tolerance(relative: 1e-6, absolute: 0, because: "both in float64")
    // PKD's code takes the mean over the 12 features too, the paper their sum.
    var expected = ["pkd": 1.0 / 12, "fsp": 1]
    for positions in ["all", "masked", "first", "inner"] {
      expected["mse_\(positions)_tokens"] = 1
      expected["cosine_\(positions)_tokens"] = 1
    }
    for average in ["tokens", "sequences"] { expected["normalised_mse_first_\(average)"] = 1 }
    for (name, factor) in expected {
      expectClose(
        [try fixture.number("peer_factor", of: name)], [factor], tolerance, name)
    }

    // TextBrewer's mmd_loss divides by the padded length in place of the width, once there is a mask.
    let loss = try fixture.number("loss", of: "nst")
    for length in [7.0, 9] {
      expectClose(
        [try fixture.number("padded_\(Int(length))", of: "mmd") / loss],
        [(12 / length) * (12 / length)], tolerance, "padded to \(length)")
    }
    // Without one, on sequences of one length, it is the same loss.
    let scope = ComputeScope(engine: Engine(threadCount: 2), recording: true)
    func states(_ model: String) throws -> [HiddenLayer: Tensor] {
      try Dictionary(
        uniqueKeysWithValues: (0..<2).map { k in
          (
            .number(k),
            scope.input(
              try fixture.floats("states/equal_\(model)_\(k)"), rows: 15, columns: 12,
              differentiable: model == "student")
          )
        })
    }
    let sum = Gram(
      of: .tokens, states: [.init(teacher: [0, 1], student: [0, 1])], average: .pairs
    ).sum(
      over: TermBatch(
        student: ObservedTensors(hiddenStates: try states("student")),
        teacher: ObservedTensors(hiddenStates: try states("teacher")),
        layout: SequenceLayout(offsets: [0, 5, 10, 15])), gradientScale: 1, in: scope)
    expectClose(
      [sum / 75], [try fixture.number("equal", of: "mmd")],
      Tolerance(relative: 1e-5, absolute: 0, because: "float32 products of 12 values"))
  }
}

/// One case of the fixture: a term, its inputs and its parameters.
private struct HiddenCase {
  let fixture: Fixture
  let name: String
  /// Of its rows in the record.
  let title: String
  let term: any TensorTerm
  /// Numbers of the student's states that are read.
  let states: [Int]
  let isWide: Bool
  /// Names of the parameters, in the term's order.
  let parameters: [String]

  init(_ fixture: Fixture, _ name: String) throws {
    (self.fixture, self.name) = (fixture, name)
    func flag(_ key: String) throws -> Bool { try fixture.number(key, of: name) == 1 }
    func text(_ key: String) throws -> String { try fixture.text(key, of: name) }
    func projection(shared: Bool, biased: Bool) -> StateProjection {
      StateProjection(
        isShared: shared, hasBias: biased, initial: .xavierUniform, learningRate: 1, weightDecay: 0,
        clipping: .apart)
    }
    let isProjected = try fixture.has("projected", of: name) && flag("projected")
    title =
      "\(try text("kind")): \(try text(try text("kind") == "gram" ? "of" : "compare"))"
      + (isProjected ? ", projected" : "")
    switch try text("kind") {
    case "hidden":
      let pairs = [LayerPair(teacher: 0, student: 0), LayerPair(teacher: 2, student: 1)]
        .suffix(Int(try fixture.number("pairs", of: name)))
      let (shared, biased) = (try flag("shared"), try flag("biased"))
      isWide = try flag("projected")
      term = Hidden(
        compare: try #require(Hidden.Comparison(rawValue: text("compare"))),
        states: .pairs(Array(pairs)), overPairs: PairReduction(rawValue: try text("over_pairs")),
        positions: try #require(TermPositions(rawValue: text("positions"))),
        average: try #require(TermAverage(rawValue: text("average"))),
        projection: isWide ? projection(shared: shared, biased: biased) : nil)
      states = pairs.map(\.student)
      parameters =
        isWide
        ? (0..<(shared ? 1 : pairs.count)).flatMap { i in
          ["projection_\(i)"] + (biased ? ["bias_\(i)"] : [])
        } : []
    case "gram":
      isWide = try flag("wide")
      let matches = try text("matches").split(separator: ";").map { match in
        match.split(separator: ",").compactMap { Int($0) }
      }
      term = Gram(
        of: try #require(GramKind(rawValue: text("of"))),
        states: matches.map { .init(teacher: Array($0[..<2]), student: Array($0[2...])) },
        overPairs: PairReduction(rawValue: try text("over_pairs")),
        average: try #require(TermAverage(rawValue: text("average"))),
        projection: try flag("projected")
          ? projection(shared: try flag("shared"), biased: try flag("biased")) : nil)
      states = Set(matches.flatMap { $0[2...] }).sorted()
      parameters =
        try flag("projected")
        ? (0..<(try flag("shared") ? 1 : matches.count)).flatMap { i in
          ["projection_\(i)"] + (try flag("biased") ? ["bias_\(i)"] : [])
        } : []
    default:
      isWide = try flag("projected")
      let comparison: Sentence.Comparison =
        switch try text("compare") {
        case "cosine": .cosine
        case "mse": .mse
        case "similarity_mse": .similarityMSE
        case "margin_mse": .marginMSE
        default: .infoNCE(temperature: 0.2)
        }
      let projects = isWide && comparison != .similarityMSE && comparison != .marginMSE
      term = Sentence(
        compare: comparison, pooling: try #require(Pooling(rawValue: text("pooling"))),
        isNormalised: try flag("normalised"),
        projection: projects ? projection(shared: false, biased: true) : nil)
      states = [2]
      parameters = projects ? ["projection_0", "bias_0"] : []
    }
  }

  /// The mean, and the gradients by name.
  func compute(threads: Int) throws -> (value: Double, gradients: [String: [Float]]) {
    let scope = ComputeScope(engine: Engine(threadCount: threads), recording: true)
    // As a teacher's, of another scope.
    let other = ComputeScope(engine: Engine(threadCount: 1), recording: false)
    let lengths = try fixture.integers("states/lengths")
    let layout = SequenceLayout(
      offsets: lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) })
    func tensor(_ name: String, _ scope: ComputeScope, differentiable: Bool) throws -> Tensor {
      let shape = try #require(fixture.shape("states/\(name)"))
      return scope.input(
        try fixture.floats("states/\(name)"), rows: shape[0], columns: shape[1],
        differentiable: differentiable)
    }
    var (student, teacher) = ([HiddenLayer: Tensor](), [HiddenLayer: Tensor]())
    for k in 0..<3 {
      student[.number(k)] = try tensor("student_\(k)", scope, differentiable: true)
      teacher[.number(k)] = try tensor(
        "\(isWide ? "wide" : "teacher")_\(k)", other, differentiable: false)
    }
    (student[.last], teacher[.last]) = (student[.number(2)], teacher[.number(2)])
    let parameters = try self.parameters.map { name in
      Parameter(
        try fixture.floats("states/\(name)"), path: name,
        kind: name.hasPrefix("bias") ? .bias : .weight,
        shape: try #require(fixture.shape("states/\(name)")))
    }
    let words = try fixture.integers("states/masked").map { $0 == 1 ? Int32(9) : -1 }
    let counts = RowCounts(
      lengths.indices.map { n in
        let rows = Int(layout.offsets[n])..<Int(layout.offsets[n + 1])
        return .init(
          length: rows.count, maskedCount: words[rows].count { $0 >= 0 }, innerCount: rows.count - 2
        )
      })
    let sum = term.sum(
      over: TermBatch(
        student: ObservedTensors(hiddenStates: student),
        teacher: ObservedTensors(
          hiddenStates: teacher,
          pooled: Dictionary(
            uniqueKeysWithValues: try Pooling.allCases.map {
              ($0, $0(try #require(teacher[.last]), layout: layout, in: other))
            })), words: words, layout: layout,
        parameters: parameters),
      gradientScale: counts.gradientScale(over: term.rows, weight: 1), in: scope)
    scope.backward()
    var gradients: [String: [Float]] = [:]
    for k in states {
      gradients["student_\(k)"] = student[.number(k)].flatMap { scope.gradientValues(of: $0) }
    }
    for parameter in parameters { gradients[parameter.path] = parameter.gradientArray }
    return (counts.mean(over: term.rows, of: sum), gradients)
  }
}
