// The tree of a definition to its value types: top level, vocabulary, corpora, tasks.
import Options

/// Reads a prepared tree. Mistakes are collected; a nil result means that there are some.
final class DefinitionDecoding {
  let context: DefinitionContext
  let collector = DiagnosticCollector()
  /// What is declared, nil where the declaration itself is wrong: then that is the mistake, and not
  /// the name.
  private(set) var corpora: [String: CorpusSource?] = [:]
  private(set) var tasks: [String: TaskSource?] = [:]
  private(set) var defaultSeed: UInt64 = 0
  /// Paths of what takes over the experiment's seed.
  var inheritedSeeds: Set<String> = []

  init(context: DefinitionContext) { self.context = context }

  func definition(of tree: DefinitionNode) -> ResolvedDefinition? {
    guard let top = MapReader(tree, at: "", collector) else { return nil }
    checkFormat(top)
    let name = top.required(
      "name", expected: "a name for runs and results", identifier(top, "name"))
    let question = top.text("question")
    let budget = top.text("budget")
    if let seed = top.required(
      "seed", expected: "a whole number of at least 0", top.integer("seed", atLeast: 0))
    {
      defaultSeed = UInt64(seed)
    }
    let random = top.has("random") ? top.choice("random", RandomSource.self) : .counter
    readNamed(top, "corpora", into: &corpora, corpusSource)
    readNamed(top, "tasks", into: &tasks, taskSource)
    let models = top.required("models", expected: "a map of models", models(top)) ?? []
    let vocabulary = vocabulary(top, models: models)
    let stages = top.required("stages", expected: "a list of stages", stages(top)) ?? []
    let baselines = top.list("baselines") { top.choice($0, "baselines", Baseline.self) } ?? []
    let ablate = top.list("ablate") { top.choice($0, "ablate", Ablation.self) } ?? []
    let compareWith = top.list("compare_with") { reference($0, top) } ?? []
    let sweep = top.map("sweep", sweep) ?? []
    let inferencePasses = top.map("time_inference") { map in
      map.required(
        "passes", expected: "a whole number of at least 1", map.integer("passes", atLeast: 1))
    }
    top.finish()
    guard collector.diagnostics.isEmpty, let name, let random, let vocabulary else { return nil }
    return ResolvedDefinition(
      name: name, question: question, budget: budget, seed: defaultSeed, random: random,
      vocabulary: vocabulary, models: models, stages: stages, baselines: baselines, sweep: sweep,
      ablate: ablate, compareWith: compareWith, inferencePasses: inferencePasses,
      inheritedSeeds: sweep.contains { $0.path == "seed" } ? inheritedSeeds : [])
  }

  /// The seed of a model or a generated text: its own, or the experiment's.
  func seed(_ reader: MapReader) -> UInt64? {
    if reader.has("seed") { return reader.integer("seed", atLeast: 0).map { UInt64($0) } }
    inheritedSeeds.insert(reader.path)
    return defaultSeed
  }

  private func checkFormat(_ top: MapReader) {
    let version = ResolvedDefinition.formatVersion
    guard let node = top.node("format") else {
      return top.reportMissing("format", expected: "\(version)", advice: "write format: \(version)")
    }
    guard top.integer(node, "format", atLeast: 1) != version, case .plain = node.content else {
      return
    }
    top.reportWrong(
      node, "format", expected: "\(version)", advice: "this program reads format \(version)")
  }

  /// A name that can be a folder, a key path and part of a command line.
  func identifier(_ reader: MapReader, _ key: String) -> String? {
    guard let node = reader.node(key) else { return nil }
    return identifier(node, reader, key)
  }

  func identifier(_ node: DefinitionNode, _ reader: MapReader, _ key: String) -> String? {
    if let text = node.scalar, Self.isIdentifier(text) { return text }
    reader.reportWrong(
      node, key, expected: "a name of lower-case letters, digits, - and _, a letter first")
    return nil
  }

  static func isIdentifier(_ text: String) -> Bool {
    guard let first = text.first, first.isASCII, first.isLetter, text.count <= 80 else {
      return false
    }
    return text.allSatisfy {
      $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-" || $0 == "_")
    }
  }

  private func readNamed<Source>(
    _ top: MapReader, _ key: String, into table: inout [String: Source?],
    _ read: (MapReader, String) -> Source?
  ) {
    guard let node = top.node(key), let map = MapReader(node, at: key, collector) else { return }
    for entry in map.ownNames {
      guard Self.isIdentifier(entry.key) else {
        let name = DefinitionNode.text(entry.key, entry.keyOrigin)
        _ = identifier(name, map, entry.key)
        continue
      }
      let reader = MapReader(entry.value, at: "\(key).\(entry.key)", collector)
      table.updateValue(reader.flatMap { read($0, entry.key) }, forKey: entry.key)
      reader?.finish()
    }
  }

  private func grammarSeed(_ reader: MapReader) -> (Grammar, UInt64)? {
    let grammar = reader.required(
      "grammar", expected: Grammar.allCases.map(\.rawValue).joined(separator: " or "),
      reader.choice("grammar", Grammar.self))
    guard let grammar, let seed = seed(reader) else { return nil }
    return (grammar, seed)
  }

