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
  /// By stage id; 64 hexadecimal digits.
  public let stages: [String: String]

  /// - Parameter wanted: only these stages and what they come from; nil for everything in the plan.
  public init(
    _ plan: ResolvedPlan, _ facts: DigestFacts, stages wanted: [PlannedStage]? = nil
  ) throws(MissingDigest) {
    var making = DigestMaking(plan: plan, facts: facts)
    vocabulary = try making.vocabularyDigest()
    making.vocabulary = vocabulary
    if wanted == nil {
      for model in plan.models { _ = try making.digest(of: .model(model.name)) }
    }
    for stage in wanted ?? plan.stages {
      for input in stage.inputs { _ = try making.digest(of: input) }
      _ = try making.digest(of: .stage(stage.id))
    }
    for input in plan.measuredInputs(with: wanted ?? plan.stages) {
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
      for text in texts { parts.append(try corpus(text)) }
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

  private mutating func stageDigest(_ id: String) throws(MissingDigest) -> String {
    if let known = stages[id] { return known }
    guard let planned = plan.stage(id: id) else { throw MissingDigest(what: id) }
    var inputs: [String] = []
    var data: [String] = []
    for (name, input) in zip(planned.stage.work.inputs, planned.inputs) {
      guard planned.stage.work.reads(role: name.role) else { continue }
      inputs.append(try digest(of: input))
    }
    for text in planned.stage.work.corpus?.texts ?? [] { data.append(try corpus(text)) }
    if let path = planned.stage.work.storePath {
      guard let store = facts.stores[path] else { throw MissingDigest(what: path) }
      data.append(store)
    }
    if let task = planned.stage.work.evaluated {
      guard let digest = facts.tasks[task] else { throw MissingDigest(what: task.name) }
      data.append(digest)
    }
    let value = digest(
      "stage",
      planned.stage.canonicalForDigest(
        inputs: inputs, data: data, versions: planned.stage.versions))
    stages[id] = value
    return value
  }

  private func folder(_ address: ModelAddress) throws(MissingDigest) -> FolderDigests {
    guard let digests = facts.folders[address] else { throw MissingDigest(what: "\(address)") }
    return digests
  }

  private func corpus(_ source: CorpusSource) throws(MissingDigest) -> String {
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
