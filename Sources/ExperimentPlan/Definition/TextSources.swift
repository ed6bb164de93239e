// The texts and tasks of a definition: declared under `corpora:` and `tasks:`, named where they are used.
import RetortEvaluation
import RetortOptions
import RetortText

public enum Grammar: String, Sendable, CaseIterable { case filmReviews = "film_reviews" }

/// A text, one paragraph a line.
public enum CorpusSource: Sendable, Equatable, Hashable {
  /// data/corpora/NAME.txt of the mirror or the cache.
  case named(String)
  case path(String)
  case generated(name: String, grammar: Grammar, lines: Int, seed: UInt64)

  public var name: String {
    switch self {
    case .named(let name), .generated(let name, _, _, _): name
    case .path(let path): path
    }
  }
}

/// A task: sentences or pairs of them with classes or numbers.
public enum TaskSource: Sendable, Equatable, Hashable {
  case glue(GLUETask)
  case generated(name: String, grammar: Grammar, train: Int, dev: Int, test: Int, seed: UInt64)
  case files(FileTask)

  /// Those of GLUE that can be learned.
  public static let builtInNames = GLUETask.all.filter(\.hasTraining).map(\.name)

  public var name: String {
    switch self {
    case .glue(let task): task.name
    case .generated(let name, _, _, _, _, _): name
    case .files(let task): task.name
    }
  }
}

// MARK: - Declared

/// Lines of a text made by a grammar.
private struct GeneratedText: Sendable {
  let grammar: Grammar
  let lines: Int
  let seed: UInt64

  static let options = OptionList(
    GeneratedText.init(grammar:lines:seed:),
    OptionField("grammar", \.grammar, .choice, "What the lines are about."),
    OptionField("lines", \.lines, .integer(atLeast: 1, example: "20_000"), "How many lines."),
    .inheritedSeed(\.seed, "Seed of the lines."))
}

/// Labelled sentences made by a grammar.
private struct GeneratedTask: Sendable {
  let grammar: Grammar
  let train: Int
  let dev: Int
  let test: Int
  let seed: UInt64

  static let options = OptionList(
    GeneratedTask.init(grammar:train:dev:test:seed:),
    OptionField("grammar", \.grammar, .choice, "What the sentences are about."),
    OptionField(
      "train", \.train, .integer(atLeast: 1, example: "4_000"), "Sentences to learn from."),
    OptionField(
      "dev", \.dev, .integer(atLeast: 1, example: "1_000"), "Sentences to be evaluated on."),
    OptionField(
      "test", \.test, .integer(atLeast: 0, example: "500"),
      "Sentences to be predicted without labels."),
    .inheritedSeed(\.seed, "Seed of the sentences."))
}

extension CorpusSource {
  /// A declaration under `name`.
  static func declaration(_ name: String) -> OptionType<CorpusSource> {
    .oneKey([
      OptionAlternative(
        "generated", .map(GeneratedText.options), "A text made by a grammar of the program.",
        make: {
          .generated(name: name, grammar: $0.grammar, lines: $0.lines, seed: $0.seed)
        },
        take: {
          guard case .generated(_, let grammar, let lines, let seed) = $0 else { return nil }
          return GeneratedText(grammar: grammar, lines: lines, seed: seed)
        }),
      OptionAlternative(
        "file", .text("a path", example: "texts/mine.txt"),
        "A file, one paragraph a line; relative to the working directory.",
        make: { .path($0) }, take: { if case .path(let path) = $0 { path } else { nil } }),
    ])
  }

  /// A name of `corpora:`, a known corpus, or a path.
  static let reference = OptionType<CorpusSource>(
    schema: .text(words: "a corpus's name or a path"), example: "movie_reviews",
    standIn: .path(""),
    read: { node, key, map in
      guard let text = node.text, !text.isEmpty else {
        map.reportWrong(node, key, expected: "a corpus's name or a path")
        return nil
      }
      let decoding = map.collector as? DefinitionDecoding
      let known = decoding?.context.knownCorpora ?? []
      if let source = decoding?.corpora[text] { return source ?? .path("") }
      // Where the declarations could not be read, no name leads anywhere.
      if map.collector.mistakes.contains("corpora")
        || map.collector.mistakes.contains("corpora.\(text)")
      {
        return .path("")
      }
      if known.contains(text) { return .named(text) }
      if text.contains("/") || text.hasSuffix(".txt") { return .path(text) }
      let advice = Spelling.advice(
        for: text, among: (decoding?.corpora.keys.sorted() ?? []) + known)
      map.reportWrong(
        node, key, expected: "a known corpus or a path",
        advice: advice + (advice.hasSuffix("?") ? "" : ".")
          + " A text of your own is a path, or data/corpora/\(text).txt in the cache")
      return nil
    }, write: { .text($0.name) })