  private func corpusSource(_ reader: MapReader, name: String) -> CorpusSource? {
    if reader.has("file") { return reader.text("file").map { .path($0) } }
    return reader.requiring(
      "generated", expected: "generated: {grammar, lines, seed}, or file: path"
    ) {
      reader.map("generated") { map in
        let lines = map.required(
          "lines", expected: "a whole number of at least 1", map.integer("lines", atLeast: 1))
        guard let (grammar, seed) = grammarSeed(map), let lines else { return nil }
        return .generated(name: name, grammar: grammar, lines: lines, seed: seed)
      }
    }
  }

  private func taskSource(_ reader: MapReader, name: String) -> TaskSource? {
    reader.requiring("generated", expected: "generated: {grammar, train, dev, test, seed}") {
      reader.map("generated") { map in
        let size = { (key: String, least: Int) in
          map.required(
            key, expected: "a whole number of at least \(least)", map.integer(key, atLeast: least))
        }
        let (train, dev, test) = (size("train", 1), size("dev", 1), size("test", 0))
        guard let (grammar, seed) = grammarSeed(map), let train, let dev, let test else {
          return nil
        }
        return .generated(
          name: name, grammar: grammar, train: train, dev: dev, test: test, seed: seed)
      }
    }
  }

  /// One entry of a `corpus:` list: a name of `corpora:`, a known corpus, or a path.
  func corpusReference(_ node: DefinitionNode, _ reader: MapReader, _ key: String) -> CorpusSource?
  {
    guard let text = node.scalar, !text.isEmpty else {
      reader.reportWrong(node, key, expected: "a corpus's name or a path")
      return nil
    }
    if let source = corpora[text] { return source }
    if context.knownCorpora.contains(text) { return .named(text) }
    if text.contains("/") || text.hasSuffix(".txt") { return .path(text) }
    let names = corpora.keys.sorted() + context.knownCorpora
    reader.reportWrong(
      node, key, expected: "a known corpus or a path",
      advice: Spelling.advice(for: text, among: names)
        + " A text of your own is a path, or data/corpora/\(text).txt in the cache")
    return nil
  }

  func taskReference(_ node: DefinitionNode, _ reader: MapReader, _ key: String) -> TaskSource? {
    if let text = node.scalar {
      if let source = tasks[text] { return source }
      if text == TaskSource.sst2.name { return .sst2 }
    }
    let names = TaskSource.builtInNames + tasks.keys.sorted()
    reader.reportWrong(
      node, key, expected: "a known task",
      advice: Spelling.advice(for: node.scalar ?? "", among: names))
    return nil
  }

  func address(_ node: DefinitionNode, _ reader: MapReader, _ key: String) -> ModelAddress? {
    if let text = node.scalar, let address = ModelAddress(text) { return address }
    reader.reportWrong(node, key, expected: "hub:owner/name or a path")
    return nil
  }

  private func vocabulary(_ top: MapReader, models: [ModelDefinition]) -> VocabularyDefinition? {
    guard top.has("vocabulary") else {
      let published = models.first {
        switch $0.source {
        case .folder, .randomWeights: true
        default: false
        }
      }
      if let published {
        return VocabularyDefinition(source: .model(published.name), lowercase: nil)
      }
      if !models.isEmpty {
        top.reportMissing(
          "vocabulary", expected: "vocabulary: {train: {corpus: [NAME], size: N}}",
          advice: "no model is read from a folder that has one")
      }
      return nil
    }
    return top.map("vocabulary") { map in
      var lowercase = map.truth("lowercase")
      let source: VocabularySource?
      if let node = map.node("from") {
        source =
          if let name = node.scalar, models.contains(where: { $0.name == name }) {
            .model(name)
          } else {
            address(node, map, "from").map { .folder($0) }
          }
        if let train = map.node("train") {
          map.reportWrong(train, "train", expected: "either 'from' or 'train'")
        }
      } else {
        source = map.requiring("train", expected: "from: MODEL, or train: {corpus, size}") {
          map.map("train") { train in
            let texts = train.requiring("corpus", expected: "a list of corpora") {
              train.list("corpus") { corpusReference($0, train, "corpus") }
            }
            let size = train.required(
              "size", expected: "a whole number of at least 100",
              train.integer("size", atLeast: 100))
            guard let texts, let size else { return nil }
            return .trained(texts: texts, size: size)
          }
        }
      }
      guard let source else { return nil }
      if case .trained = source { lowercase = lowercase ?? true }
      return VocabularyDefinition(source: source, lowercase: lowercase)
    }
  }

  private func reference(_ node: DefinitionNode, _ top: MapReader) -> String? {
    // Published numbers are named after versions too: pytorch-2.4.
    guard let name = node.scalar, Self.isIdentifier(name.filter { $0 != "." }) else {
      top.reportWrong(node, "compare_with", expected: "the name of a file of published numbers")
      return nil
    }
    if let known = context.knownReferences, !known.contains(name) {
      top.reportWrong(
        node, "compare_with", expected: "a name in Experiments/references/",
        advice: Spelling.advice(for: name, among: known))
      return nil
    }
    return name
  }

  private func sweep(_ map: MapReader) -> [SweepAxis]? {
    map.ownNames.compactMap { entry in
      guard let items = entry.value.items, !items.isEmpty else {
        map.reportWrong(entry.value, entry.key, expected: "a list of values")
        return nil
      }
      return SweepAxis(path: entry.key, values: items.map(FilledValues.text))
    }
  }
}
