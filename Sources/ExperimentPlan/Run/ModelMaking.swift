// From a plan's inputs to models in memory.
import Foundation
import RetortDistillation
import RetortFiles
import RetortOptions
import RetortRandomness
import RetortStorage
import RetortText
import RetortTransformers

/// Makes the models that stages begin from: of published folders, of random values, of other models'
/// layers, of finished stages.
struct ModelMaking {
  let plan: ResolvedPlan
  let data: PreparedData
  let stages: any FinishedStages

  /// A model with everything its source has for masked-language work: encoder, pooler and masked-LM head where
  /// the definition or the stage behind it has one.
  func make(_ input: StageInput) throws -> TransformerModel {
    switch input {
    case .stage(let id): return try stages.model(ofStage: id)
    case .model(let name):
      guard let definition = plan.model(named: name) else {
        preconditionFailure("the plan names a model \(name) that it does not have")
      }
      let model = try make(definition)
      let entries = try data.vocabulary().count
      guard model.configuration.vocabularySize >= entries else {
        throw RunError.vocabularySize(
          model: name, rows: model.configuration.vocabularySize, entries: entries)
      }
      return model
    }
  }

  /// What a fine-tuning begins with: its model under the stored classifier, where that is kept, or a new one.
  func classifier(
    _ planned: PlannedStage, _ stage: FinetuneStage, labels: [String]
  ) throws -> TransformerModel {
    guard stage.head == .stored else {
      return classifier(
        over: try make(planned.model), labels: labels, seed: planned.stage.training.seed,
        random: plan.definition.random)
    }
    return try storedClassifier(planned.model, labels: labels, trains: true)
  }

  /// The classifier of a stage, or of a model's folder.
  /// - Parameters:
  ///   - labels: the classes under other names; nil for the stored ones.
  ///   - trains: whether it is to be trained on, or used forward only.
  func storedClassifier(
    _ input: StageInput, labels: [String]?, trains: Bool
  ) throws -> TransformerModel {
    switch input {
    case .stage(let id): return try stages.classifier(ofStage: id, trains: trains)
    case .model(let name):
      guard let definition = plan.model(named: name), case .folder(let address) = definition.source
      else { preconditionFailure("\(name) was checked to have a stored classifier") }
      let model = try StoredModel(path: data.locations.locate(address).path)
        .classifier(labels: labels, mapping: !trains)
      return reconfigured(model, dropout: definition.dropout)
    }
  }

  /// The same encoder (and pooler) under a new classification head, drawn as transformers would draw it where a
  /// PyTorch run is replayed.
  func classifier(
    over base: TransformerModel, labels: [String], seed: UInt64, random: RandomSource
  ) -> TransformerModel {
    var configuration = base.configuration
    configuration.labels = labels
    let model = TransformerModel(configuration: configuration, heads: [.classification])
    var new: Set<ModelPart> = [.classification]
    if model.pooler != nil, base.pooler == nil { new.insert(.pooler) }
    let values = Dictionary(
      uniqueKeysWithValues: base.parameters.map { ($0.path, $0) })
    for parameter in model.parameters {
      guard let source = values[parameter.path], source.shape == parameter.shape else { continue }
      _ = parameter.values.update(fromContentsOf: source.values)
    }
    switch random {
    case .counter: model.initialize(new, seed: seed)
    case .torch24CPU:
      var generator = TorchGenerator(seed: seed)
      model.initialize(new, drawingFrom: &generator)
    }
    return model
  }

