// Classifiers on pairs of texts against padded, masked PyTorch in double precision: pairs.h5.
import Foundation
import RetortTestSupport
import Testing

@testable import RetortTransformers

@Suite("Pairs of texts equal PyTorch's")
struct PairParityTests {
  @Test("logits, loss and gradients, of both token types", arguments: ModelFamily.allCases)
  func classification(_ family: ModelFamily) throws {
    let (fixture, models) = (try Fixture("pairs.h5"), try Fixture("tiny_models.h5"))
    let json = try models.text("config_json", of: family.rawValue)
    let file = try ConfigurationFile(json: Data(json.utf8), path: "tiny_models.h5")
    let model = TransformerModel(configuration: file.configuration, heads: [.classification])
    try model.load(
      from: FixtureWeights(fixture: models, group: "\(family.rawValue)/weights"),
      names: .huggingFace(file.configuration), ignoring: [.maskedLanguage], seed: 0)
    let layout = SequenceLayout(
      offsets: try fixture.integers("batch/offsets"),
      secondStarts: try fixture.integers("batch/second_starts"))
    let classes = try fixture.integers("batch/classes")
    let scope = ComputeScope(engine: Engine(threadCount: 2), recording: true)
    let logits = model.classify(
      tokenIDs: try fixture.integers("batch/ids"), layout: layout, mode: .inference, in: scope)
    expectClose(
      logits.copyValues(), try fixture.doubles("\(family.rawValue)/logits"),
      Tolerance(
        relative: 1e-5, absolute: 1e-5, because: "float32 through three layers, values of order 1"),
      "logits")
    let count = Double(classes.count)
    let losses = scope.crossEntropy(logits: logits, labels: classes, gradientScale: 1 / count)
    expectClose(
      [losses.reduce(0, +) / count], [try fixture.number("loss", of: family.rawValue)],
      Tolerance(
        relative: 0, absolute: 1e-5, because: "float32 through three layers, values of order 1"),
      "loss")
    scope.backward()
    let names = WeightNames.huggingFace(model.configuration).namesByPath(prefixed: true)
    let group = "\(family.rawValue)/gradient"
    var compared = 0
    for (path, name) in names where fixture.has("\(group)/\(name)") {
      let parameter = try #require(model.parameters.first { $0.path == path })
      let reference = try fixture.doubles("\(group)/\(name)")
      let largest = reference.reduce(0) { max($0, $1.magnitude) }
      expectClose(
        parameter.gradientArray, reference,
        Tolerance(
          relative: 1e-4, absolute: 2e-5 * largest,
          because: "float32 sums over 59 tokens and three layers, forth and back"), path)
      compared += 1
    }
    #expect(compared == fixture.names(in: group).count && compared > 8)
  }
}
