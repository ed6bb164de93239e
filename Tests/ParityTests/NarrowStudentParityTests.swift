// Students narrower than their teacher, and nearest layers, against numpy: narrow_students.h5.
import Foundation
import RetortTestSupport
import RetortText
import Testing

@testable import RetortDistillation
@testable import RetortTransformers

@Suite("Narrower students and nearest layers equal numpy's")
struct NarrowStudentParityTests {
  private let fixture: Fixture

  init() throws { fixture = try Fixture("narrow_students.h5") }

  /// A model of tiny_models.h5.
  private func tiny(_ family: ModelFamily) throws -> TransformerModel {
    let models = try Fixture("tiny_models.h5")
    let json = try models.text("config_json", of: family.rawValue)
    let configuration = try ConfigurationFile(
      json: Data(json.utf8), path: "tiny_models.h5"
    ).configuration
    let model = TransformerModel(
      configuration: configuration,
      heads: family == .bert ? [.maskedLanguage, .pooler] : [.maskedLanguage])
    try model.load(
      from: FixtureWeights(fixture: models, group: "\(family.rawValue)/weights"),
      names: .huggingFace(configuration),
      ignoring: Set(ModelPart.allCases).subtracting(model.parts), seed: 0)
    return model
  }

  private func choice<Value: RawRepresentable>(_ key: String, _ name: String) throws -> Value
  where Value.RawValue == String {
    try #require(Value(rawValue: fixture.text(key, of: name)), "\(key)")
  }

  @Test(
    "weights, and the loss that they begin with",
    arguments: ["importance", "first", "smaller_heads", "pca", "pca_smaller_heads"])
  func students(_ name: String) throws {
    let teacher = try tiny(.bert)
    let family: ModelFamily = try #require(
      ModelFamily.allCases.first { (try? fixture.text("family", of: name)) == $0.rawValue })
    var configuration = teacher.configuration.student(family: family, layerCount: 2)
    configuration.hiddenSize = Int(try fixture.number("hidden_size", of: name))
    configuration.headCount = Int(try fixture.number("head_count", of: name))
    configuration.feedForwardSize = Int(try fixture.number("feed_forward_size", of: name))
    let student = TransformerModel(
      configuration: configuration,
      heads: family == .bert ? [.maskedLanguage, .pooler] : [.maskedLanguage])
    let reduction = WidthReduction(
      by: try choice("by", name), keeping: try choice("keep", name),
      scale: try choice("scale", name))
    let new = try StudentInitialization(
      layers: [0, 2], tokenTypes: family == .bert ? nil : .fold, maskedLanguageHead: .all,
      width: reduction
    ).apply(to: student, from: teacher, seed: 1)
    #expect(new.isEmpty)

