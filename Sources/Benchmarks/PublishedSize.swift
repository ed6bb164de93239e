// Sizes of published models, so that nothing need be downloaded to time one.
import Transformers

/// A published architecture. Weights are another matter: those of a benchmark are random, which no product's
/// speed depends on.
public enum PublishedSize: String, Sendable, CaseIterable {
  /// distilbert-base-uncased: 6 layers, hidden size 768.
  case distilbert
  /// MiniLM-L6-H384-uncased, a BERT: 6 layers, hidden size 384.
  case minilm
  /// bert-base-uncased: 12 layers, hidden size 768.
  case bertBase = "bert-base"

  /// - Source: the config.json of distilbert/distilbert-base-uncased, nreimers/MiniLM-L6-H384-uncased and
  ///   google-bert/bert-base-uncased on the Hugging Face hub; dropout of classifiers as transformers 4.44.2 has it
  ///   where they say nothing.
  public var configuration: TransformerConfiguration {
    switch self {
    case .distilbert:
      Self.make(.distilbert, hidden: 768, layers: 6, feedForward: 3072, classifierDropout: 0.2)
    case .minilm: Self.make(.bert, hidden: 384, layers: 6, feedForward: 1536)
    case .bertBase: Self.make(.bert, hidden: 768, layers: 12, feedForward: 3072)
    }
  }

  private static func make(
    _ family: TransformerConfiguration.Family, hidden: Int, layers: Int, feedForward: Int,
    classifierDropout: Double? = nil
  ) -> TransformerConfiguration {
    TransformerConfiguration(
      family: family, vocabularySize: 30_522, hiddenSize: hidden, layerCount: layers,
      headCount: 12, feedForwardSize: feedForward, maximumPositions: 512,
      tokenTypeCount: family == .bert ? 2 : 0, layerNormEpsilon: 1e-12, hiddenDropout: 0.1,
      attentionDropout: 0.1, classifierDropout: classifierDropout, initializerRange: 0.02,
      paddingID: 0, labels: ["negative", "positive"], usesSinusoidalPositions: false)
  }
}
