// Models, data and settings of trainings that take a fraction of a second.
import RetortStorage
import RetortTestSupport
import RetortText
import RetortTransformers

@testable import RetortDistillation

enum Small {
  /// Five special tokens and 35 words.
  static func vocabulary() throws -> Vocabulary {
    try Vocabulary(tokens: Vocabulary.specialTokens + (0..<35).map { "w\($0)" })
  }

  static func configuration(
    _ family: ModelFamily, layers: Int, hidden: Int = 16, dropout: Double = 0
  ) -> TransformerConfiguration {
    TransformerConfiguration(
      family: family, vocabularySize: 40, hiddenSize: hidden, layerCount: layers, headCount: 4,
      feedForwardSize: 2 * hidden, maximumPositions: 24,
      tokenTypeCount: family.structure.hasTokenTypes ? 2 : 0,
      layerNormEpsilon: 1e-12, hiddenDropout: dropout, attentionDropout: dropout,
      classifierDropout: dropout, initializerRange: 0.2, paddingID: 0,
      labels: ["negative", "positive"], usesSinusoidalPositions: false)
  }

  static func model(
    _ family: ModelFamily, layers: Int, heads: Set<ModelPart>,
    hidden: Int = 16, dropout: Double = 0, seed: UInt64 = 1
  ) -> TransformerModel {
    let model = TransformerModel(
      configuration: configuration(family, layers: layers, hidden: hidden, dropout: dropout),
      heads: heads)
    model.initialize(seed: seed)
    return model
  }

  /// [CLS], 1 to 18 words, [SEP].
  static func sequences(_ count: Int, place: Int = 1) -> TokenSequences {
    var random = RandomInputs(place)
    var sequences = TokenSequences()
    for length in random.integers(count, below: 18) {
      sequences.append([2] + random.integers(Int(length) + 1, below: 35).map { $0 + 5 } + [3])
    }
    return sequences
  }

  /// Sentences whose class is whether their first word is an even one.
  static func labelled(_ count: Int, place: Int = 1, flipped: Bool = false) -> LabelledSequences {
    let sequences = sequences(count, place: place)
    let labels = (0..<count).map { i in
      let word = sequences[i][sequences[i].startIndex + 1]
      return flipped ? 1 - word % 2 : word % 2
    }
    return LabelledSequences(sequences: sequences, labels: labels)
  }

  static let optimization = optimization(weightDecay: 0.01)

  static func optimization(weightDecay: Double) -> OptimizationSettings {
    OptimizationSettings(
      optimizer: AdamW(
        learningRate: 5e-3, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: weightDecay,
        maximumGradientNorm: 1),
      warmup: .fraction(0.1), schedule: LinearSchedule())
  }

  /// Rounding cannot be seen after steps of this kind: an ε of 1 makes an update all but
  /// proportional to the gradient, where the usual one makes any gradient, however small, ±1.
  static let smoothOptimization = OptimizationSettings(
    optimizer: AdamW(
      learningRate: 0.5, beta1: 0.9, beta2: 0.98, epsilon: 1, weightDecay: 0,
      maximumGradientNorm: .infinity), warmup: .steps(0), schedule: ConstantSchedule())

  static let labels = Objective(WeightedTerm(1, CrossEntropy()))

  /// Four steps an epoch on 30 sentences, the last step of one batch and a batch of two.
  static func fineTuning(_ limit: TrainingLimit) -> TrainingSettings {
    TrainingSettings(
      objective: labels, optimization: optimization, batchSize: 4, accumulation: 2, limit: limit,
      seed: 5, curve: .steps(5))
  }

  static let paperObjective = Objective(
    softTargets: .soft(weight: 5, temperature: 2, positions: .all), maskedLanguage: 2, cosine: 1)
  static let maskedLanguage = Objective(softTargets: nil, maskedLanguage: 1, cosine: nil)

  /// Four steps an epoch on 26 sequences, the last step of a single batch of two.
  static func maskedLanguage(
    _ objective: Objective, _ limit: TrainingLimit
  ) -> TrainingSettings {
    TrainingSettings(
      objective: objective, optimization: optimization, batchSize: 4, accumulation: 2,
      limit: limit, seed: 5, curve: .steps(5))
  }

