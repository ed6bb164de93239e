// Digests that name what a stage's result depends on, so that equal stages are run once.
import RetortFiles
import RetortOptions
import RetortText
import RetortTransformers

/// A digest that was asked for and not given.
public struct MissingDigest: Error, Sendable, Equatable, CustomStringConvertible {
  public let what: String
  public var description: String { "no digest of \(what): locate the plan's data first" }
}

/// Digests of a plan's stages and of the models they begin from. Names, recipes and checkpoint intervals are not in
/// them; seeds, data, vocabulary, parents, numerics version and BLAS core type are.
public struct PlanDigests: Sendable, Equatable {
  public let vocabulary: String
  public let models: [String: String]
  /// By the id of a stage of either kind; 64 hexadecimal digits.
  public let stages: [String: String]

  /// - Parameter wanted: only these stages and what they come from; nil for everything in the plan.
  public init(
    _ plan: ResolvedPlan, _ facts: DigestFacts, stages wanted: [PlannedStage]
  ) throws(MissingDigest) {
    try self.init(plan, facts, steps: wanted.map { .training($0) })
  }

  /// - Parameter wanted: only these and what they come from; nil for everything in the plan.
  public init(
    _ plan: ResolvedPlan, _ facts: DigestFacts, steps wanted: [PlanStep]? = nil
  ) throws(MissingDigest) {
    var making = DigestMaking(plan: plan, facts: facts)
    vocabulary = try making.vocabularyDigest()
    making.vocabulary = vocabulary
    if wanted == nil {
      for model in plan.models { _ = try making.digest(of: .model(model.name)) }
    }
    for step in wanted ?? plan.steps {
      for input in step.inputs { _ = try making.digest(of: input) }
      _ = try making.stageDigest(step.id)
    }
    for input in plan.measuredInputs(with: (wanted ?? plan.steps).compactMap(\.training)) {
      _ = try making.digest(of: input)
    }
    models = making.models
    stages = making.stages
  }
}

private struct DigestMaking {
  let plan: ResolvedPlan
  let facts: DigestFacts
  var vocabulary = ""
  var models: [String: String] = [:]
  var stages: [String: String] = [:]

  init(plan: ResolvedPlan, facts: DigestFacts) {
    self.plan = plan
    self.facts = facts
  }

  func vocabularyDigest() throws(MissingDigest) -> String {
    let definition = plan.definition.vocabulary
    var parts: [String] = []
    var settings = TokenizerSettings.uncased
    func take(_ address: ModelAddress) throws(MissingDigest) {
      let digests = try folder(address)
      (parts, settings) = ([digests.vocabulary], digests.tokenizer)
    }
    switch definition.source {
    case .folder(let address): try take(address)
    case .model(let name):
      switch plan.model(named: name)?.source {
      case .folder(let address), .randomWeights(let address): try take(address)
      default: throw MissingDigest(what: "the vocabulary of \(name)")
      }
    case .trained(let texts, let size):
      parts = ["\(size)"]
      for text in texts {
        guard let digest = facts.corpora[text] else { throw MissingDigest(what: text.name) }
        parts.append(digest)
      }
    }
    let options = definition.settings(over: settings).options
    var facts: [CanonicalValue] = parts.map { .text($0) } + [.truth(options.lowercase)]
    // As nearly every vocabulary has it, the case says all.
    let usual = TokenizerOptions(
      lowercase: options.lowercase, stripAccents: nil, splitsCJK: true)
    if options != usual { facts.append(.text("\(options)")) }
    return digest("vocabulary", .list(facts))
  }

  mutating func digest(of input: StageInput) throws(MissingDigest) -> String {
    switch input {
    case .model(let name): try modelDigest(name)
    case .stage(let id): try stageDigest(id)
    }
  }

  private mutating func modelDigest(_ name: String) throws(MissingDigest) -> String {
    if let known = models[name] { return known }
    guard let model = plan.model(named: name) else { throw MissingDigest(what: name) }
    var parents: [String] = [vocabulary]
    // What is drawn from the seed depends on it; what is only read does not.
    var drawsWeights = model.maskedLMHead == .new
    var described = model
    switch model.source {
    case .folder(let address):
      let folder = try folder(address)
      guard let weights = folder.weights else { throw MissingDigest(what: "\(address)'s weights") }
      parents += [folder.configuration, weights]
      described.source = .folder(.path(""))
    case .randomWeights(let address):
      parents.append(try folder(address).configuration)
      described.source = .randomWeights(.path(""))
      drawsWeights = true
    case .scratch: drawsWeights = true
    case .layers(var student):
      parents.append(try source(student.of))
      student.of = ""
      described.source = .layers(student)
    case .randomStudent(var student):
      parents.append(try source(student.of))
      student.of = ""
      // Of its width the sizes count alone.
      student.width?.reduction = WidthReduction(by: .truncation, keeping: .first, scale: .none)
      described.source = .randomStudent(student)
      drawsWeights = true
    }
    if !drawsWeights { described.seed = 0 }
    let value = digest(
      "model", .list([described.canonical, .list(parents.map { .text($0) })]))
    models[name] = value
    return value
  }

  private mutating func source(_ name: String) throws(MissingDigest) -> String {
    try digest(of: plan.stage(id: name) != nil ? .stage(name) : .model(name))
  }

  mutating func stageDigest(_ id: String) throws(MissingDigest) -> String {
    if let known = stages[id] { return known }
    guard let step = plan.step(id: id) else { throw MissingDigest(what: id) }
    let work = step.work
    var inputs: [String] = []
    var data: [String] = []
    for (name, input) in zip(work.inputs, step.inputs) {
      guard work.reads(role: name.role) else { continue }
      inputs.append(try digest(of: input))
    }
    for text in work.texts { data.append(try corpus(text)) }
    if let path = step.training?.stage.work.storePath {
      guard let store = facts.stores[path] else { throw MissingDigest(what: path) }
      data.append(store)
    }
    if let task = work.taskRead {
      guard let digest = facts.tasks[task] else { throw MissingDigest(what: task.name) }
      data.append(digest)
    }
    let described =
      switch step {
      case .training(let planned):
        planned.stage.canonicalForDigest(
          inputs: inputs, data: data, versions: planned.stage.versions)
      case .text: work.canonicalForDigest(inputs: inputs, data: data, versions: work.versions)
      }
    let value = digest("stage", described)
    stages[id] = value
    return value
  }

  private func folder(_ address: ModelAddress) throws(MissingDigest) -> FolderDigests {
    guard let digests = facts.folders[address] else { throw MissingDigest(what: "\(address)") }
    return digests
  }

  /// The text of a stage is what the stage computes.
  private mutating func corpus(_ source: CorpusSource) throws(MissingDigest) -> String {
    if case .stage(let id) = source { return try stageDigest(id) }
    if !source.stages.isEmpty, case .sentences(let sentences) = source {
      var texts: [String] = []
      for text in sentences.texts { texts.append(try corpus(text)) }
      return sentences.digest(ofTexts: texts)
    }
    guard let digest = facts.corpora[source] else { throw MissingDigest(what: source.name) }
    return digest
  }

  private func digest(_ kind: String, _ value: CanonicalValue) -> String {
    let text = CanonicalText.write(
      .map([
        ("format", .integer(1)), ("kind", .text(kind)),
        ("numerics", .integer(facts.numericsVersion)), ("blas", .text(facts.blasCore)),
        ("random", .text(plan.definition.random.rawValue)), ("value", value),
      ]), sorted: true)
    return SHA256.hexDigest(of: text)
  }
}
