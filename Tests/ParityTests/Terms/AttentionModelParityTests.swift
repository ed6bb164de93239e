// Terms on attention through whole models: every gradient of a BERT as torch has it, and as bloomberg/minilmv2.bb does:
// attention_terms.h5, minilmv2.h5.
import Foundation
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Attention of blocks through whole models equals PyTorch's")
struct AttentionModelParityTests {
  private func model(_ name: String, _ fixture: Fixture) throws -> TransformerModel {
    let json = try fixture.text("\(name)_json", of: "model")
    let file = try ConfigurationFile(json: Data(json.utf8), path: "attention_terms.h5")
    let model = TransformerModel(configuration: file.configuration, heads: [])
    try model.load(
      from: FixtureWeights(fixture: fixture, group: "model/weights/\(name)"),
      names: .huggingFace(file.configuration), seed: 0)
    return model
  }

  private static func relations(
    _ relations: [AttentionRelations.WeightedRelation], _ heads: Int,
    _ teacher: Int, _ student: Int, _ average: AttentionRelations.Average
  ) -> AttentionRelations {
    AttentionRelations(
      of: relations, heads: heads,
      blocks: BlockPairs(.pairs([LayerPair(teacher: teacher, student: student)])), average: average)
  }

  static let cases: [(name: String, objective: Objective)] = [
    (
      "minilm",
      Objective(
        WeightedTerm(
          1,
          AttentionRelations(
            of: [.init(.queryKey), .init(.valueValue)], heads: 4, blocks: BlockPairs(.last),
            average: .sequences)))
    ),
    (
      "queries_and_keys",
      Objective(
        WeightedTerm(
          0.5, relations([.init(.queryQuery), .init(.keyKey)], 8, 2, 1, .rows)))
    ),
    (
      "scores_uniform",
      Objective(
        WeightedTerm(
          1,
          AttentionMaps(
            of: .scores, compare: .mse, heads: .each,
            blocks: BlockPairs(.uniform, reduction: .sum), average: .pairs)))
    ),
    (
      "maps_mean",
      Objective(
        WeightedTerm(
          1,
          AttentionMaps(
            of: .probabilities, compare: .kl, heads: .mean,
            blocks: BlockPairs(
              .pairs([LayerPair(teacher: 0, student: 0), LayerPair(teacher: 3, student: 1)]),
              reduction: .mean), average: .sequences)))
    ),
    (
      "relations_and_cosine",
      Objective(
        WeightedTerm(
          1,
          relations(
            [.init(.queryQuery), .init(.keyKey), .init(.valueValue)], 4, 1, 0, .sequences)),
        WeightedTerm(2, HiddenCosine()))
    ),
    // As bloomberg/minilmv2.bb has it, whose fixture holds this one alone.
    (
      "minilmv2.bb",
      Objective(
        WeightedTerm(
          1,
          relations(
            [.queryQuery, .keyKey, .valueValue].map { .init($0, weight: 1.0 / 3) }, 8, 2, 1,
            .sequences)))
    ),
  ]

  @Test(
    "loss and every gradient of a BERT equal torch's; parameters without one are the same",
    arguments: 0..<6)
  func parity(_ index: Int) throws {
    let (name, objective) = Self.cases[index]
    try ParityRecord.$subject.withValue("through a BERT: \(name)") {
      try compare(name, objective)
    }
  }

  private func compare(_ name: String, _ objective: Objective) throws {
    let fixture = try Fixture("attention_terms.h5")
    let isPeers = name == "minilmv2.bb"
    let reference = isPeers ? try Fixture("minilmv2.h5") : fixture
    let (student, teacher) = (try model("student", fixture), try model("teacher", fixture))
    let objective = objective.resolved(
      student: student.dimensions, teacher: teacher.dimensions)
    let engine = Engine(threadCount: 2)
    let ids = try fixture.integers("model/ids")
    let packed = PackedBatch(
      tokenIDs: ids, offsets: try fixture.integers("batch/offsets"), examples: [0, 1, 2])
    let batch = TrainingBatch(packed, classes: [0, 0, 0])
    let counts = RowCounts([batch])
    let scope = ComputeScope(engine: engine, recording: true)
    let sums = try ObjectivePass(
      student: student, teacher: LiveTeacher(model: teacher, engine: engine), objective: objective,
      parameters: objective.terms.map { _ in [] }, weights: objective.weights(step: 0, of: 1),
      counts: counts, scope: scope
    ).run(batch, at: BatchPlace(step: 0, microBatch: 0), mode: .inference)
    scope.backward()

    let group = isPeers ? "model" : "model/\(name)"
    let loss = zip(objective.terms, sums.terms).reduce(0) {
      $0 + $1.0.weight.largest * counts.mean(over: $1.0.term.rows, of: $1.1)
    }
    expectClose(
      [loss], [try reference.number("loss", of: group)],
      Tolerance(relative: 5e-5, absolute: 1e-6, because: "float32 through four layers"), name)
    let names = WeightNames.huggingFace(student.configuration).namesByPath(prefixed: true)
    let stored = Set(reference.names(in: "\(group)/gradient"))
    var unreached: [String] = []
    for parameter in student.parameters {
      let known = try #require(names[parameter.path])
      #expect(parameter.hasGradient == stored.contains(known), "\(name): \(parameter.path)")
      guard stored.contains(known) else {
        unreached.append(parameter.path)
        continue
      }
      let expected = try reference.doubles("\(group)/gradient/\(known)")
      let largest = expected.reduce(0) { max($0, $1.magnitude) }
      guard largest > 1e-9 else {
        expectZero(
          parameter.gradientArray, within: 1e-5, because: "softmax does not see a shift",
          parameter.path)
        continue
      }
      expectClose(
        parameter.gradientArray, expected,
        Tolerance(
          relative: 2e-4, absolute: 3e-5 * largest,
          because: "float32 sums over 16 tokens and four layers, forth and back"),
        "\(name): \(parameter.path)")
    }
    // What is said to be reached is what is reached.
    let reach = objective.readsOfStudent.reach(of: student.configuration, heads: [])
    #expect(Set(reach.unreached) == Set(unreached))
    #expect(reach.count == student.parameters.reduce(0) { $0 + $1.count })
    #expect(
      reach.reachedCount
        == student.parameters.reduce(0) { $0 + ($1.hasGradient ? $1.count : 0) })
  }
}
