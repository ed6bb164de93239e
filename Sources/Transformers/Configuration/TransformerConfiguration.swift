// What a model is: sizes, rates and constants, the same for both families.
@_exported import Layers

/// The architecture of a BERT or DistilBERT model. Everything that changes the computation is here,
/// under one name for both families; `ConfigurationFile` reads and writes Hugging Face's config.json.
public struct TransformerConfiguration: Sendable, Equatable {
  /// Two families of one encoder. DistilBERT has no token types, no pooler, and no dropout after
  /// attention's output projection; its classification head is another.
  public enum Family: String, Sendable, CaseIterable {
    case bert, distilbert
  }

  public var family: Family
  /// V
  public var vocabularySize: Int
  /// C
  public var hiddenSize: Int
  public var layerCount: Int
  /// H
  public var headCount: Int
  /// F
  public var feedForwardSize: Int
  /// Longest sequence the position embeddings know.
  public var maximumPositions: Int
  /// Rows of token-type embeddings; 0 for DistilBERT.
  public var tokenTypeCount: Int
  public var layerNormEpsilon: Double
  /// Dropout of embeddings, of the feed-forward output and (BERT) of attention's output.
  public var hiddenDropout: Double
  /// Dropout of attention probabilities.
  public var attentionDropout: Double
  /// Dropout before the classifier; nil (BERT only) stands for `hiddenDropout`.
  public var classifierDropout: Double?
  /// Standard deviation of new weights.
  public var initializerRange: Double
  public var paddingID: Int
  /// Names of the classes; K of them.
  public var labels: [String]
  /// DistilBERT's `sinusoidal_pos_embds`: new position embeddings are sinusoids. Stored ones are read
  /// as they are, as transformers 4.44.2 does. Nothing is frozen by it.
  public var usesSinusoidalPositions: Bool

  /// D
  public var headSize: Int { hiddenSize / headCount }

  /// What the head drops out before its classifier.
  public var effectiveClassifierDropout: Double { classifierDropout ?? hiddenDropout }

  /// The names transformers gives to classes that have none.
  public static func defaultLabels(count: Int) -> [String] {
    (0..<count).map { "LABEL_\($0)" }
  }

  /// Sizes and rates as published for `bert-base-uncased`.
  public static let bertBase = TransformerConfiguration(
    family: .bert, vocabularySize: 30522, hiddenSize: 768, layerCount: 12, headCount: 12,
    feedForwardSize: 3072, maximumPositions: 512, tokenTypeCount: 2, layerNormEpsilon: 1e-12,
    hiddenDropout: 0.1, attentionDropout: 0.1, classifierDropout: nil, initializerRange: 0.02,
    paddingID: 0, labels: defaultLabels(count: 2), usesSinusoidalPositions: false)

  /// Sizes and rates as published for `distilbert-base-uncased`.
  public static let distilBertBase = TransformerConfiguration(
    family: .distilbert, vocabularySize: 30522, hiddenSize: 768, layerCount: 6, headCount: 12,
    feedForwardSize: 3072, maximumPositions: 512, tokenTypeCount: 0, layerNormEpsilon: 1e-12,
    hiddenDropout: 0.1, attentionDropout: 0.1, classifierDropout: 0.2, initializerRange: 0.02,
    paddingID: 0, labels: defaultLabels(count: 2), usesSinusoidalPositions: false)

  public init(
    family: Family, vocabularySize: Int, hiddenSize: Int, layerCount: Int, headCount: Int,
    feedForwardSize: Int, maximumPositions: Int, tokenTypeCount: Int, layerNormEpsilon: Double,
    hiddenDropout: Double, attentionDropout: Double, classifierDropout: Double?,
    initializerRange: Double, paddingID: Int, labels: [String], usesSinusoidalPositions: Bool
  ) {
    self.family = family
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.layerCount = layerCount
    self.headCount = headCount
    self.feedForwardSize = feedForwardSize
    self.maximumPositions = maximumPositions
    self.tokenTypeCount = tokenTypeCount
    self.layerNormEpsilon = layerNormEpsilon
    self.hiddenDropout = hiddenDropout
    self.attentionDropout = attentionDropout
    self.classifierDropout = classifierDropout
    self.initializerRange = initializerRange
    self.paddingID = paddingID
    self.labels = labels
    self.usesSinusoidalPositions = usesSinusoidalPositions
  }

  /// A student of this model: the same sizes and rates in another family or of another depth.
  public func student(family: Family, layerCount: Int) -> TransformerConfiguration {
    var student = self
    student.family = family
    student.layerCount = layerCount
    guard family != self.family else { return student }
    switch family {
    case .distilbert:
      student.tokenTypeCount = 0
      student.classifierDropout = TransformerConfiguration.distilBertBase.classifierDropout
      student.layerNormEpsilon = TransformerConfiguration.distilBertBase.layerNormEpsilon
    case .bert:
      student.tokenTypeCount = 2
      student.classifierDropout = nil
      student.usesSinusoidalPositions = false
    }
    return student
  }
}
