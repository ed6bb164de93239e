// The places of a model that drop out, numbered in the order of the forward pass.

/// Site numbers are part of what a run's random numbers mean: they follow from the configuration alone.
public struct DropoutSites: Sendable {
  /// After the embeddings' normalisation.
  public let embedding: DropoutSite
  public let layers: [Layer]
  /// Before the classifier.
  public let head: DropoutSite

  public struct Layer: Sendable {
    /// Attention probabilities.
    public let attention: DropoutSite
    /// After attention's output projection, in families that drop out there.
    public let attentionOutput: DropoutSite?
    public let feedForward: DropoutSite
  }

  public init(_ configuration: TransformerConfiguration) {
    var next = 0
    func site(_ probability: Double) -> DropoutSite {
      defer { next += 1 }
      return DropoutSite(index: next, probability: probability)
    }
    embedding = site(configuration.hiddenDropout)
    layers = (0..<configuration.layerCount).map { _ in
      let attention = site(configuration.attentionDropout)
      let output =
        configuration.structure.dropsAttentionOutput
        ? site(configuration.hiddenDropout) : nil
      return Layer(
        attention: attention, attentionOutput: output,
        feedForward: site(configuration.hiddenDropout))
    }
    head = site(configuration.effectiveClassifierDropout)
  }

  /// All of a classifier's, in the order of its forward pass.
  public var ofClassifier: [DropoutSite] {
    [embedding]
      + layers.flatMap { [$0.attention, $0.attentionOutput, $0.feedForward].compactMap { $0 } }
      + [head]
  }
}