  private func make(_ definition: ModelDefinition) throws -> TransformerModel {
    switch definition.source {
    case .folder(let address):
      let stored = try StoredModel(path: data.locations.locate(address).path)
      var origins: [ModelPart: PartOrigin] = [:]
      var heads: Set<ModelPart> = []
      if stored.parts.contains(.pooler) { heads.insert(.pooler) }
      if let head = definition.maskedLMHead {
        heads.insert(.maskedLanguage)
        if head == .new { origins[.maskedLanguage] = .new }
      }
      let model = try stored.load(
        heads: heads, origins: origins,
        ignoring: Set(ModelPart.allCases).subtracting(heads).subtracting([.encoder]),
        seed: definition.seed)
      return reconfigured(model, dropout: definition.dropout)
    case .randomWeights(let address):
      let model = try build(
        definition, try configuration(of: address), heads: heads(of: definition))
      model.initialize(seed: definition.seed)
      return model
    case .scratch(let architecture, let sizes):
      let model = try build(
        definition, try configuration(architecture, sizes), heads: heads(of: definition))
      model.initialize(seed: definition.seed)
      return model
    case .layers(let student):
      let teacher = try make(source(student.of))
      let model = try build(
        definition, student.configuration(of: teacher.configuration),
        heads: studentHeads(definition, teacher: teacher))
      try StudentInitialization(
        layers: student.layers, tokenTypes: student.tokenType,
        maskedLanguageHead: definition.maskedLMHead == .copied ? .all : .new,
        width: student.width?.reduction
      ).apply(to: model, from: teacher, seed: definition.seed)
      return model
    case .randomStudent(let student):
      let teacher = try make(source(student.of))
      let model = try build(
        definition, student.configuration(of: teacher.configuration), heads: heads(of: definition))
      model.initialize(seed: definition.seed)
      return model
    }
  }

  private func source(_ name: String) -> StageInput {
    plan.stage(id: name) != nil ? .stage(name) : .model(name)
  }

  private func heads(of definition: ModelDefinition) -> Set<ModelPart> {
    definition.maskedLMHead == nil ? [] : [.maskedLanguage]
  }

  private func studentHeads(
    _ definition: ModelDefinition, teacher: TransformerModel
  ) -> Set<ModelPart> {
    var heads = heads(of: definition)
    if case .layers(let student) = definition.source, student.architecture.structure.hasPooler,
      teacher.pooler != nil
    {
      heads.insert(.pooler)
    }
    return heads
  }

  // MARK: Configurations

  private func configuration(of address: ModelAddress) throws -> TransformerConfiguration {
    let located = try data.locations.locate(address, needing: [.configuration])
    return located.isCheckpoint
      ? try StoredModel(path: located.path).configuration
      : try ConfigurationFile(path: located.configuration).configuration
  }

  private func configuration(
    _ architecture: ModelFamily, _ sizes: ModelSizes
  ) throws -> TransformerConfiguration {
    let vocabulary = try data.vocabulary()
    return sizes.configuration(
      of: architecture, vocabularySize: vocabulary.count, paddingID: Int(vocabulary.paddingID))
  }

  /// A model of zeros in the definition's dropout rates.
  private func build(
    _ definition: ModelDefinition, _ configuration: TransformerConfiguration,
    heads: Set<ModelPart>
  ) throws(RunError) -> TransformerModel {
    let configuration = definition.dropout?.applied(to: configuration) ?? configuration
    var problems = configuration.problems
    if problems.isEmpty {
      let bytes = configuration.parameterCount(heads: heads) * MemoryLayout<Float>.stride
      if UInt64(bytes) > ProcessInfo.processInfo.physicalMemory {
        problems.append("its weights take \(bytes >> 30) GiB, more than this machine's memory")
      }
    }
    guard problems.isEmpty else {
      throw .impossibleModel(definition.name, problems: problems)
    }
    return TransformerModel(configuration: configuration, heads: heads)
  }

  /// The model with other dropout rates, which are fixed when a model is built.
  private func reconfigured(
    _ model: TransformerModel, dropout: DropoutOptions?
  ) -> TransformerModel {
    guard let dropout else { return model }
    let copy = TransformerModel(
      configuration: dropout.applied(to: model.configuration),
      heads: model.parts.subtracting([.encoder]))
    for (target, source) in zip(copy.parameters, model.parameters) {
      _ = target.values.update(fromContentsOf: source.values)
    }
    return copy
  }
}

extension TransformerModel {
  /// Takes groups of parameters out of training.
  func freeze(_ groups: [FrozenGroup]) {
    for parameter in parameters
    where groups.contains(where: { $0.covers(parameter: parameter.path) }) {
      parameter.isTrainable = false
    }
  }
}
