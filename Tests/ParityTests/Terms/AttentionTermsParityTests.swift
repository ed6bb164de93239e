// Attention maps and self-attention relations against PyTorch 2.4.0 in double precision and toolkits' own functions:
// attention_terms.h5, minilmv2.h5.
import RetortTensorEngine
import RetortTestSupport
import Testing

@testable import RetortDistillation

@Suite("Terms on the attention of blocks equal PyTorch's")
struct AttentionTermsParityTests {
  private let tolerance = Tolerance(
    relative: 3e-5, absolute: 3e-6, because: "softmax of float32 products of up to 32 values")
  private let agreement = Tolerance(
    relative: 3e-5, absolute: 1e-6, because: "the same formula in float32 and float64")

  /// Projections of one block, of tensors [T, 3C].
  private struct Setting {
    let fixture: Fixture
    let layout: SequenceLayout
    let scope = ComputeScope(engine: Engine(threadCount: 2), recording: true)
    let student: Tensor
    let teacher: Tensor

    init() throws {
      fixture = try Fixture("attention_terms.h5")
      layout = SequenceLayout(offsets: try fixture.integers("batch/offsets"))
      let rows = layout.tokenCount
      student = scope.input(
        try fixture.floats("batch/student"), rows: rows, columns: 3 * 24, differentiable: true)
      teacher = scope.input(try fixture.floats("batch/teacher"), rows: rows, columns: 3 * 32)
    }

    private func observed(_ tensor: Tensor, heads: Int, block: Int) -> ObservedTensors {
      let size = tensor.columns / 3
      return ObservedTensors(
        projections: Dictionary(
          uniqueKeysWithValues: AttentionProjection.allCases.enumerated().map { place, kind in
            (
              BlockProjection(kind, of: .number(block)),
              ObservedProjection(
                TensorColumns(tensor, from: place * size), size: size, headCount: heads)
            )
          }))
    }

    /// The mean and the gradient.
    func run(
      _ term: some TensorTerm, studentHeads: Int = 4, teacherHeads: Int = 4
    ) -> (value: Double, gradient: [Float]) {
      let counts = RowCounts(
        (0..<layout.sequenceCount).map { n in
          RowCounts.SequenceRows(
            length: layout.length(of: n), maskedCount: 0, innerCount: layout.length(of: n) - 2)
        })
      let sum = term.sum(
        over: TermBatch(
          student: observed(student, heads: studentHeads, block: 0),
          teacher: observed(teacher, heads: teacherHeads, block: 3), layout: layout),
        gradientScale: counts.gradientScale(over: term.rows, weight: 1), in: scope)
      return (counts.mean(over: term.rows, of: sum), scope.gradientValues(of: student) ?? [])
    }
  }

  private let block = BlockPairs(.pairs([LayerPair(teacher: 3, student: 0)]))

  private func maps(_ setting: Setting, _ group: String) throws -> AttentionMaps {
    func value<Choice: RawRepresentable<String>>(_ key: String) throws -> Choice {
      try #require(Choice(rawValue: try setting.fixture.text(key, of: group)))
    }
    return AttentionMaps(
      of: try value("of"), compare: try value("compare"), heads: try value("heads"), blocks: block,
      average: try value("average"))
  }

  @Test(
    "maps: value and gradient equal PyTorch's, and TextBrewer's on the maps it compares",
    arguments: 0..<11)
  func mapParity(_ index: Int) throws {
    let setting = try Setting()
    let group = "attention/\(index)"
    let heads = (
      Int(try setting.fixture.number("student_heads", of: group)),
      Int(try setting.fixture.number("teacher_heads", of: group))
    )
    let (value, gradient) = setting.run(
      try maps(setting, group), studentHeads: heads.0, teacherHeads: heads.1)
    let term = try maps(setting, group)
    let title =
      "attention: \(term.quantity.rawValue), \(term.comparison.rawValue), \(term.heads.rawValue)"
    try expectSame(value, gradient, setting.fixture, group, title)
    // Its cross-entropies have the teacher's entropy on top, which no gradient sees. It has no mean of maps under mse, none
    // of probabilities under kl, and no mean over sequences.
    let hasOne = [0, 2, 4, 5, 7, 8].contains(index)
    guard hasOne else { return }
    let theirs = try setting.fixture.number("textbrewer", of: group)
    expectClose(
      [value + (try setting.fixture.number("entropy", of: group))], [theirs], agreement, group)
  }

