// The resolved definition written out: a definition again, with nothing left to fill in.
import Options

extension ResolvedDefinition {
  /// The whole definition as YAML; reading it gives an equal definition.
  public var canonicalText: String { CanonicalText.write(canonical, sorted: false) }

  private var canonical: CanonicalValue {
    var entries: [(String, CanonicalValue)] = [
      ("format", .integer(Self.formatVersion)), ("name", .text(name)),
    ]
    if let question { entries.append(("question", .text(question))) }
    if let budget { entries.append(("budget", .text(budget))) }
    entries.append(("seed", .seed(seed)))
    entries.append(("random", .text(random.rawValue)))
    let corpora = generatedCorpora
    if !corpora.isEmpty {
      entries.append(
        (
          "corpora",
          .map(
            corpora.map {
              ($0.name, inheriting("corpora.\($0.name).generated", $0.canonicalContent))
            })
        ))
    }
    let tasks = generatedTasks
    if !tasks.isEmpty {
      entries.append(
        (
          "tasks",
          .map(
            tasks.map { ($0.name, inheriting("tasks.\($0.name).generated", $0.canonicalContent)) })
        ))
    }
    entries.append(("vocabulary", vocabulary.canonical))
    entries.append(
      ("models", .map(models.map { ($0.name, inheriting("models.\($0.name)", $0.canonical)) })))
    entries.append(("stages", .list(stages.map { inheriting("stages.\($0.id)", $0.canonical) })))
    if !baselines.isEmpty {
      entries.append(("baselines", .list(baselines.map { .text($0.rawValue) })))
    }
    if !sweep.isEmpty {
      // Values are kept as canonical text, so they are read back by the same rules.
      entries.append(("sweep", .map(sweep.map { ($0.path, $0.canonicalValues) })))
    }
    if !ablate.isEmpty { entries.append(("ablate", .list(ablate.map { .text($0.rawValue) }))) }
    if !compareWith.isEmpty {
      entries.append(("compare_with", .list(compareWith.map { .text($0) })))
    }
    if let inferencePasses {
      entries.append(("time_inference", .map([("passes", .integer(inferencePasses))])))
    }
    return .map(entries)
  }

  /// Without the seed where it is the experiment's and swept.
  private func inheriting(_ path: String, _ value: CanonicalValue) -> CanonicalValue {
    func withoutSeed(_ value: CanonicalValue) -> CanonicalValue {
      guard case .map(let entries) = value else { return value }
      return .map(entries.filter { $0.0 != "seed" }.map { ($0.0, withoutSeed($0.1)) })
    }
    return inheritedSeeds.contains(path) ? withoutSeed(value) : value
  }

  /// Every text that any stage or the vocabulary reads, in order of first use.
  public var corpusSources: [CorpusSource] {
    var found: [CorpusSource] = []
    if case .trained(let texts, _) = vocabulary.source { found += texts }
    for stage in stages {
      switch stage.work {
      case .pretrain(let options): found += options.corpus.texts
      case .distill(let options): found += options.corpus.texts
      case .finetune: break
      }
    }
    return found.firstOccurrences
  }

  /// Every task that any stage fine-tunes on, in order of first use.
  public var taskSources: [TaskSource] {
    stages.compactMap {
      if case .finetune(let options) = $0.work { return options.task }
      return nil
    }.firstOccurrences
  }

  private var generatedCorpora: [CorpusSource] {
    corpusSources.filter { if case .generated = $0 { true } else { false } }
  }

  private var generatedTasks: [TaskSource] {
    taskSources.filter { if case .generated = $0 { true } else { false } }
  }
}

