// First values of whole models, parameter by parameter, as transformers' `_init_weights` draws them.
import RetortTestSupport
import RetortTransformers
import Testing

@Suite("First values of models")
struct InitialWeightsTests {
  private func model(_ family: ModelFamily) -> TransformerModel {
    var configuration = TransformerConfiguration.small(family, layers: 2)
    configuration.vocabularySize = 1000
    configuration.hiddenSize = 128
    configuration.feedForwardSize = 256
    configuration.maximumPositions = 64
    configuration.initializerRange = 0.02
    let model = TransformerModel(
      configuration: configuration, heads: [.maskedLanguage, .classification])
    model.initialize(seed: 11)
    return model
  }

  /// Mean and deviation of n values have standard errors of 0.02 / √n and 0.02 / √(2n). Noticed: a
  /// deviation 30 % off in the classifier's 384 weights (token types: 37 % of 256), 4.5 % in a projection's
  /// 16,384, 3.2 % in a feed-forward's 32,768, 1.7 % in the 127,872 of the words; 0.9 % over all that are drawn.
  @Test(
    "Each weight and embedding is drawn with the model's deviation; all else is 0 or 1",
    arguments: ModelFamily.allCases)
  func everyParameter(family: ModelFamily) {
    let model = model(family)
    let words = model.encoder.embeddings.words
    var all: [Double] = []
    for parameter in model.parameters {
      var values = parameter.values.map { Double($0) }
      switch parameter.kind {
      case .bias, .normShift: #expect(values.allSatisfy { $0 == 0 }, "\(parameter.path)")
      case .normScale: #expect(values.allSatisfy { $0 == 1 }, "\(parameter.path)")
      case .weight, .embedding:
        if parameter === words {
          #expect(values[..<128].allSatisfy { $0 == 0 }, "the padding row")
          values.removeFirst(128)
        }
        expectNormal(values, parameter.path)
        all += values
      }
    }
    #expect(all.count > 400_000)
    expectNormal(all, "all that are drawn")
    // No two parameters begin alike.
    let firsts = model.parameters.filter { $0.kind == .weight }.map { Array($0.values[..<8]) }
    #expect(Set(firsts).count == firsts.count)
  }

  private func expectNormal(_ values: [Double], _ what: String) {
    let n = Double(values.count)
    let (mean, square) = values.reduce((0, 0)) { ($0.0 + $1 / n, $0.1 + $1 * $1 / n) }
    expectByChance(
      mean, expected: 0, standardError: 0.02 / n.squareRoot(), resolving: 0.163 / n.squareRoot(),
      "mean of \(what)")
    expectByChance(
      square.squareRoot(), expected: 0.02, standardError: 0.02 / (2 * n).squareRoot(),
      resolving: 0.115 / n.squareRoot(), "deviation of \(what)")
  }
}
