// Whole small models against padded, masked PyTorch in double precision: tiny_models.h5.
import Foundation
import RetortTestSupport
import Testing

@testable import RetortTransformers

@Suite("Small models equal PyTorch's")
struct TinyModelParityTests {
  private let engine = Engine(threadCount: 2)
  private let forward = Tolerance(
    relative: 1e-5, absolute: 1e-5, because: "float32 through three layers, values of order 1")
  private let lossTolerance = Tolerance(
    relative: 0, absolute: 1e-5, because: "float32 through three layers, values of order 1")

  private struct Setting {
    let fixture: Fixture
    let batch: FixtureBatch
    let model: TransformerModel
    let scope: ComputeScope
    let family: ModelFamily

    init(_ family: ModelFamily, _ engine: Engine) throws {
      self.family = family
      fixture = try Fixture("tiny_models.h5")
      batch = try FixtureBatch(fixture)
      let json = try fixture.text("config_json", of: family.rawValue)
      let file = try ConfigurationFile(json: Data(json.utf8), path: "tiny_models.h5")
      model = TransformerModel(
        configuration: file.configuration, heads: [.maskedLanguage, .classification])
      try model.load(
        from: FixtureWeights(fixture: fixture, group: "\(family.rawValue)/weights"),
        names: .huggingFace(file.configuration), seed: 0)
      scope = ComputeScope(engine: engine, recording: true)
    }

    func encode(_ request: HiddenStateRequest = .all) -> HiddenStates {
      model.encoder.encode(
        tokenIDs: batch.tokenIDs, layout: batch.layout, request: request, mode: .inference,
        in: scope)
    }

    /// Compares the gradients of all parameters that took part.
    func expectGradients(_ group: String) throws {
      let group = "\(family.rawValue)/\(group)/gradient"
      let names = WeightNames.huggingFace(model.configuration)
      let stored = Set(fixture.names(in: group))
      for (path, name) in names.namesByPath(prefixed: true) {
        guard let parameter = model.parameters.first(where: { $0.path == path }) else { continue }
        #expect(parameter.hasGradient == stored.contains(name), "\(path)")
        guard stored.contains(name) else { continue }
        let reference = try fixture.doubles("\(group)/\(name)")
        if path.hasSuffix("key.bias") {
          expectZero(
            parameter.gradientArray, within: 1e-4, because: "softmax does not see a shift", path)
        } else {
          let largest = reference.reduce(0) { max($0, $1.magnitude) }
          expectClose(
            parameter.gradientArray, reference,
            Tolerance(
              relative: 1e-4, absolute: 2e-5 * largest,
              because: "float32 sums over 52 tokens and three layers, forth and back"), path)
        }
      }
    }
  }

  @Test("every hidden state", arguments: ModelFamily.allCases)
  func hiddenStates(_ family: ModelFamily) throws {
    let setting = try Setting(family, engine)
    let states = setting.encode(HiddenStateRequest(lastLayer: .all, layers: [0, 1, 2, 3]))
    let reference = try setting.fixture.doubles("\(family.rawValue)/hidden_states")
    let count = reference.count / 4
    for layer in 0...3 {
      expectClose(
        states.layers[layer]?.copyValues() ?? [],
        Array(reference[layer * count..<(layer + 1) * count]), forward, "hidden state \(layer)")
    }
  }

  @Test("all gradients of the encoder and pooler", arguments: ModelFamily.allCases)
  func encoderGradients(_ family: ModelFamily) throws {
    let setting = try Setting(family, engine)
    let (scope, group) = (setting.scope, family.rawValue)
    let last = try #require(setting.encode().last).rows
    if let pooler = setting.model.pooler {
      let first = scope.rows(setting.batch.layout.firstRows.rows, of: last)
      let pooled = pooler(first, in: scope)
      expectClose(
        pooled.copyValues(), try setting.fixture.doubles("\(group)/pooled"), forward, "pooled")
      scope.seedGradient(
        of: pooled, with: try setting.fixture.floats("\(group)/encoder/pooled_upstream"))
    }
    scope.seedGradient(of: last, with: try setting.fixture.floats("\(group)/encoder/upstream"))
    scope.backward()
    try setting.expectGradients("encoder")
  }

  @Test("classification: logits, loss and all gradients", arguments: ModelFamily.allCases)
  func classification(_ family: ModelFamily) throws {
    let setting = try Setting(family, engine)
    let (batch, group) = (setting.batch, "\(family.rawValue)/sequence_classification")
    let logits = setting.model.classify(
      tokenIDs: batch.tokenIDs, layout: batch.layout, mode: .inference, in: setting.scope)
    expectClose(
      logits.copyValues(), try setting.fixture.doubles("\(group)/logits"), forward, "logits")
    let count = Double(batch.classes.count)
    let losses = setting.scope.crossEntropy(
      logits: logits, labels: batch.classes, gradientScale: 1 / count)
    let loss = try setting.fixture.number("loss", of: group)
    expectClose([losses.reduce(0, +) / count], [loss], lossTolerance, "loss")
    setting.scope.backward()
    try setting.expectGradients("sequence_classification")
  }

  @Test("masked language: logits, loss and all gradients", arguments: ModelFamily.allCases)
  func maskedLanguage(_ family: ModelFamily) throws {
    let setting = try Setting(family, engine)
    let (batch, group) = (setting.batch, "\(family.rawValue)/masked_lm")
    let head = try #require(setting.model.maskedLanguageHead)
    let (rows, selection) = try #require(setting.encode().last)
    let logits = head.logits(
      rows, placement: selection.placement, mode: .inference, in: setting.scope)
    expectClose(
      logits.copyValues(), try setting.fixture.doubles("\(group)/logits"), forward, "logits")

    let hidden = head.transform(
      rows, placement: selection.placement, mode: .inference, in: setting.scope)
    let sums = setting.scope.vocabularyHead(
      hidden: hidden, decoder: head.decoder, bias: head.decoderBias,
      objectives: [
        WeightedObjective(
          MaskedLanguageObjective(
            labels: batch.maskedLabels), gradientScale: 1 / Double(batch.maskedCount))
      ])
    let loss = try setting.fixture.number("loss", of: group)
    expectClose([sums[0] / Double(batch.maskedCount)], [loss], lossTolerance, "loss")
    setting.scope.backward()
    try setting.expectGradients("masked_lm")
  }

  @Test("the loss on masked rows alone has the same gradients", arguments: ModelFamily.allCases)
  func maskedRowsOnly(_ family: ModelFamily) throws {
    let setting = try Setting(family, engine)
    let batch = setting.batch
    let head = try #require(setting.model.maskedLanguageHead)
    let masked = (0..<Int32(batch.maskedLabels.count)).filter { batch.maskedLabels[Int($0)] >= 0 }
    let states = setting.encode(HiddenStateRequest(lastLayer: .selection(masked)))
    let (rows, selection) = try #require(states.last)
    let hidden = head.transform(
      rows, placement: selection.placement, mode: .inference, in: setting.scope)
    _ = setting.scope.vocabularyHead(
      hidden: hidden, decoder: head.decoder, bias: head.decoderBias,
      objectives: [
        WeightedObjective(
          MaskedLanguageObjective(
            labels: masked.map { batch.maskedLabels[Int($0)] }),
          gradientScale: 1 / Double(batch.maskedCount))
      ])
    setting.scope.backward()
    try setting.expectGradients("masked_lm")
  }
}