extension Array where Element: Equatable {
  /// The elements without later repetitions.
  var firstOccurrences: [Element] {
    reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}

extension SweepAxis {
  fileprivate var canonicalValues: CanonicalValue {
    let read = YAMLReading.tree(of: "[" + values.joined(separator: ", ") + "]") { _, _ in
      .standard
    }
    return read.tree?.canonical ?? .list(values.map { .text($0) })
  }
}

extension DefinitionNode {
  var canonical: CanonicalValue {
    switch content {
    case .plain(let text):
      if let whole = Scalars.integer(text) { return .integer(whole) }
      if let number = Scalars.number(text) { return .number(number) }
      if let truth = Scalars.truth(text) { return .truth(truth) }
      return .text(text)
    case .quoted(let text): return .text(text)
    case .list(let items): return .list(items.map(\.canonical))
    case .map(let entries): return .map(entries.map { ($0.key, $0.value.canonical) })
    }
  }
}

extension CorpusSource {
  var canonicalContent: CanonicalValue {
    guard case .generated(_, let grammar, let lines, let seed) = self else { return .text(name) }
    return .map([
      (
        "generated",
        .map([
          ("grammar", .text(grammar.rawValue)), ("lines", .integer(lines)), ("seed", .seed(seed)),
        ])
      )
    ])
  }
}

extension TaskSource {
  var canonicalContent: CanonicalValue {
    guard case .generated(_, let grammar, let train, let dev, let test, let seed) = self else {
      return .text(name)
    }
    return .map([
      (
        "generated",
        .map([
          ("grammar", .text(grammar.rawValue)), ("train", .integer(train)), ("dev", .integer(dev)),
          ("test", .integer(test)), ("seed", .seed(seed)),
        ])
      )
    ])
  }
}

extension VocabularyDefinition {
  var canonical: CanonicalValue {
    let first: (String, CanonicalValue) =
      switch source {
      case .model(let name): ("from", .text(name))
      case .folder(let address): ("from", .text(address.description))
      case .trained(let texts, let size):
        (
          "train",
          .map([
            ("corpus", .list(texts.map { .text($0.name) })), ("size", .integer(size)),
          ])
        )
      }
    return .map([first] + (lowercase.map { [("lowercase", .truth($0))] } ?? []))
  }
}

extension ModelDefinition {
  var canonical: CanonicalValue {
    var entries = source.canonicalEntries
    entries.append(
      (
        "head",
        maskedLMHead.map {
          .map([("kind", .text("masked_lm")), ("init", .text($0.rawValue))])
        } ?? .text("none")
      ))
    if let dropout {
      entries.append(
        (
          "dropout",
          .map([
            ("hidden", .number(dropout.hidden)), ("attention", .number(dropout.attention)),
            ("classifier", .number(dropout.classifier)),
          ])
        ))
    }
    entries.append(("seed", .seed(seed)))
    return .map(entries)
  }
}

extension ModelSource {
  fileprivate var canonicalEntries: [(String, CanonicalValue)] {
    switch self {
    case .folder(let address): [("from", .text(address.description))]
    case .randomWeights(let address):
      [("from", .map([("random", .text(address.description))]))]
    case .scratch(let architecture, let sizes):
      [
        ("architecture", .text(architecture.rawValue)),
        (
          "sizes",
          .map([
            ("hidden_size", .integer(sizes.hiddenSize)),
            ("layer_count", .integer(sizes.layerCount)),
            ("head_count", .integer(sizes.headCount)),
            ("feed_forward_size", .integer(sizes.feedForwardSize)),
            ("maximum_positions", .integer(sizes.maximumPositions)),
            ("initializer_range", .number(sizes.initializerRange)),
            ("layer_norm_epsilon", .number(sizes.layerNormEpsilon)),
          ])
        ),
      ]
    case .layers(let student): student.canonicalEntries
    case .randomStudent(let student): [("random_weights", .truth(true))] + student.canonicalEntries
    }
  }
}

extension StudentSource {
  fileprivate var canonicalEntries: [(String, CanonicalValue)] {
    var entries: [(String, CanonicalValue)] = [
      ("architecture", .text(architecture.rawValue)), ("init_from", .text(of)),
      ("layers", .list(layers.map { .integer($0) })),
    ]
    if let tokenType { entries.append(("token_type", .text(tokenType.rawValue))) }
    return entries
  }
}
