// The models of a definition. Plain values.
import RetortTransformers

/// Sizes of a model built from nothing.
public struct ModelSizes: Sendable, Equatable {
  public var hiddenSize: Int
  public var layerCount: Int
  public var headCount: Int
  public var feedForwardSize: Int
  public var maximumPositions: Int
  /// Standard deviation of the normal distribution that weights are drawn from.
  public var initializerRange: Double
  public var layerNormEpsilon: Double

  /// A model of these sizes in a family.
  func configuration(
    of family: ModelFamily, vocabularySize: Int, paddingID: Int
  ) -> TransformerConfiguration {
    var configuration = family.configuration(
      vocabularySize: vocabularySize, hiddenSize: hiddenSize, layerCount: layerCount,
      headCount: headCount, feedForwardSize: feedForwardSize, maximumPositions: maximumPositions)
    configuration.initializerRange = initializerRange
    configuration.layerNormEpsilon = layerNormEpsilon
    configuration.paddingID = paddingID
    return configuration
  }
}

public struct DropoutOptions: Sendable, Equatable {
  /// After the embeddings and the feed-forward block (BERT: after attention's output too).
  public var hidden: Double
  /// On the attention probabilities.
  public var attention: Double
  /// Before the classifier.
  public var classifier: Double

  func applied(to configuration: TransformerConfiguration) -> TransformerConfiguration {
    var configuration = configuration
    configuration.hiddenDropout = hidden
    configuration.attentionDropout = attention
    configuration.classifierDropout = classifier
    return configuration
  }
}

/// A student made of chosen layers of another model.
public struct StudentSource: Sendable, Equatable {
  /// A model, or the stage that made it.
  public var of: String
  public var architecture: ModelFamily
  /// Student layer i is a copy of the source's layer `layers[i]`, counted from 0.
  public var layers: [Int]
  /// Stated when the source has token types and the student has none.
  public var tokenType: StudentInitialization.TokenTypes?
  /// Of a student narrower than its source.
  public var width: StudentWidth?

  /// The source's sizes with the student's layers and width, in the student's family.
  func configuration(of source: TransformerConfiguration) -> TransformerConfiguration {
    var configuration = source.student(family: architecture, layerCount: layers.count)
    if let width {
      configuration.hiddenSize = width.hiddenSize
      configuration.headCount = width.headCount
      configuration.feedForwardSize = width.feedForwardSize
    }
    return configuration
  }
}

/// The sizes of a student that is narrower than its source, and what becomes of the source's weights.
public struct StudentWidth: Sendable, Equatable {
  public var hiddenSize: Int
  public var headCount: Int
  public var feedForwardSize: Int
  public var reduction: WidthReduction

  /// "192 of 384 columns, 6 of 12 heads and 768 of 1536 neurons by importance, scaled to keep the variance"
  /// - Parameter source: nil where its sizes are not known.
  func words(of source: TransformerConfiguration?) -> String {
    func part(_ count: Int, _ size: KeyPath<TransformerConfiguration, Int>) -> String {
      source.map { "\(count) of \($0[keyPath: size])" } ?? "\(count)"
    }
    let columns = part(hiddenSize, \.hiddenSize)
    let heads = part(headCount, \.headCount)
    let neurons = part(feedForwardSize, \.feedForwardSize)
    let (first, rank) = reduction.kept == .first ? ("the first ", "") : ("", " by importance")
    let scale = reduction.scale == .variance ? "scaled to keep the variance" : "not scaled"
    return switch reduction.method {
    case .truncation:
      "\(first)\(columns) columns, \(heads) heads and \(neurons) neurons\(rank), \(scale)"
    case .pca:
      "\(columns) columns along the principal components of the word embeddings, \(first)\(heads) heads and "
        + "\(neurons) neurons\(rank), \(scale)"
    }
  }
}

public enum ModelSource: Sendable, Equatable {
  /// Weights and sizes of a published folder.
  case folder(ModelAddress)
  /// Sizes and vocabulary of a published folder, weights drawn from the seed.
  case randomWeights(ModelAddress)
  /// Built from nothing, weights drawn from the seed.
  case scratch(ModelFamily, ModelSizes)
  /// Layers of another model.
  case layers(StudentSource)
  /// Sizes of such a student, all weights drawn from the seed (`random_weights: true`, the `random_init` baseline).
  case randomStudent(StudentSource)

  /// The folder or checkpoint that is read, wholly or for its sizes; nil for every other model.
  var address: ModelAddress? {
    switch self {
    case .folder(let address), .randomWeights(let address): address
    case .scratch, .layers, .randomStudent: nil
    }
  }

  /// The classifier of a folder or checkpoint, as far as it is at hand.
  func storedClassifier(look: (ModelAddress) -> ModelLook) -> ClassifierShape? {
    guard case .folder(let address) = self, let outline = look(address).outline,
      outline.parts?.contains(.classification) ?? false
    else { return nil }
    return ClassifierShape(
      classes: outline.configuration.labels, hiddenSize: outline.configuration.hiddenSize)
  }

  /// The student that is made, of copied or of drawn weights; nil for every other model.
  var student: StudentSource? {
    switch self {
    case .layers(let student), .randomStudent(let student): student
    case .folder, .randomWeights, .scratch: nil
    }
  }
}

public enum HeadStart: String, Sendable, CaseIterable {
  /// Drawn from the model's seed.
  case new
  /// In the published folder.
  case stored
  /// From the model that the layers are taken from.
  case copied
}

public struct ModelDefinition: Sendable, Equatable {
  public var name: String
  public var source: ModelSource
  /// The masked-language-model head, if the model has one.
  public var maskedLMHead: HeadStart?
  /// Nil: as the folder's config.json says.
  public var dropout: DropoutOptions?
  public var seed: UInt64
}
