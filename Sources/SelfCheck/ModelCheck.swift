import RetortOptimization
import RetortRandomness
import RetortTransformers

/// A whole small model with hashed weights: hidden states, logits, losses, every gradient, and what three steps of
/// AdamW make of the losses.
struct ModelCheck {
  let operation: CheckedOperation
  let engine: Engine
  private let model: TransformerModel
  /// Hugging Face names by our paths.
  private let names: [String: String]
  private var measurements: [Measurement] = []

  private let layout = HashedBatch.layout
  /// No id is 0: the padding row is the embedding check's business.
  private let tokenIDs = IntegerHash(name: "models/ids").integers(
    HashedBatch.tokenCount, below: ModelCheck.vocabularySize - 1
  ).map { $0 + 1 }

  private static let vocabularySize = 213

  static func measure(on engine: Engine) -> [Measurement] {
    var checks = [
      ModelCheck(.bertClassification, .bert, .classification, engine),
      ModelCheck(.bertMaskedLanguage, .bert, .maskedLanguage, engine),
      ModelCheck(.distilBertClassification, .distilbert, .classification, engine),
      ModelCheck(.distillation, .distilbert, .maskedLanguage, engine),
    ]
    for index in checks.indices { checks[index].run() }
    return checks.flatMap(\.measurements)
  }

  private init(
    _ operation: CheckedOperation, _ family: ModelFamily, _ head: ModelPart,
    _ engine: Engine
  ) {
    (self.operation, self.engine) = (operation, engine)
    model = Self.hashedModel(family, head)
    names = WeightNames.huggingFace(model.configuration).namesByPath(prefixed: true)
  }

  /// 2 layers of hidden size 52, 4 heads, feed-forward size 100; a weight's values are those of its name.
  private static func hashedModel(
    _ family: ModelFamily, _ head: ModelPart
  ) -> TransformerModel {
    var configuration = family.defaults
    configuration.vocabularySize = vocabularySize
    configuration.hiddenSize = 52
    configuration.layerCount = 2
    configuration.headCount = 4
    configuration.feedForwardSize = 100
    configuration.maximumPositions = 40
    configuration.hiddenDropout = 0
    configuration.attentionDropout = 0
    configuration.classifierDropout = 0
    configuration.labels = TransformerConfiguration.defaultLabels(count: 3)
    let model = TransformerModel(configuration: configuration, heads: [head])
    let names = WeightNames.huggingFace(model.configuration).namesByPath(prefixed: true)
    for parameter in model.parameters {
      parameter.fill(with: IntegerHash(name: names[parameter.path] ?? ""), scale: 0.5)
    }
    return model
  }

  // MARK: Steps

  private mutating func run() {
    recordForward()
    let optimizer = AdamWOptimizer(
      AdamW(
        learningRate: 0, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.01,
        maximumGradientNorm: .infinity),
      parameters: model.parameters)
    let rate = LearningRate(
      peak: 0x1p-8, warmupSteps: 0, totalSteps: 6, schedule: LinearSchedule())
    let clipping = GradientClipping(maximumNorm: 1)
    let scope = ComputeScope(engine: engine, recording: true)
    for step in 0..<4 {
      scope.reset()
      model.clearGradients()
      for (term, loss) in losses(in: scope) {
        record("\(term), step \(step + 1)", [Float(loss)], tolerance: 1e-4)
      }
      scope.backward()
      if step == 0 { recordGradients() }
      let norm = optimizer.gradientNorm(on: engine)
      record("gradient norm, step \(step + 1)", [Float(norm)], tolerance: 1e-4)
      optimizer.step(
        learningRate: rate.at(step: step),
        gradientScale: clipping.coefficient(norm: norm), on: engine)
    }
  }

  private mutating func recordForward() {
    let scope = ComputeScope(engine: engine, recording: false)
    let states = encode(
      model, HiddenStateRequest(lastLayer: .all, layers: [0, 1, 2]), in: scope)
    for (layer, state) in states.layers.sorted(by: { $0.key < $1.key }) {
      record("hidden state \(layer)", state.copyValues(), tolerance: 1e-5)
    }
    let logits: Tensor?
    if let head = model.maskedLanguageHead {
      logits = states.last.map {
        head.logits($0.rows, placement: layout.placement, mode: .inference, in: scope)
      }
    } else {
      logits = model.classify(tokenIDs: tokenIDs, layout: layout, mode: .inference, in: scope)
    }
    record("logits", logits?.copyValues() ?? [], tolerance: 1e-5)
  }