  @Test("relations: value and gradient equal PyTorch's, and bertdistiller's", arguments: 0..<4)
  func relationParity(_ index: Int) throws {
    let setting = try Setting()
    let group = "relations/\(index)"
    let relations = try setting.fixture.text("pairs", of: group).split(separator: " ").map { part in
      let (name, weight) = (part.prefix(3), part.dropFirst(4))
      return AttentionRelations.WeightedRelation(
        try #require(AttentionRelations.Relation(rawValue: String(name))),
        weight: try #require(Double(weight)))
    }
    let average = try setting.fixture.text("average", of: group)
    let term = AttentionRelations(
      of: relations, heads: Int(try setting.fixture.number("heads", of: group)), blocks: block,
      average: try #require(AttentionRelations.Average(rawValue: average)))
    let (value, gradient) = setting.run(term)
    let names = relations.map { $0.relation.rawValue }.joined(separator: " ")
    let title = "relations: \(names), \(term.headCount) heads"
    try expectSame(value, gradient, setting.fixture, group, title)
    guard average == "sequences" else { return }
    expectClose([value], [try setting.fixture.number("bertdistiller", of: group)], agreement, group)
    // bloomberg/minilmv2.bb's own code.
    try expectSame(value, gradient, try Fixture("minilmv2.h5"), group, "\(title), by minilmv2.bb")
  }

  private func expectSame(
    _ value: Double, _ gradient: [Float], _ fixture: Fixture, _ group: String, _ title: String
  ) throws {
    try ParityRecord.$subject.withValue("\(title): value") {
      expectClose([value], [try fixture.number("loss", of: group)], agreement, group)
    }
    try ParityRecord.$subject.withValue("\(title): gradient") {
      expectClose(gradient, try fixture.floats("\(group)/gradient"), tolerance, group)
    }
  }

  @Test("values of toolkits that differ differ by these factors")
  func traps() throws {
    let setting = try Setting()
    let exact = setting.run(try maps(setting, "attention/0")).value
    let divergence = try Setting().run(try maps(setting, "attention/8")).value
    func trap(_ name: String) throws -> Double { try setting.fixture.number(name, of: "traps") }

    // TinyBERT's MSELoss over the padded batch counts padding: Σ L² / (N · longest²) = 90/147 of the mean where both
    // models' padded entries are 0.
    expectClose([exact], [try trap("tinybert_padded_exact")], agreement, "exact")
    expectClose([try trap("tinybert_padded")], [exact * 90 / 147], agreement, "TinyBERT")
    // Without a mask, TextBrewer takes every entry of -0.001 and below for a masked one: a third of the loss is left here.
    let ratio = try trap("textbrewer_unmasked") / trap("textbrewer_unmasked_exact")
    #expect((0.332...0.333).contains(ratio), "\(ratio)")
    // Its cross-entropy lets padded keys into the softmax unless their scores are very low already.
    let entropy = try setting.fixture.number("entropy", of: "attention/8")
    expectClose(
      [divergence + entropy], [try trap("textbrewer_padded_keys_exact")], agreement, "exact")
    let padded = try trap("textbrewer_padded_keys") / trap("textbrewer_padded_keys_exact")
    #expect((0.915...0.917).contains(padded), "\(padded)")
    // What transformers gives out as attentions in training mode is no distribution: the one probability of a single token,
    // 1, becomes 0 or 1/(1 - dropout).
    #expect(try trap("huggingface_dropped") == 2)
  }
}
