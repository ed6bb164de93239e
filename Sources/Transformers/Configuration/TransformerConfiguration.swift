// What a model is: sizes, rates and constants, the same for every family.
@_exported import RetortLayers

/// The architecture of a model. Everything that changes the computation is here, under one name for all families; `ConfigurationFile` reads and writes Hugging Face's config.json.
public struct TransformerConfiguration: Sendable, Equatable {
  public var family: ModelFamily
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
  /// Rows of token-type embeddings; 0 in families without token types.
  public var tokenTypeCount: Int
  public var layerNormEpsilon: Double
  /// Dropout of embeddings, of the feed-forward output and, where the family has it, of attention's output.
  public var hiddenDropout: Double
  /// Dropout of attention probabilities.
  public var attentionDropout: Double
  /// Dropout before the classifier; nil stands for `hiddenDropout`.
  public var classifierDropout: Double?
  /// Standard deviation of new weights.
  public var initializerRange: Double
  public var paddingID: Int
  /// Names of the classes; K of them.
  public var labels: [String]
  /// DistilBERT's `sinusoidal_pos_embds`: new position embeddings are sinusoids. Stored ones are read
  /// as they are, as transformers 4.44.2 does. Nothing is frozen by it.
  public var usesSinusoidalPositions: Bool

  /// What a model of it is built of.
  public var structure: ModelStructure { family.structure }

  /// D
  public var headSize: Int { hiddenSize / headCount }

  /// What the head drops out before its classifier.
  public var effectiveClassifierDropout: Double { classifierDropout ?? hiddenDropout }

  /// Whether the head's output is a number rather than the scores of classes: so transformers takes a model with one
  /// label.
  public var isRegression: Bool { labels.count == 1 }

  /// The names transformers gives to classes that have none.
  public static func defaultLabels(count: Int) -> [String] {
    (0..<count).map { "LABEL_\($0)" }
  }

  public init(
    family: ModelFamily, vocabularySize: Int, hiddenSize: Int, layerCount: Int, headCount: Int,
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

  /// A student of this model: the same sizes and rates in another family or of another depth. What the two families
  /// do not have in common is the student's family's own.
  public func student(family: ModelFamily, layerCount: Int) -> TransformerConfiguration {
    var student = self
    student.layerCount = layerCount
    guard family != self.family else { return student }
    student.family = family
    let defaults = family.defaults
    student.tokenTypeCount =
      structure.hasTokenTypes && family.structure.hasTokenTypes
      ? tokenTypeCount : defaults.tokenTypeCount
    student.layerNormEpsilon = family.fixedLayerNormEpsilon ?? layerNormEpsilon
    student.classifierDropout = defaults.classifierDropout
    student.usesSinusoidalPositions = defaults.usesSinusoidalPositions
    return student
  }
}
