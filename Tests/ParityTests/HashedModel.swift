// A model of published size whose weights are computed, with the summaries PyTorch made of it.
import Dispatch
import Foundation
import RetortRandomness
import RetortTestSupport
import Testing

@testable import RetortTransformers

struct HashedModel {
  let fixture: Fixture
  let batch: FixtureBatch
  let group: String
  let model: TransformerModel
  private let names: [String: String]

  init(_ family: ModelFamily, head: ModelPart) throws {
    fixture = try Fixture("published_models.h5")
    batch = try FixtureBatch(fixture)
    group =
      "\(family.rawValue)_\(head == .classification ? "sequence_classification" : "masked_lm")"
    let json = try fixture.text("config_json", of: group)
    let configuration = try ConfigurationFile(
      json: Data(json.utf8), path: "published_models.h5"
    ).configuration
    model = TransformerModel(configuration: configuration, heads: [head])
    names = WeightNames.huggingFace(configuration).namesByPath(prefixed: true)
    let parameters = model.parameters
    let keys = try parameters.map { IntegerHash(name: try #require(names[$0.path])) }
    DispatchQueue.concurrentPerform(iterations: parameters.count) {
      parameters[$0].fill(from: keys[$0])
    }
  }

  /// Compares norm, projection and samples of every hidden state.
  func expectHiddenStates(_ engine: Engine) throws {
    let scope = ComputeScope(engine: engine, recording: false)
    let last = model.configuration.layerCount
    let states = model.encoder.encode(
      tokenIDs: batch.tokenIDs, layout: batch.layout,
      request: HiddenStateRequest(lastLayer: nil, layers: Set(0...last)), mode: .inference,
      in: scope)
    for layer in 0...last {
      try fixture.expectSummary(
        of: states.layers[layer]?.copyValues() ?? [], "\(group)/hidden", at: layer,
        relative: 2e-5, what: "hidden state \(layer)")
    }
  }

  /// Compares the gradients of all parameters that took part.
  func expectGradients(_ group: String) throws {
    let stored = try fixture.text("parameter_names", of: group).split(separator: "\n")
    let counts = try fixture.integers("\(group)/parameter_counts")
    let byName = Dictionary(
      uniqueKeysWithValues: model.parameters.compactMap { parameter in
        names[parameter.path].map { ($0, parameter) }
      })
    #expect(model.parameters.count(where: \.hasGradient) == stored.count)
    for (index, name) in stored.enumerated() {
      let parameter = try #require(byName[String(name)], "\(name)")
      #expect(parameter.count == Int(counts[index]))
      if name.hasSuffix("key.bias") || name.hasSuffix("k_lin.bias") { continue }  // zero
      // The gradient of attention scores is a difference of nearly equal numbers (∂p - Σ ∂p · p).
      let isOfScores = parameter.path.contains(".query.") || parameter.path.contains(".key.")
      try fixture.expectSummary(
        of: parameter.gradientArray, "\(group)/gradient", at: index,
        relative: isOfScores ? 1e-3 : 1e-4, what: String(name))
    }
  }
}
