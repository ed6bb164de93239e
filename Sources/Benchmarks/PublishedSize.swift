// Sizes of published models, so that nothing need be downloaded to time one.
import RetortTransformers

/// A published architecture. Weights are another matter: those of a benchmark are random, which no product's
/// speed depends on.
public enum PublishedSize: String, Sendable, CaseIterable {
  /// distilbert-base-uncased: 6 layers, hidden size 768.
  case distilbert
  /// MiniLM-L6-H384-uncased, a BERT: 6 layers, hidden size 384.
  case minilm
  /// The same in three layers: a student of it.
  case minilmL3 = "minilm-l3"
  /// bert-base-uncased: 12 layers, hidden size 768.
  case bertBase = "bert-base"

  /// As published, with the classes of SST-2.
  public var configuration: TransformerConfiguration {
    var configuration: TransformerConfiguration =
      switch self {
      case .distilbert: .distilBertBase
      case .minilm, .minilmL3: .miniLML6
      case .bertBase: .bertBase
      }
    if self == .minilmL3 { configuration.layerCount = 3 }
    configuration.labels = ["negative", "positive"]
    return configuration
  }
}