  /// A gradient of attention scores is a difference of nearly equal numbers (∂p - Σ ∂p · p).
  private mutating func recordGradients() {
    for parameter in model.parameters {
      guard let gradient = parameter.gradientValues() else { continue }
      let isOfScores = parameter.path.contains(".query.") || parameter.path.contains(".key.")
      record(
        "∂\(names[parameter.path] ?? parameter.path)", gradient,
        tolerance: isOfScores ? 1e-4 : 2e-5)
    }
  }

  private mutating func record(_ quantity: String, _ values: [Float], tolerance: Double) {
    measurements.append(
      Measurement(
        operation: operation, quantity: quantity, fingerprint: Fingerprint(of: values),
        tolerance: tolerance))
  }

  // MARK: Losses

  private func encode(
    _ model: TransformerModel, _ request: HiddenStateRequest, in scope: ComputeScope
  ) -> HiddenStates {
    model.encoder.encode(
      tokenIDs: tokenIDs, layout: layout, request: request, mode: .inference, in: scope)
  }

  /// The operation's losses, which seed the backward pass.
  private func losses(in scope: ComputeScope) -> [(term: String, value: Double)] {
    switch operation {
    case .distillation: distillation(in: scope)
    case .bertMaskedLanguage: maskedLanguage(in: scope)
    default: classification(in: scope)
    }
  }

  private func classification(in scope: ComputeScope) -> [(term: String, value: Double)] {
    let count = layout.sequenceCount
    let losses = scope.crossEntropy(
      logits: model.classify(tokenIDs: tokenIDs, layout: layout, mode: .inference, in: scope),
      labels: IntegerHash(name: "models/classes").integers(count, below: 3),
      gradientScale: 1 / Double(count))
    return [("loss", losses.reduce(0, +) / Double(count))]
  }

  /// [T], -1 but for every fifth token.
  private var maskedLabels: [Int32] {
    let words = IntegerHash(name: "models/masked").integers(
      tokenIDs.count, below: Self.vocabularySize)
    return words.enumerated().map { $0.offset % 5 == 0 ? $0.element : -1 }
  }

  /// Only the masked rows of the last layer are computed.
  private func maskedLanguage(in scope: ComputeScope) -> [(term: String, value: Double)] {
    let labels = maskedLabels.filter { $0 >= 0 }
    let masked = (0..<Int32(tokenIDs.count)).filter { $0 % 5 == 0 }
    let states = encode(model, HiddenStateRequest(lastLayer: .selection(masked)), in: scope)
    guard let head = model.maskedLanguageHead, let (rows, selection) = states.last else {
      return []
    }
    let sums = scope.vocabularyHead(
      hidden: head.transform(
        rows, placement: selection.placement, mode: .inference, in: scope),
      decoder: head.decoder, bias: head.decoderBias,
      objectives: [
        WeightedObjective(
          MaskedLanguageObjective(labels: labels), gradientScale: 1 / Double(labels.count))
      ])
    return [("loss", sums[0] / Double(labels.count))]
  }

  /// 5 · soft targets at temperature 2 + 2 · masked language + 1 · cosine, the teacher a BERT.
  private func distillation(in scope: ComputeScope) -> [(term: String, value: Double)] {
    let teacher = Self.hashedModel(.bert, .maskedLanguage)
    let teacherScope = ComputeScope(engine: engine, recording: false)
    guard let taught = encode(teacher, .all, in: teacherScope).last?.rows,
      let learned = encode(model, .all, in: scope).last?.rows,
      let teacherHead = teacher.maskedLanguageHead, let head = model.maskedLanguageHead
    else { return [] }
    let count = Double(tokenIDs.count)
    let maskedCount = Double(maskedLabels.count { $0 >= 0 })
    func transform(
      _ head: MaskedLanguageHead, _ rows: Tensor, in scope: ComputeScope
    ) -> Tensor {
      head.transform(rows, placement: layout.placement, mode: .inference, in: scope)
    }
    let sums = scope.vocabularyHead(
      hidden: transform(head, learned, in: scope), decoder: head.decoder, bias: head.decoderBias,
      teacher: TeacherVocabulary(
        hidden: transform(teacherHead, taught, in: teacherScope), decoder: teacherHead.decoder,
        bias: teacherHead.decoderBias),
      objectives: [
        WeightedObjective(SoftTargetObjective(.hinton(temperature: 2)), gradientScale: 5 / count),
        WeightedObjective(
          MaskedLanguageObjective(labels: maskedLabels), gradientScale: 2 / maskedCount),
      ])
    let cosines = scope.cosineEmbeddingLoss(
      student: learned, teacher: taught, gradientScale: 1 / count)
    return [
      ("soft targets", sums[0] / count), ("masked language", sums[1] / maskedCount),
      ("cosine", cosines.reduce(0, +) / count),
    ]
  }
}