  static func corpus(
    _ sequences: TokenSequences, _ settings: TrainingSettings, groupsByLength: Bool = true
  ) throws -> MaskedCorpus {
    var counts = [Int](repeating: 0, count: 40)
    for id in sequences.tokenIDs { counts[Int(id)] += 1 }
    return MaskedCorpus(
      corpus: sequences, tokenCounts: counts, vocabulary: try vocabulary(),
      masking: MaskingRule(probability: 0.15, smoothing: 0.7, mask: 0.8, keep: 0.1, random: 0.1),
      batchSize: settings.batchSize, groupsByLength: groupsByLength, seed: settings.seed)
  }

  static func checkpointing(
    _ folder: TemporaryFolder, every interval: CheckpointInterval = .never, resumes: Bool = false,
    attributes: [String: StoredValue] = [:]
  ) -> TrainingCheckpointing {
    TrainingCheckpointing(
      path: folder.file("last.h5"), bestPath: folder.file("best.h5"), interval: interval,
      attributes: attributes, files: [:], resumes: resumes)
  }
}

extension WeightedTerm {
  static func soft(
    weight: Double, temperature: Double, positions: TokenPositions
  ) -> WeightedTerm {
    WeightedTerm(weight, SoftTargets(temperature: temperature, positions: positions))
  }
}

extension Objective {
  /// The paper's terms, or some of them.
  init(softTargets: WeightedTerm?, maskedLanguage: Double?, cosine: Double?) {
    self.init(
      [
        softTargets, maskedLanguage.map { WeightedTerm($0, MaskedLanguage()) },
        cosine.map { WeightedTerm($0, HiddenCosine()) },
      ].compactMap { $0 })
  }
}

/// The three kinds of training, with dropout and accumulation.
enum TrainingKind: CaseIterable {
  case fineTuning, preTraining, distillation

  /// Runs it whole, or until the observer stops it.
  /// - Returns: the trained model and its progress without the clock.
  func run(
    limit: TrainingLimit = .epochs(3), threads: Int = 2, hidden: Int = 16,
    breakdownSteps: Int? = nil,
    checkpointing: TrainingCheckpointing? = nil, observer: (any TrainingObserver)? = nil
  ) throws -> (model: TransformerModel, progress: TrainingProgress) {
    let engine = Engine(threadCount: threads)
    let model: TransformerModel
    var progress: TrainingProgress
    switch self {
    case .fineTuning:
      model = Small.model(.bert, layers: 2, heads: [.classification], hidden: hidden, dropout: 0.1)
      progress = try FineTuning(
        model: model, training: Small.labelled(30), validation: Small.labelled(9, place: 2),
        settings: Small.fineTuning(limit), selectBest: .evaluationLoss, engine: engine,
        checkpointing: checkpointing,
        observer: observer
      ).run()
    case .preTraining:
      model = Small.model(.bert, layers: 2, heads: [.maskedLanguage], hidden: hidden, dropout: 0.1)
      let settings = Small.maskedLanguage(Small.maskedLanguage, limit)
      progress = try MaskedLanguageTraining(
        student: model, teacher: nil, batches: Small.corpus(Small.sequences(26), settings),
        settings: settings, engine: engine, checkpointing: checkpointing, observer: observer
      ).run()
    case .distillation:
      model = Small.model(
        .distilbert, layers: 1, heads: [.maskedLanguage], hidden: hidden, dropout: 0.1)
      let teacher = Small.model(
        .bert, layers: 2, heads: [.maskedLanguage], hidden: hidden, dropout: 0.1, seed: 2)
      var settings = Small.maskedLanguage(Small.paperObjective, limit)
      settings.breakdownSteps = breakdownSteps
      progress = try MaskedLanguageTraining(
        student: model, teacher: LiveTeacher(model: teacher, engine: engine),
        batches: Small.corpus(Small.sequences(26), settings), settings: settings, engine: engine,
        checkpointing: checkpointing, observer: observer
      ).run()
    }
    progress.clock = TrainingClock()
    return (model, progress)
  }
}

extension TransformerModel {
  /// All values by path.
  var valuesByPath: [String: [Float]] {
    Dictionary(uniqueKeysWithValues: parameters.map { ($0.path, $0.valueArray) })
  }
}
