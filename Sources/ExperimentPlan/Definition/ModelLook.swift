// What is known of a stored model before its weights are read: configuration, parts, names and shapes.
import RetortTransformers

/// A model's config.json and, where they are at hand, the names and shapes of its weights.
public struct ModelOutline: Sendable, Equatable {
  public var configuration: TransformerConfiguration
  /// Parts of which weights are stored; nil where the weights are not at hand.
  public var parts: Set<ModelPart>?
  /// What keeps a stored part from being read, by part.
  public var problems: [ModelPart: String]
  /// The words of its vocabulary; nil where that is not at hand.
  public var tokens: [String]?
  /// What was assumed or passed over when its folder was read, such as keys of config.json that mean nothing here.
  public var notes: [String] = []

  public init(
    configuration: TransformerConfiguration, tokens: [String]? = nil,
    parts: Set<ModelPart>? = nil, problems: [ModelPart: String] = [:]
  ) {
    (self.configuration, self.tokens) = (configuration, tokens)
    (self.parts, self.problems) = (parts, problems)
  }

  /// - Parameter weights: of which nothing is read but the names and shapes.
  init(
    configuration: TransformerConfiguration, tokens: [String]?, weights: some TensorSource,
    names: WeightNames
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
    self.init(configuration: configuration, tokens: tokens, parts: parts, problems: problems)
  }
}

extension ModelOutline {
  /// What keeps a model with some heads from being read, part by part.
  func problems(heads: Set<ModelPart>) -> [String] {
    guard let parts else { return [] }
    return configuration.parts(heads: heads).sorted().compactMap { part in
      problems[part]
        ?? (parts.contains(part) ? nil : "no weights of its \(part.rawValue) part are stored")
    }
  }

  /// In which way the words of a model are others than those of a vocabulary of the same size; nil if in none.
  static func difference(of tokens: [String], from vocabulary: [String]) -> String? {
    guard tokens.count == vocabulary.count,
      let id = tokens.indices.first(where: { tokens[$0] != vocabulary[$0] })
    else { return nil }
    return "token \(id) is '\(tokens[id])', in the definition's vocabulary it is "
      + "'\(vocabulary[id])'; models and text of a definition share one vocabulary"
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
    guard case .hub(let owner, let name, nil) = address,
      let configuration = PublishedModels.configurations["\(owner)/\(name)"]
    else { return .absent }
    return .outline(ModelOutline(configuration: configuration))
  }
}

extension ResolvedDefinition {
  /// What was assumed or passed over when the models' folders were read, each with the model's name.
  public func modelNotes(look: (ModelAddress) -> ModelLook) -> [String] {
    models.flatMap { model -> [String] in
      guard let address = model.source.address else { return [] }
      return (look(address).outline?.notes ?? []).map { "\(model.name): \($0)" }
    }
      + stages.flatMap { stage in
        stage.work.answering.compactMap { classOrder(of: $0, on: stage.work.evaluated, look: look) }
      }.firstOccurrences
  }

  /// In which order the nameless classes of a stored classifier are taken for those of a task; nil where that is known.
  private func classOrder(
    of name: String, on task: TaskSource?, look: (ModelAddress) -> ModelLook
  ) -> String? {
    guard let task, let names = task.classNames,
      let classifier = model(named: name)?.source.storedClassifier(look: look),
      classifier.answersByNumber(of: task), classifier.fits(names)
    else { return nil }
    return
      "\(name): its classes \(classifier.classes.listed) are taken for \(names.listed), in this order; check that "
      + "this is what they mean"
  }
}
