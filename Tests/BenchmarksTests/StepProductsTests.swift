// The arithmetic of a step's products, and the engine's own count beside it.
import RetortDistillation
import RetortTensorEngine
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortBenchmarks

/// What a fine-tuning step costs, compared with numbers worked out by hand: they change only where what is computed
/// changes, and then on purpose.
@Suite struct StepProductsTests {
  private func model(_ size: PublishedSize, _ head: ModelPart) -> TransformerModel {
    TransformerModel(configuration: size.configuration, heads: [head])
  }

  @Test(
    "DistilBERT, 16 sentences of 13 tokens: 46.4 GFLOP, an eighth less than with a whole last layer"
  )
  func distilbert() {
    let (tokens, sentences, hidden, inner) = (16 * 13, 16, 768, 3072)
    let layer = 4 * hidden * hidden + 2 * hidden * inner  // weights of a layer
    // Of the last layer every token has keys and values, only the first of a sentence the rest.
    let lastKeysAndValues = 2 * hidden * hidden
    let lastRest = layer - lastKeysAndValues
    let head = hidden * hidden + 2 * hidden
    let projections =
      3 * 2
      * (tokens * (5 * layer + lastKeysAndValues) + sentences * (lastRest + head))
    // q · kᵀ and p · v forward, four products back.
    let attention = 6 * 2 * hidden * (5 * 16 * 13 * 13 + 16 * 13)
    let products = StepProducts.classification(
      model(.distilbert, .classification), lengths: [Int](repeating: 13, count: 16), trains: true)
    #expect(products.flops == projections + attention)
    #expect(products.flops == 46_387_740_672)
  }

  @Test("a distillation step of 8 x 128 tokens, BERT-base to DistilBERT, logits everywhere")
  func distillation() {
    let (tokens, hidden, inner, vocabulary) = (8 * 128, 768, 3072, 30_522)
    let layer = 4 * hidden * hidden + 2 * hidden * inner
    let head = hidden * hidden + hidden * vocabulary
    let area = 8 * 128 * 128
    let student = 3 * 2 * tokens * (6 * layer + head) + 6 * 2 * hidden * 6 * area
    let teacher = 2 * tokens * (12 * layer + head) + 2 * 2 * hidden * 12 * area
    let lengths = [Int](repeating: 128, count: 8)
    let products =
      StepProducts.maskedLanguage(
        model(.distilbert, .maskedLanguage), lengths: lengths, trains: true)
      + .maskedLanguage(model(.bertBase, .maskedLanguage), lengths: lengths, trains: false)
    #expect(products.flops == student + teacher)
  }

  @Test("the engine issues exactly these products", arguments: [true, false])
  func issued(trains: Bool) throws {
    for family in ModelFamily.allCases {
      let model = SmallBenchmark.model(family, head: .classification)
      let sentences = MadeUpSentences.make(count: 24, vocabularySize: 1100, seed: 1)
      let engine = Engine(threadCount: 2)
      if trains {
        let result = try FineTuningBenchmark.run(
          BenchmarkedModel(name: "small", weights: .random, model: model), on: sentences,
          settings: SmallBenchmark.settings, engine: engine)
        #expect(result.failures.isEmpty, "\(result.failures)")
        #expect(result.flops == result.operations.reduce(0) { $0 + $1.flops })
      } else {
        let result = try InferenceBenchmark.run(
          BenchmarkedModel(name: "small", weights: .random, model: model),
          on: sentences.sequences, batchSize: 4, order: .length, steps: nil, warmup: 1,
          data: "made up", versions: [:], engine: engine)
        #expect(result.failures.isEmpty, "\(result.failures)")
        #expect(result.run.sentences == 24)
        #expect(result.run.tokens == sentences.sequences.tokenCount)
      }
    }
  }

  @Test("and so does a distillation", arguments: TargetSource.allCases)
  func distillationIssued(targets: TargetSource) throws {
    let sentences = MadeUpSentences.make(count: 60, vocabularySize: 1100, seed: 1)
    let text = ConnectedText(
      sentences.sequences, length: 16, count: 20, batchSize: 4, maskID: MadeUpSentences.maskID)
    let result = try DistillationBenchmark.run(
      student: SmallBenchmark.timed(.distilbert, head: .maskedLanguage),
      teacher: SmallBenchmark.timed(.bert, head: .maskedLanguage), text: text, length: 16,
      targets: targets, settings: SmallBenchmark.settings, engine: Engine(threadCount: 2))
    #expect(result.failures.isEmpty, "\(result.failures)")
    #expect(result.run.sentences == 5 * 4)
    #expect(result.run.tokens == 5 * 4 * 16)
    #expect(result.stepOverProducts > 0 && result.stepOverProducts.isFinite)
  }
}

/// Models and settings of benchmarks that take a moment.
enum SmallBenchmark {
  static let settings = StepSettings(
    batchSize: 4, steps: 5, warmup: 2, age: .late, data: "made up", versions: [:])

  static func model(
    _ family: ModelFamily, head: ModelPart
  ) -> TransformerModel {
    let model = TransformerModel(
      configuration: TransformerConfiguration(
        family: family, vocabularySize: 1100, hiddenSize: 32, layerCount: 2, headCount: 4,
        feedForwardSize: 64, maximumPositions: 72,
        tokenTypeCount: family.structure.hasTokenTypes ? 2 : 0,
        layerNormEpsilon: 1e-12, hiddenDropout: 0.1, attentionDropout: 0.1,
        classifierDropout: 0.2, initializerRange: 0.1, paddingID: 0,
        labels: ["negative", "positive"], usesSinusoidalPositions: false), heads: [head])
    model.initialize(seed: 3)
    return model
  }

  static func timed(
    _ family: ModelFamily, head: ModelPart
  ) -> BenchmarkedModel {
    BenchmarkedModel(name: "small", weights: .random, model: model(family, head: head))
  }
}