  static let references = OptionType<[CorpusSource]>.list(
    of: reference, ListRule(least: 1, oneAlone: true), words: "a list of corpora",
    tooFew: "at least one corpus", standIn: [])

  /// Its declaration; its name where it has none.
  var canonicalContent: CanonicalValue {
    guard case .generated(let name, _, _, _) = self else { return .text(name) }
    return Self.declaration(name).write(self)
  }
}

extension TaskSource {
  /// A declaration under `name`: of files, or made.
  static func declaration(_ name: String) -> OptionType<TaskSource> {
    let files = FileTask.declaration(name)
    let made = generated(name)
    return OptionType(
      schema: .forms([
        OptionForm("Examples in files of your own", files.schema),
        OptionForm("Sentences made by a grammar", made.schema),
      ]), words: "{files: …} or {generated: …}",
      example: made.example, standIn: unknown,
      read: { node, key, map in
        node["files"] == nil
          ? made.read(node, key, map) : files.read(node, key, map).map { .files($0) }
      },
      write: { if case .files(let task) = $0 { files.write(task) } else { made.write($0) } })
  }

  /// Stands for one that was refused: nothing is known of its classes.
  static let unknown = TaskSource.files(
    FileTask(
      name: "", files: .init(train: ""), columns: TaskColumns(texts: [""], label: ""),
      metricNames: []))

  private static func generated(_ name: String) -> OptionType<TaskSource> {
    .oneKey([
      OptionAlternative(
        "generated", .map(GeneratedTask.options), "Sentences made by a grammar of the program.",
        make: {
          .generated(
            name: name, grammar: $0.grammar, train: $0.train, dev: $0.dev, test: $0.test,
            seed: $0.seed)
        },
        take: {
          guard case .generated(_, let grammar, let train, let dev, let test, let seed) = $0 else {
            return nil
          }
          return GeneratedTask(grammar: grammar, train: train, dev: dev, test: test, seed: seed)
        })
    ])
  }

  /// A built-in task, or a name of `tasks:`.
  static let reference = OptionType<TaskSource>(
    schema: .text(words: "\(builtInNames.joined(separator: ", ")), or a name of tasks:"),
    example: "glue/sst2",
    standIn: unknown,
    read: { node, key, map in
      let declared = (map.collector as? DefinitionDecoding)?.tasks ?? [:]
      if let text = node.scalar {
        if let source = declared[text] { return source ?? unknown }
        if map.collector.mistakes.contains("tasks")
          || map.collector.mistakes.contains("tasks.\(text)")
        {
          return unknown
        }
        if let task = GLUETask.named(text) {
          if task.hasTraining { return .glue(task) }
          map.report(
            Diagnostic(
              node.origin, map.pathOf(key), expected: "a task to learn from",
              found: "'\(text)', which has no training set",
              advice: "predict it with a finished model: "
                + "retort evaluate --task \(text) --split test --predictions FILE"), key)
          return nil
        }
      }
      map.reportWrong(
        node, key, expected: "a known task",
        advice: Spelling.advice(
          for: node.scalar ?? "", among: TaskSource.builtInNames + declared.keys.sorted()))
      return nil
    }, write: { .text($0.name) })

  /// Its declaration; its name where it has none.
  var canonicalContent: CanonicalValue {
    isDeclared ? Self.declaration(name).write(self) : .text(name)
  }

  /// Whether it stands under `tasks:`.
  var isDeclared: Bool { if case .glue = self { false } else { true } }

  /// The columns of its pairs of texts; nil for single texts.
  var pairColumns: (first: String, second: String)? {
    let names =
      switch self {
      case .files(let task): task.columns.texts
      case .glue(let task): task.test.texts.map(\.name)
      case .generated: [String]()
      }
    return names.count == 2 ? (names[0], names[1]) : nil
  }

  /// Whether there are sentences to be predicted; a task that is made may have none of them.
  var hasTest: Bool {
    if case .files(let task) = self { task.files.test != nil } else { true }
  }

  /// The map that its seed stands in.
  var seedPath: String {
    if case .files = self { "tasks.\(name).dev" } else { "tasks.\(name).generated" }
  }

  /// What is computed at each evaluation besides the loss.
  var metrics: [any Metric.Type] {
    switch self {
    case .files(let task): task.metrics
    case .glue(let task): task.kind.metrics.filter { task.metrics.contains($0.name) }
    case .generated: [Accuracy.self]
    }
  }
}

extension TaskSource {
  var kind: TaskKind {
    switch self {
    case .files(let task): task.kind
    case .glue(let task): task.kind
    case .generated: .classification
    }
  }

  /// Names of the classes in the order of their numbers; nil where they are in a file that is not at hand. Of a
  /// regression the one name of its output.
  var classNames: [String]? {
    switch self {
    case .files(let task): task.classNames
    case .glue(let task): task.classNames
    case .generated(_, .filmReviews, _, _, _, _): SentimentGrammar.classNames
    }
  }
}
