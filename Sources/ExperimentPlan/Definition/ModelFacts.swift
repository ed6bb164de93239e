// Sizes of published models, as far as a definition can be checked against them.
import Foundation

/// What config.json says of a model.
public struct ModelFacts: Sendable, Equatable {
  public var architecture: Architecture
  public var layerCount: Int
  public var hiddenSize: Int
  public var headCount: Int
  public var feedForwardSize: Int
  public var maximumPositions: Int
  public var vocabularySize: Int

  public init(
    architecture: Architecture, layerCount: Int, hiddenSize: Int, headCount: Int,
    feedForwardSize: Int, maximumPositions: Int, vocabularySize: Int
  ) {
    self.architecture = architecture
    self.layerCount = layerCount
    self.hiddenSize = hiddenSize
    self.headCount = headCount
    self.feedForwardSize = feedForwardSize
    self.maximumPositions = maximumPositions
    self.vocabularySize = vocabularySize
  }

  /// Reads the sizes out of a config.json; nil when any is missing. The strict reading, with a
  /// message for each mistake, is done when the model is loaded.
  public init?(configJSON data: Data) {
    guard let object = try? JSONSerialization.jsonObject(with: data),
      let config = object as? [String: Any],
      let type = config["model_type"] as? String, let architecture = Architecture(rawValue: type)
    else { return nil }
    let isBERT = architecture == .bert
    let size = { (key: String) in (config[key] as? NSNumber)?.intValue }
    guard let layerCount = size(isBERT ? "num_hidden_layers" : "n_layers"),
      let hiddenSize = size(isBERT ? "hidden_size" : "dim"),
      let headCount = size(isBERT ? "num_attention_heads" : "n_heads"),
      let feedForwardSize = size(isBERT ? "intermediate_size" : "hidden_dim"),
      let maximumPositions = size("max_position_embeddings"),
      let vocabularySize = size("vocab_size")
    else { return nil }
    self.init(
      architecture: architecture, layerCount: layerCount, hiddenSize: hiddenSize,
      headCount: headCount, feedForwardSize: feedForwardSize, maximumPositions: maximumPositions,
      vocabularySize: vocabularySize)
  }

  /// The published sizes of the models that this repository's experiments name, so that their
  /// definitions can be checked where the folders themselves are not at hand.
  @Sendable public static func published(_ address: ModelAddress) -> ModelFacts? {
    switch address.description {
    case "hub:google-bert/bert-base-uncased":
      ModelFacts(
        architecture: .bert, layerCount: 12, hiddenSize: 768, headCount: 12,
        feedForwardSize: 3072, maximumPositions: 512, vocabularySize: 30522)
    case "hub:distilbert/distilbert-base-uncased":
      ModelFacts(
        architecture: .distilbert, layerCount: 6, hiddenSize: 768, headCount: 12,
        feedForwardSize: 3072, maximumPositions: 512, vocabularySize: 30522)
    case "hub:sentence-transformers/all-MiniLM-L6-v2":
      ModelFacts(
        architecture: .bert, layerCount: 6, hiddenSize: 384, headCount: 12,
        feedForwardSize: 1536, maximumPositions: 512, vocabularySize: 30522)
    default: nil
    }
  }
}
