// The models that finished stages left.
import RetortTransformers

protocol FinishedStages {
  /// What a stage made, with everything it has for masked-language work.
  func model(ofStage id: String) throws -> TransformerModel
  /// The classifier that a fine-tuning made.
  /// - Parameter trains: whether it is to be trained on, or used forward only.
  func classifier(ofStage id: String, trains: Bool) throws -> TransformerModel
}

/// Stages that are looked up in the cache.
struct CachedStages: FinishedStages {
  let digests: PlanDigests
  let cache: StageCache
  /// For the message where one is not there.
  let definitionPath: String

  func model(ofStage id: String) throws -> TransformerModel {
    let stored = try stored(id)
    return try stored.load(
      heads: stored.parts.subtracting([.encoder, .classification, .nextSentence]),
      ignoring: [.classification, .nextSentence], seed: 0)
  }

  func classifier(ofStage id: String, trains: Bool) throws -> TransformerModel {
    try stored(id).classifier(mapping: !trains)
  }

  private func stored(_ id: String) throws -> StoredModel {
    guard let folder = digests.stages[id].flatMap(cache.lookUp) else {
      throw RunError.stageNotRun(id, definition: definitionPath)
    }
    return try StoredModel(path: "\(folder)/\(ExperimentRunner.modelName)")
  }
}

extension StoredModel {
  /// The stored classifier, without other heads.
  /// - Parameters:
  ///   - labels: the classes under other names.
  ///   - mapping: see `load`.
  func classifier(labels: [String]? = nil, mapping: Bool) throws -> TransformerModel {
    try load(
      heads: [.classification], labels: labels,
      ignoring: [.pooler, .maskedLanguage, .nextSentence], mapping: mapping, seed: 0)
  }
}
