import RetortTransformers
import Testing

@Suite("Parameter counts")
struct ParameterCountTests {
  struct Total: Sendable {
    let configuration: TransformerConfiguration
    let heads: Set<ModelPart>
    let count: Int
  }

  @Test(
    "equal those of transformers",
    arguments: [
      Total(configuration: .bertBase, heads: [.pooler], count: 109_482_240),
      Total(configuration: .bertBase, heads: [.maskedLanguage], count: 109_514_298),
      Total(configuration: .distilBertBase, heads: [], count: 66_362_880),
      Total(configuration: .distilBertBase, heads: [.classification], count: 66_955_010),
      Total(configuration: .distilBertBase, heads: [.maskedLanguage], count: 66_985_530),
    ])
  func totals(_ total: Total) {
    let model = TransformerModel(configuration: total.configuration, heads: total.heads)
    #expect(model.parameterCount == total.count)
    #expect(Set(model.parameters.map(\.path)).count == model.parameters.count)
  }
  @Test("A family with sizes of one's own is the published model where the sizes are its")
  func sizesOfOnesOwn() {
    #expect(
      ModelFamily.bert.configuration(
        vocabularySize: 30_522, hiddenSize: 768, layerCount: 12, headCount: 12,
        feedForwardSize: 3072, maximumPositions: 512) == .bertBase)
  }
}
