// Digests of everything a plan reads from files, with all that is missing reported at once.
import RetortFiles
import RetortFormatting
import RetortOptions
import RetortText
import RetortTransformers

extension DigestFacts {
  /// Version of the grammar that generated corpora and tasks come from; raised when its lines change.
  static let grammarVersion = 1

  /// Locates and digests the folders, texts and tasks that the stages `ids` of `plan` need.
  /// - Parameters:
  ///   - ids: of stages of either kind; nil for all.
  ///   - known: what was gathered for other plans, which is not read again and stays in the result.
  /// - Throws: everything that is missing, one line each.
  public static func gather(
    for plan: ResolvedPlan, stages ids: [String]? = nil, in locations: Locations,
    numericsVersion: Int, blasCore: String, beginningWith known: DigestFacts? = nil
  ) throws(LocationError) -> DigestFacts {
    var facts = known ?? DigestFacts(numericsVersion: numericsVersion, blasCore: blasCore)
    var problems: [String] = []
    func attempt(_ work: () throws -> Void) {
      do {
        try work()
      } catch let error as LocationError {
        problems += error.problems
      } catch {
        problems.append("\(error)")
      }
    }
    let steps = ids.map { plan.steps(neededFor: $0) } ?? plan.steps
    for (address, needsWeights) in plan.folders(neededBy: steps) {
      if let known = facts.folders[address], known.weights != nil || !needsWeights { continue }
      attempt {
        facts.folders[address] = try digests(of: address, needsWeights: needsWeights, in: locations)
      }
    }
    for corpus in plan.corpora(neededBy: steps) where facts.corpora[corpus] == nil {
      attempt {
        let digest = try locations.digest(of: corpus)
        // What is wrong with a text that is taken from others shows before the first stage begins.
        do {
          if case .column = corpus { _ = try locations.file(of: corpus) }
          if case .sentences = corpus { _ = try locations.file(of: corpus) }
        } catch  where !(error is LocationError) {
          // The folder that they are written to is the first thing to look at.
          guard let problem = locations.problemWithCache(locations.prepared) else { throw error }
          throw LocationError(problems: [problem])
        }
        facts.corpora[corpus] = digest
      }
    }
    for step in steps {
      if let written = step.training?.stage.work.storePath, facts.stores[written] == nil {
        attempt {
          let path = locations.place(of: written)
          guard Locations.exists(path) else {
            throw LocationError(problems: [
              "\(path): no such activation store; write it with `retort activations DEF --stage "
                + "\(step.id) --out \(path)`"
            ])
          }
          facts.stores[written] = try SHA256.hexDigest(ofFile: path)
        }
      }
      if let task = step.work.taskRead, facts.tasks[task] == nil {
        attempt { facts.tasks[task] = try digest(of: task, in: locations) }
      }
    }
    for task in plan.measures(with: steps.compactMap(\.training)).flatMap(\.measure.tasks)
    where facts.tasks[task] == nil {
      attempt { facts.tasks[task] = try digest(of: task, in: locations) }
    }
    guard problems.isEmpty else { throw LocationError(problems: problems.firstOccurrences) }
    return facts
  }

  private static func digests(
    of address: ModelAddress, needsWeights: Bool, in locations: Locations
  ) throws -> FolderDigests {
    let parts: [ModelFile] =
      needsWeights ? [.configuration, .weights, .vocabulary] : [.configuration, .vocabulary]
    let model = try locations.locate(address, needing: parts)
    if model.isCheckpoint {
      let digest = try SHA256.hexDigest(ofFile: model.path)
      return FolderDigests(
        configuration: digest, vocabulary: digest, weights: digest,
        tokenizer: try StoredModel(path: model.path).tokenizer)
    }
    let tokenizer = try model.tokenizer()
    return FolderDigests(
      configuration: try SHA256.hexDigest(ofFile: model.configuration),
      vocabulary: SHA256.hexDigest(of: tokenizer.vocabulary ?? []),
      weights: needsWeights ? try model.weightForm()?.digest(in: model.path) : nil,
      tokenizer: tokenizer.settings)
  }

  private static func digest(of task: TaskSource, in locations: Locations) throws -> String {
    if let digest = generatedDigest(of: task) { return digest }
    switch task {
    case .files(let task): return try task.digest(in: locations)
    case .generated: preconditionFailure("a task that is made has its digest")
    case .builtIn(let named): return try digest(of: named.task, in: locations)
    case .part(let part):
      // What it asks for and the task does not have shows before the first stage begins.
      _ = try locations.read(task)
      let selection = CanonicalText.write(
        .map(TaskSelection.options.write(part.selection)), sorted: true)
      return SHA256.hexDigest(of: "\(try digest(of: part.whole, in: locations))\n\(selection)")
    }
  }

  /// Of the files; of their examples where the same may come in several forms.
  private static func digest(
    of task: any BuiltInTask, in locations: Locations
  ) throws -> String {
    let files = try locations.locate(task)
    func digest(_ task: any BuiltInTask, _ split: DataSplit, _ path: String) throws -> String {
      task.layouts.count > 1
        ? try task.read(split, path: path).digest : try SHA256.hexDigest(ofFile: path)
    }
    let own = try zip(task.splits, [files.train, files.dev, files.test].compactMap { $0 })
      .map { try digest(task, $0, $1) }
    let further = try zip(task.furtherTasks, files.further).map { try digest($0, .dev, $1) }
    return SHA256.hexDigest(of: (own + further).joined(separator: "\n"))
  }

  /// Nil for a text that is read from a file.
  static func generatedDigest(of corpus: CorpusSource) -> String? {
    guard case .generated = corpus else { return nil }
    return generatedDigest(corpus.canonicalContent)
  }

  /// Nil for a task that is read from files, or a part of one.
  static func generatedDigest(of task: TaskSource) -> String? {
    guard case .generated = task else { return nil }
    return generatedDigest(task.canonicalContent)
  }

  private static func generatedDigest(_ content: CanonicalValue) -> String {
    SHA256.hexDigest(
      of: "grammar version \(grammarVersion)\n" + CanonicalText.write(content, sorted: true))
  }
}

extension ResolvedPlan {
  /// The published folders that stages read, in the definition's order, and whether their weights
  /// are read too. The vocabulary's folder is always among them.
  func folders(neededBy steps: [PlanStep]) -> [(address: ModelAddress, needsWeights: Bool)] {
    var found: [(address: ModelAddress, needsWeights: Bool)] = []
    func add(_ address: ModelAddress, _ needsWeights: Bool) {
      if let index = found.firstIndex(where: { $0.address == address }) {
        found[index].needsWeights = found[index].needsWeights || needsWeights
      } else {
        found.append((address, needsWeights))
      }
    }
    func add(modelNamed name: String, weights: Bool) {
      switch model(named: name)?.source {
      case .folder(let address): add(address, weights)
      case .randomWeights(let address): add(address, false)
      default: break
      }
    }
    for name in modelNames(neededBy: steps) { add(modelNamed: name, weights: true) }
    switch definition.vocabulary.source {
    case .model(let name): add(modelNamed: name, weights: false)
    case .folder(let address): add(address, false)
    case .trained: break
    }
    return found
  }

  /// The texts that stages and the vocabulary read, but those that stages make.
  func corpora(neededBy steps: [PlanStep]) -> [CorpusSource] {
    var found: [CorpusSource] = []
    if case .trained(let texts, _) = definition.vocabulary.source { found += texts }
    for step in steps { found += step.work.texts.flatMap(\.locatable) }
    for measure in measures(with: steps.compactMap(\.training)) { found += measure.text.texts }
    return found.firstOccurrences
  }
}
