// A family of models: everything in which one differs from another, as a value.
import RetortStrictJSON

// A family's constants are values of config.json.
@_exported import enum RetortStrictJSON.JSONTree

/// Which parts a model of a family is built of. Encoder and heads ask for these, never for a family's name.
public struct ModelStructure: Sendable, Equatable {
  /// The embedding of a token type is added to every word's.
  public let hasTokenTypes: Bool
  /// [CLS] goes through tanh(W · x + b) before a classifier; the pooler belongs to the published model.
  public let hasPooler: Bool
  /// Dropout after attention's output projection.
  public let dropsAttentionOutput: Bool
  /// The classification head begins with a projection and ReLU of its own.
  public let projectsBeforeClassifier: Bool

  /// - Parameters:
  ///   - hasTokenTypes: the embedding of a token type is added to every word's.
  ///   - hasPooler: [CLS] goes through tanh(W · x + b) before a classifier.
  ///   - dropsAttentionOutput: dropout after attention's output projection.
  ///   - projectsBeforeClassifier: the classification head begins with a projection and ReLU of its own.
  public init(
    hasTokenTypes: Bool, hasPooler: Bool, dropsAttentionOutput: Bool, projectsBeforeClassifier: Bool
  ) {
    self.hasTokenTypes = hasTokenTypes
    self.hasPooler = hasPooler
    self.dropsAttentionOutput = dropsAttentionOutput
    self.projectsBeforeClassifier = projectsBeforeClassifier
  }
}

/// A family as transformers 4.44.2 knows it. A new one is a file that makes a value, and a line in `ModelFamilies`; one of
/// another package is handed to `HuggingFaceFolder` or `ConfigurationFile`, which read folders of the families they are
/// given.
public struct ModelFamily: Sendable {
  /// config.json's `model_type`, and `architecture` in a definition.
  public let name: String
  /// The name in prose.
  public let title: String
  /// What the names of its classes begin with: `Bert` of `BertForMaskedLM`.
  let classStem: String
  /// The class that tokenizer_config.json names.
  let tokenizerClass: String
  public let structure: ModelStructure
  /// The LayerNorm epsilon of a family whose config.json has no key for it; nil where it has one.
  public let fixedLayerNormEpsilon: Double?
  /// The keys of config.json that describe a model, with their place in a configuration.
  let keys: [ConfigurationKey]
  /// Keys that are written for other readers and describe nothing.
  let constants: [String: JSONTree]
  /// Further keys that would change the computation, with the values that leave it as we do it.
  let acceptedKeys: [String: [JSONTree]]
  /// Further keys that change nothing.
  let ignoredKeys: Set<String>
  /// Stands before the names of encoder and pooler where a model has a head.
  let weightPrefix: String
  let weights: [WeightRow]

  /// - Parameters:
  ///   - name: config.json's `model_type`; families of the same name are the same family.
  ///   - title: the name in prose.
  ///   - classStem: what the names of its classes begin with: `Bert` of `BertForMaskedLM`.
  ///   - tokenizerClass: that of tokenizer_config.json; a WordPiece tokenizer with BERT's settings.
  ///   - structure: which parts its models are built of.
  ///   - fixedLayerNormEpsilon: for a family without a key for it; nil where `keys` has one.
  ///   - keys: every key of config.json that describes a model. Sizes must all be among them.
  ///   - constants: keys that are written for other readers and describe nothing.
  ///   - acceptedKeys: further keys that would change the computation, with the values that leave it as it is.
  ///   - ignoredKeys: further keys that change nothing.
  ///   - weightPrefix: stands before the names of encoder and pooler where a model has a head.
  ///   - weights: a row for every parameter of the encoder and of each head that `structure` builds, by the model's paths
  ///     (`TransformerModel.parameters` lists them). A parameter without one is an error when a folder is read or written.
  public init(
    name: String, title: String, classStem: String, tokenizerClass: String,
    structure: ModelStructure, fixedLayerNormEpsilon: Double?, keys: [ConfigurationKey],
    constants: [String: JSONTree] = [:], acceptedKeys: [String: [JSONTree]] = [:],
    ignoredKeys: Set<String> = [], weightPrefix: String, weights: [WeightRow]
  ) {
    self.name = name
    self.title = title
    self.classStem = classStem
    self.tokenizerClass = tokenizerClass
    self.structure = structure
    self.fixedLayerNormEpsilon = fixedLayerNormEpsilon
    self.keys = keys
    self.constants = constants
    self.acceptedKeys = acceptedKeys
    self.ignoredKeys = ignoredKeys
    self.weightPrefix = weightPrefix
    self.weights = weights
  }

  /// A configuration with the family's defaults for all that config.json may leave out, and sizes of 0.
  public var defaults: TransformerConfiguration {
    var fields = ConfigurationFields(object: [:])
    return fields.configuration(of: self)
  }

  /// A configuration of these sizes, with the family's defaults for all else.
  /// - Parameters:
  ///   - headCount: of attention; must divide `hiddenSize`.
  ///   - maximumPositions: tokens of the longest sequence.
  ///   - labels: names of the classes, for a model with a classification head.
  public func configuration(
    vocabularySize: Int, hiddenSize: Int, layerCount: Int, headCount: Int, feedForwardSize: Int,
    maximumPositions: Int, labels: [String] = TransformerConfiguration.defaultLabels(count: 2)
  ) -> TransformerConfiguration {
    var configuration = defaults
    configuration.vocabularySize = vocabularySize
    configuration.hiddenSize = hiddenSize
    configuration.layerCount = layerCount
    configuration.headCount = headCount
    configuration.feedForwardSize = feedForwardSize
    configuration.maximumPositions = maximumPositions
    configuration.labels = labels
    return configuration
  }

  /// The class of transformers for a model with these heads, such as `BertForMaskedLM`.
  func className(head: ModelPart?) -> String {
    switch head {
    case .classification?: "\(classStem)ForSequenceClassification"
    case .maskedLanguage?: "\(classStem)ForMaskedLM"
    default: "\(classStem)Model"
    }
  }
}

extension ModelFamily: Equatable, Hashable, CustomStringConvertible {
  public static func == (left: ModelFamily, right: ModelFamily) -> Bool { left.name == right.name }
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
  public var description: String { name }
}

/// As a choice in a definition.
extension ModelFamily: RawRepresentable, CaseIterable {
  public static var allCases: [ModelFamily] { ModelFamilies.all }
  public var rawValue: String { name }

  public init?(rawValue: String) {
    guard let family = ModelFamilies.all.first(where: { $0.name == rawValue }) else { return nil }
    self = family
  }
}