    let exact = Tolerance(
      relative: 1e-6, absolute: 1e-7, because: "float64 sums, rounded to float32 once")
    let projected = Tolerance(
      relative: 1e-6, absolute: 1e-6, because: "components by other rotations, float64")
    let stored = WeightNames.huggingFace(configuration).namesByPath(prefixed: true)
    for parameter in student.parameters {
      let weight = try #require(stored[parameter.path], "\(parameter.path)")
      expectClose(
        parameter.valueArray, try fixture.floats("\(name)/weights/\(weight)"),
        reduction.method == .pca ? projected : exact, weight)
    }
    expectClose(
      [try loss(of: student)], [try fixture.number("loss", of: name)],
      Tolerance(relative: 1e-5, absolute: 0, because: "float32 through two layers"))
    guard reduction.method == .pca else { return }
    let components = try #require(
      PrincipalComponents(
        of: teacher.encoder.embeddings.words, count: configuration.hiddenSize))
    let double = Tolerance(
      relative: 1e-9, absolute: 1e-10, because: "float64, rotations in another order")
    expectClose(components.values, try fixture.doubles("\(name)/components"), double)
    expectClose(components.variances, try fixture.doubles("\(name)/variances"), double)
  }

  /// Mean cross entropy of the masked words.
  private func loss(of model: TransformerModel) throws -> Double {
    let batch = try FixtureBatch(fixture)
    let scope = ComputeScope(engine: Engine(threadCount: 1), recording: false)
    let states = model.encoder.encode(
      tokenIDs: batch.tokenIDs, layout: batch.layout, request: .all, mode: .inference, in: scope)
    let last = try #require(states.last?.rows)
    let head = try #require(model.maskedLanguageHead)
    let logits = head.logits(
      last, placement: batch.layout.placement, mode: .inference, in: scope)
    let words = logits.columns
    let losses = batch.maskedLabels.enumerated().filter { $0.element >= 0 }.map { row, word in
      let values = logits.values[row * words..<(row + 1) * words].map { Double($0) }
      let largest = values.max() ?? 0
      return largest + log(values.reduce(0) { $0 + exp($1 - largest) }) - values[Int(word)]
    }
    return losses.reduce(0, +) / Double(losses.count)
  }

  @Test("linear CKA of hidden states, and the map that follows, at any number of threads")
  func nearest() throws {
    let (teacher, whole) = (try tiny(.bert), try tiny(.distilbert))
    // Its first states are those of the whole.
    let student = TransformerModel(
      configuration: whole.configuration.student(family: .distilbert, layerCount: 2), heads: [])
    try StudentInitialization(
      layers: [0, 1], tokenTypes: nil, maskedLanguageHead: .new
    ).apply(to: student, from: whole, seed: 1)
    let batch = try FixtureBatch(fixture)
    var sequences = TokenSequences()
    for n in 0..<batch.layout.sequenceCount {
      let start = Int(batch.layout.offsets[n])
      // As often as each other, they change nothing; and they are computed in several batches that are not alike.
      for _ in 0..<40 {
        sequences.append(batch.tokenIDs[start..<start + batch.layout.length(of: n)])
      }
    }
    let objective = Objective(
      WeightedTerm(
        1,
        Hidden(
          compare: .mse, states: .nearest(NearestLayers()), overPairs: .sum, positions: .all,
          average: .tokens)),
      WeightedTerm(
        1,
        AttentionMaps(
          of: .scores, compare: .mse, heads: .each,
          blocks: BlockPairs(.nearest(NearestLayers()), reduction: .sum), average: .pairs)))
    var tables: [[Double]] = []
    for threads in 1...3 {
      let engine = Engine(threadCount: threads)
      let search = LayerSearch(
        student: student, teacher: LiveTeacher(model: teacher, engine: engine), text: sequences,
        seed: 7, engine: engine)
      let table = try search.similarities(to: nil, on: 512, seed: 7, for: "hidden")
        .alignment
      tables.append(table.flatMap { $0 })
      let (found, findings) = try search.objective(objective)
      let states = try fixture.integers("nearest/states").map { Int($0) }
      #expect(
        findings.map(\.pairs) == [
          states.enumerated().map { LayerPair(teacher: $1, student: $0) },
          // Blocks by the states that they end with.
          NearestLayers.increasing(table[1...].map { Array($0[1...]) }).enumerated().map {
            LayerPair(teacher: $1, student: $0)
          },
        ])
      #expect(!found.searchesLayers && !found.leavesLayersOpen)
      #expect(
        found.formula.contains("MSE(h_student, h_teacher), states 0→0 1→1 2→2 (nearest)")
          || states != [0, 1, 2])
    }
    expectClose(
      tables[0], try fixture.doubles("nearest/alignment"),
      Tolerance(relative: 1e-5, absolute: 0, because: "float32 states and products"))
    #expect(tables[1] == tables[0] && tables[2] == tables[0])

    // A damaged model has no nearest layer.
    let broken = try #require(student.parameters.first { $0.path.contains("layer.0") })
    broken.values[0] = .nan
    let engine = Engine(threadCount: 2)
    #expect(throws: LayerSearchError.notFinite(term: "hidden", isStudent: true, state: 1)) {
      try LayerSearch(
        student: student, teacher: LiveTeacher(model: teacher, engine: engine), text: sequences,
        seed: 7, engine: engine
      ).objective(objective)
    }
  }
}
