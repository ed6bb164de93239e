// What is known of a stored model before its weights are read: configuration, parts, names and shapes.
import Transformers

/// A model's config.json and, where they are at hand, the names and shapes of its weights.
public struct ModelOutline: Sendable, Equatable {
  public var configuration: TransformerConfiguration
  /// Parts of which weights are stored; nil where the weights are not at hand.
  public var parts: Set<ModelPart>?
  /// What keeps a stored part from being read, by part.
  public var problems: [ModelPart: String]

  public init(
    configuration: TransformerConfiguration, parts: Set<ModelPart>? = nil,
    problems: [ModelPart: String] = [:]
  ) {
    (self.configuration, self.parts, self.problems) = (configuration, parts, problems)
  }

  /// - Parameter weights: of which nothing is read but the names and shapes.
  init(
    configuration: TransformerConfiguration, weights: some TensorSource, names: WeightNames
  ) {
    let parts = Set(weights.tensorNames.compactMap { names.meaning(of: $0)?.part })
    var problems: [ModelPart: String] = [:]
    for part in parts.union([.encoder]).subtracting([.nextSentence]) {
      do {
        _ = try WeightMatch(
          parts: [part], in: weights, names: names,
          ignoring: Set(ModelPart.allCases).subtracting([part]))
      } catch { problems[part] = "\(error)" }
    }
    self.init(configuration: configuration, parts: parts, problems: problems)
  }
}

/// What looking at an address shows.
public enum ModelLook: Sendable, Equatable {
  /// Nothing is at hand.
  case absent
  case outline(ModelOutline)
  /// What is there cannot be used; one line each.
  case unusable([String])

  public var outline: ModelOutline? {
    if case .outline(let outline) = self { outline } else { nil }
  }

  /// What is published under the address, where nothing is at hand.
  @Sendable public static func published(_ address: ModelAddress) -> ModelLook {
    guard case .hub(let owner, let name) = address,
      let configuration = PublishedModels.configurations["\(owner)/\(name)"]
    else { return .absent }
    return .outline(ModelOutline(configuration: configuration))
  }
}
