// The tasks of a definition: declared under `tasks:`, named where they are used.
import RetortEvaluation
import RetortOptions
import RetortText

/// A task: sentences or pairs of them with classes or numbers.
public indirect enum TaskSource: Sendable, Equatable, Hashable {
  case builtIn(NamedTask)
  case generated(name: String, grammar: Grammar, train: Int, dev: Int, test: Int, seed: UInt64)
  case files(FileTask)
  case part(TaskPart)

  /// Those that can be learned.
  public static let builtInNames = BuiltInTasks.all.filter(\.hasTraining).map(\.name)

  public var name: String {
    switch self {
    case .builtIn(let named): named.task.name
    case .generated(let name, _, _, _, _, _): name
    case .files(let task): task.name
    case .part(let part): part.name
    }
  }
}

/// A task with fewer training examples than another one has.
public struct TaskPart: Sendable, Hashable {
  var name: String
  var whole: TaskSource
  var selection: TaskSelection
}

// MARK: - Declared

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

extension TaskPart {
  /// The keys of a declaration under `name`.
  private static func options(_ name: String) -> OptionList<TaskPart> {
    OptionList(
      { TaskPart(name: name, whole: $0, selection: $1) },
      OptionField(
        "of", \.whole, TaskSource.reference,
        "The task whose training set is made smaller: a built-in task, or a name of `tasks:` that stands above. "
          + "Its test set, its classes, their weights and its metrics stay."),
      OptionField(\.selection, TaskSelection.options))
  }

  static func declaration(_ name: String) -> OptionType<TaskPart> {
    let type = OptionType<TaskPart>.map(options(name))
    return OptionType(
      schema: type.schema, words: type.words,
      example: "{ of: glue/sst2, labels: "
        + "{ count: 1000, unit: sentences, seed: 7 } }", standIn: type.standIn,
      read: { node, key, map in
        guard let part = type.read(node, key, map) else { return nil }
        guard !map.collector.mistakes.touch(map.pathOf(key)) else { return part }
        if part.selection.isEmpty {
          map.report(
            Diagnostic(
              node.origin, map.pathOf(key), expected: "labels or hold_out", found: "neither",
              advice: "name \(part.whole.name) itself where the whole task is meant"), key)
        }
        part.selection.check(TaskSource.part(part), node, key, map)
        return part
      }, write: type.write)
  }
}

extension TaskSource {
  /// A declaration under `name`: of files, of a part of another task, or made.
  static func declaration(_ name: String) -> OptionType<TaskSource> {
    let files = FileTask.declaration(name)
    let part = TaskPart.declaration(name)
    let made = generated(name)
    return OptionType(
      schema: .forms([
        OptionForm("Examples in files of your own", files.schema),
        OptionForm("A part of another task's training set", part.schema),
        OptionForm("Sentences made by a grammar", made.schema),
      ]), words: "{files: …}, {of: …} or {generated: …}",
      example: made.example, standIn: unknown,
      read: { node, key, map in
        if node["files"] != nil { return files.read(node, key, map).map { .files($0) } }
        if node["of"] != nil { return part.read(node, key, map).map { .part($0) } }
        return made.read(node, key, map)
      },
      write: {
        switch $0 {
        case .files(let task): files.write(task)
        case .part(let task): part.write(task)
        case .builtIn, .generated: made.write($0)
        }
      })
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
        if let named = BuiltInTasks.named(text) {
          if named.task.hasTraining { return .builtIn(named) }
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
  var isDeclared: Bool { if case .builtIn = self { false } else { true } }

  /// The task, with those that it is a part of before it.
  var withWholes: [TaskSource] {
    if case .part(let part) = self { part.whole.withWholes + [self] } else { [self] }
  }

  /// The task that it is a part of, or it itself: examples of both mean the same.
  var root: TaskSource { withWholes[0] }

  /// What it takes of its own training set.
  var selection: TaskSelection? {
    switch self {
    case .files(let task): task.selection
    case .part(let part): part.selection
    case .builtIn, .generated: nil
    }
  }

  /// Whether it takes less than all of a training set.
  public var hasSelection: Bool { selection.map { !$0.isEmpty } ?? false }

  /// The columns of its pairs of texts; nil for single texts.
  var pairColumns: (first: String, second: String)? {
    let names =
      switch self {
      case .files(let task): task.columns.texts
      case .builtIn(let named): named.task.texts
      case .generated: [String]()
      case .part(let part):
        part.whole.pairColumns.map { [$0.first, $0.second] } ?? []
      }
    return names.count == 2 ? (names[0], names[1]) : nil
  }

  /// Whether there are sentences to be predicted; a task that is made may have none of them.
  var hasTest: Bool {
    switch self {
    case .files(let task): task.files.test != nil
    case .builtIn(let named): named.task.splits.contains(.test)
    case .generated: true
    case .part(let part): part.whole.hasTest
    }
  }

  /// What is computed at each evaluation besides the loss.
  var metrics: [any Metric.Type] {
    switch self {
    case .files(let task): task.metrics
    case .builtIn(let named):
      named.task.kind.metrics.filter { named.task.metrics.contains($0.name) }
    case .generated: [Accuracy.self]
    case .part(let part): part.whole.metrics
    }
  }

  /// A task on whose development set its models are evaluated too, with the weights that are kept, and what that set is
  /// called. Of a part of a task its name stands in the place of the whole's.
  struct FurtherSet {
    var name: String
    let task: any BuiltInTask
  }

  var further: [FurtherSet] {
    switch self {
    case .builtIn(let named):
      named.task.furtherTasks.map { FurtherSet(name: $0.name, task: $0) }
    case .part(let part):
      part.whole.further.map {
        FurtherSet(name: name + $0.name.dropFirst(part.whole.name.count), task: $0.task)
      }
    case .files, .generated: []
    }
  }

  var kind: TaskKind {
    switch self {
    case .files(let task): task.kind
    case .builtIn(let named): named.task.kind
    case .generated: .classification
    case .part(let part): part.whole.kind
    }
  }

  /// Names of the classes in the order of their numbers; nil where they are in a file that is not at hand. Of a
  /// regression the one name of its output.
  var classNames: [String]? {
    switch self {
    case .files(let task): task.classNames
    case .builtIn(let named): named.task.classNames
    case .generated(_, .filmReviews, _, _, _, _): SentimentGrammar.classNames
    case .part(let part): part.whole.classNames
    }
  }

  /// What is to be known of its splits, for an explanation.
  var details: [String] {
    switch self {
    case .builtIn(let named):
      [named.task.splitRemark].compactMap { $0 }
        + further.map { "the weights that are kept are evaluated on \($0.name) dev too" }
    case .part(let part):
      part.whole.details + ["\(name): of \(part.whole.name), \(part.selection.words)"]
    case .files(let task): task.selection.isEmpty ? [] : ["\(name): \(task.selection.words)"]
    case .generated: []
    }
  }
}
