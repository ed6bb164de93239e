// A learning rate a layer against torch 2.4.0, to the last bit: layer_rates.h5; and in a training.
import RetortLayers
import RetortOptimization
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortDistillation
@testable import RetortTensorEngine

@Suite("Learning rates of layers and of the head")
struct LayerRatesTests {
  @Test("20 steps of torch's AdamW, bit for bit", arguments: ["decayed", "head"])
  func steps(_ group: String) throws {
    let fixture = try Fixture("layer_rates.h5")
    let engine = Engine(threadCount: 2)
    func number(_ name: String) throws -> Double { try fixture.number(name, of: group) }
    let frozen = try fixture.text("frozen", of: group)
    let parameters = try fixture.names(in: "\(group)/initial").map { path in
      let parameter = Parameter(
        try fixture.floats("\(group)/initial/\(path)"), path: path,
        kind: path.hasSuffix("weight") || path.hasSuffix("words") ? .weight : .bias,
        shape: try #require(fixture.shape("\(group)/initial/\(path)")))
      parameter.isTrainable = path != frozen
      return parameter
    }
    let gradients = try parameters.map { try fixture.floats("\(group)/gradients/\($0.path)") }
    let head = try number("head")
    let rates = LayerRates(
      layerDecay: try number("layer_decay"), head: head < 0 ? nil : head)
    let rule = AdamW(
      learningRate: try number("learning_rate"), weightDecay: try number("weight_decay"))
    let optimizer = rule.makeOptimizer(parameters: parameters)
    #expect(optimizer.parameters.count == (frozen.isEmpty ? 6 : 5))
    let schedule = OptimizationSettings(
      optimizer: rule, warmup: .steps(Int(try number("warmup"))), rates: rates
    ).learningRate(totalSteps: 20)
    let peaks = optimizer.parameters.map {
      rates.peak(
        of: LayerRates.Group(parameter: $0.path), over: rule.learningRate, layerCount: 2)
    }
    let expected = try optimizer.parameters.map { try fixture.doubles("\(group)/rates/\($0.path)") }
    for step in 0..<20 {
      for (parameter, values) in zip(parameters, gradients) where parameter.isTrainable {
        let (pointer, _) = parameter.gradientForContribution()
        for i in 0..<parameter.count { pointer[i] = values[step * parameter.count + i] }
      }
      let own = peaks.map { $0 * schedule.factor(step: step) }
      #expect(own == expected.map { $0[step] }, "step \(step + 1)")
      optimizer.step(
        own.map { ParameterStep(learningRate: $0, gradientScale: 1) }, on: engine)
      for parameter in parameters { parameter.clearGradient() }
    }
    for parameter in optimizer.parameters {
      expectSameBits(
        parameter.valueArray, try fixture.floats("\(group)/weights/\(parameter.path)"),
        parameter.path)
    }
  }

  @Test("the head highest, the embeddings lowest", arguments: ModelFamily.allCases)
  func groups(_ family: ModelFamily) {
    let model = Small.model(family, layers: 2, heads: [.classification])
    let peaks = LayerRates(layerDecay: 0.5, head: 3).peaks(
      of: model.parameters, over: 1, in: model)
    for (parameter, peak) in zip(model.parameters, peaks) {
      let wanted: Double =
        if parameter.path.hasPrefix("embeddings.") {
          0.125
        } else if parameter.path.hasPrefix("encoder.layer.0.") {
          0.25
        } else if parameter.path.hasPrefix("encoder.layer.1.") {
          0.5
        } else {
          3
        }
      #expect(peak == wanted, "\(parameter.path)")
    }
    #expect(Set(peaks) == [0.125, 0.25, 0.5, 3])
    let projection = Parameter(path: "hidden.0_to_0.weight", kind: .weight, shape: [2, 2])
    #expect(LayerRates(layerDecay: 0.5).peaks(of: [projection], over: 1, in: model) == [1])
  }

  private func train(
    _ rates: LayerRates, freezing frozen: String? = nil, _ schedule: any LearningRateSchedule,
    _ checkpointing: TrainingCheckpointing? = nil, _ observer: Onlooker = Onlooker()
  ) throws -> TransformerModel {
    let model = Small.model(.bert, layers: 2, heads: [.classification], dropout: 0.1)
    if let frozen {
      for parameter in model.parameters where parameter.path.hasPrefix(frozen) {
        parameter.isTrainable = false
      }
    }
    var settings = Small.fineTuning(.epochs(2))
    settings.optimization.rates = rates
    settings.optimization.schedule = schedule
    _ = try FineTuning(
      model: model, training: Small.labelled(30), validation: Small.labelled(9), settings: settings,
      selectBest: .last, engine: Engine(threadCount: 2), checkpointing: checkpointing,
      observer: observer
    ).run()
    return model
  }

  @Test(
    "resumed to the same bits under every schedule, with a frozen layer",
    arguments: [LinearSchedule(), CosineSchedule(), ConstantSchedule()]
      as [any LearningRateSchedule])
  func resumes(_ schedule: any LearningRateSchedule) throws {
    let rates = LayerRates(layerDecay: 0.5, head: 1e-2)
    let whole = try train(rates, freezing: "encoder.layer.0.", schedule)
    let folder = try TemporaryFolder()
    let observer = Onlooker()
    observer.stopsAt = 3
    #expect(throws: TrainingError.self) {
      try train(
        rates, freezing: "encoder.layer.0.", schedule, Small.checkpointing(folder), observer)
    }
    let again = try train(
      rates, freezing: "encoder.layer.0.", schedule, Small.checkpointing(folder, resumes: true))
    #expect(again.valuesByPath == whole.valuesByPath)
    let plain = try train(LayerRates(), freezing: "encoder.layer.0.", schedule)
    #expect(plain.valuesByPath != whole.valuesByPath)
    let new = Small.model(.bert, layers: 2, heads: [.classification], dropout: 0.1).valuesByPath
    for (path, values) in whole.valuesByPath {
      #expect((values == new[path]) == path.hasPrefix("encoder.layer.0."), "\(path)")
    }
  }

  @Test("a head without a rate keeps its first values")
  func headAlone() throws {
    let model = try train(LayerRates(head: 0), ConstantSchedule())
    let new = Small.model(.bert, layers: 2, heads: [.classification], dropout: 0.1).valuesByPath
    for (path, values) in model.valuesByPath {
      let isHead = path.hasPrefix("classifier") || path.hasPrefix("pooler")
      #expect((values == new[path]) == isHead, "\(path)")
    }
  }
}
