// A task whose examples are in files of the user's own.
import RetortDistillation
import RetortEvaluation
import RetortOptions
import RetortTables
import RetortText

/// Texts or pairs of texts and their labels, in columns of table files.
public struct FileTask: Sendable, Hashable {
  /// Paths as they are written.
  struct Files: Sendable, Hashable {
    var train: String
    /// Nil where the development set is a part of the training set.
    var dev: String?
    var test: String?

    var all: [String] { [train, dev, test].compactMap { $0 } }
  }

  var name: String
  var files: Files
  /// Nil for what each file's name says.
  var format: TableFormat?
  var columns: TaskColumns
  var kind: TaskKind = .classification
  /// As they are written, in the order of their numbers.
  var writtenClasses: [String]?
  /// What the development set is where it has no file.
  var split: DevelopmentSplit?
  /// What it takes of its training set, once the development set is taken from it.
  var selection = TaskSelection()
  /// Nil where all classes count alike.
  var classWeights: ClassWeights?
  /// Names of metrics, those that are standard for the kind if nothing is said.
  var metricNames: [String]
  /// The labels that the training file has, where it was looked at.
  var foundClasses: [String]?

  /// Names of the classes in the order of their numbers; nil where they are not written and the file is not at hand. Of
  /// a regression the one name of its output.
  var classNames: [String]? {
    kind == .regression ? [TaskKind.numberName] : writtenClasses ?? foundClasses
  }

  var metrics: [any Metric.Type] { Metrics.all.filter { metricNames.contains($0.name) } }

  /// Which of its metrics cannot be had of its labels.
  /// - Parameter count: of the classes of a classification; nil where it is not known.
  func metricProblems(withClasses count: Int?) -> [String] {
    metrics.compactMap { kind.problem(with: $0, classCount: count) }
  }

  /// The format of one of the files; nil if it is not written and the name does not say it.
  func format(of file: String) -> TableFormat? { format ?? TableFormat(path: file) }
}

// MARK: - Declared

extension FileTask {
  /// Nil where they are the standard ones.
  private var writtenMetrics: [String]? {
    metricNames == Self.standardMetrics(kind) ? nil : metricNames
  }

  private static func standardMetrics(_ kind: TaskKind) -> [String] {
    kind.standardMetrics.map { $0.name }
  }

  private static let filesType = OptionType<Files>.map(
    OptionList(
      Files.init(train:dev:test:),
      OptionField(
        "train", \.train, .text("a path", example: "data/train.csv"),
        "The file with the examples to learn from; relative to the definition."),
      OptionField(
        optional: "dev", \.dev, .text("a path", example: "data/dev.csv"),
        "The file with the examples that models are evaluated on. Either this or the task's `dev`."),
      OptionField(
        optional: "test", \.test, .text("a path", example: "data/test.csv"),
        "A file with examples to be predicted by the kept model. It needs no labels, and they are not used."
      )))

  private static let textType: OptionType<[String]> = {
    let columns = OptionType<[String]>.list(
      of: .text("a column's name", example: "review"),
      ListRule(least: 1, most: 2, isDistinct: true, oneAlone: true),
      words: "a column's name, or a list of the two columns of a pair", standIn: [""]
    )
    return OptionType(
      schema: columns.schema, words: columns.words, example: "review", standIn: columns.standIn,
      read: columns.read, write: { $0.count == 1 ? .text($0[0]) : columns.write($0) })
  }()

  private static let splitType = OptionType<DevelopmentSplit>.map(
    OptionList(
      { DevelopmentSplit(fraction: $0, seed: $1, isStratified: $2) },
      OptionField(
        "fraction", \.fraction, .number(.openFraction, example: "0.1"), "Share of the examples."),
      .inheritedSeed(\.seed, "Seed of the choice."),
      OptionField(
        "stratified", \.isStratified, .truth, otherwise: true,
        "Whether the share is taken of each class; a regression has none.")))

  /// A class as it stands in a file: a word or a number.
  private static let classType = OptionType<String>(
    schema: .anything(words: "a label"), example: "good",
    read: { node, key, map in
      if let text = node.scalar, !text.isEmpty { return text }
      map.reportWrong(node, key, expected: "a label as it stands in the file")
      return nil
    }, write: { .text($0) })

  private static let classesType = OptionType<[String]>.list(
    of: classType, ListRule(least: 2, isDistinct: true), words: "a list of labels",
    tooFew: "two classes or more"
  )
  .described(example: "[bad, good]")

  private static let metricsType = OptionType<[String]>.list(
    of: .choice(among: Metrics.all.map { $0.name }, name: { $0 }),
    ListRule(least: 1, isDistinct: true), words: "a list of metrics", tooFew: "at least one metric"
  )
  .described(example: "[accuracy, f1_macro]")

  /// The keys of a declaration under `name`.
  static func options(_ name: String) -> OptionList<FileTask> {
    OptionList(
      { files, format, texts, label, classes, split, kind, classWeights, metrics, selection in
        FileTask(
          name: name, files: files, format: format,
          columns: TaskColumns(texts: texts, label: label), kind: kind, writtenClasses: classes,
          split: split, selection: selection, classWeights: classWeights,
          metricNames: metrics ?? standardMetrics(kind))
      },
      OptionField("files", \.files, filesType, "Where the examples are."),
      OptionField(
        optional: "format", \.format, .choice,
        "csv (RFC 4180), tsv (quotation marks have no meaning), jsonl (one JSON object per line) or parquet. Default: "
          + "by the ending of each file's name."),
      OptionField(
        "text", \.columns.texts, textType,
        "The column of the texts, or a list of two columns for pairs: `[premise, hypothesis]`."),
      OptionField(
        "label", \.columns.label, .text("a column's name", example: "stars"),
        "The column of the labels: words or numbers. A regression needs numbers."),
      OptionField(
        optional: "classes", \.writtenClasses, classesType,
        "The labels in the order of their class numbers. Default: those of the training file, sorted. Not "
          + "allowed for a regression."
      ),
      OptionField(
        optional: "dev", \.split, splitType,
        "Takes the development set from the training file; equal texts stay together. Either this or files.dev."
      ),
      OptionField(
        "kind", \.kind, .choice, otherwise: .classification,
        "classification, or regression if the labels are numbers; the model then has one output."
      ),
      OptionField(
        optional: "class_weights", \.classWeights, ClassWeights.type,
        "How much each class counts in the cross-entropy that is trained on: the weighted mean of torch's "
          + "CrossEntropyLoss(weight). balanced: n / (K * count of the class) of the training examples, as in scikit-learn. "
          + "The validation loss and the metrics are not weighted. Not allowed for a regression."
      ),
      OptionField(
        optional: "metrics", \.writtenMetrics, metricsType,
        "What is computed at each evaluation besides the loss. Default: accuracy; for a regression "
          + "\(standardMetrics(.regression).joined(separator: " and "))."),
      OptionField(\.selection, TaskSelection.options))
  }

  /// A declaration under `name`, and whether what it names is right as far as it is at hand.
  static func declaration(_ name: String) -> OptionType<FileTask> {
    let type = OptionType<FileTask>.map(options(name), oneOf: ["files.dev", "dev"])
    return OptionType(
      schema: type.schema, words: type.words, example: type.example, standIn: type.standIn,
      read: { node, key, map in
        guard var task = type.read(node, key, map) else { return nil }
        guard !map.collector.mistakes.touch(map.pathOf(key)) else { return task }
        // Numbers are no classes that a share could be taken of.
        if task.kind == .regression { task.split?.isStratified = false }
        task.checkFiles(node, key, map)
        task.checkKind(node, key, map)
        guard !map.collector.mistakes.touch(map.pathOf(key)),
          let decoding = map.collector as? DefinitionDecoding
        else { return task }
        switch decoding.context.lookAtTask(task) {
        case .absent: break
        case .classes(let classes):
          task.foundClasses = classes
          if task.writtenClasses == nil { task.checkWeights(of: classes, node, key, map) }
          task.checkMetrics(withClasses: (task.classNames ?? []).count, node, key, map)
        case .numbers: break
        case .emptySide(let problem):
          map.report(
            Diagnostic(
              node["dev"]?["fraction"]?.origin ?? node.origin, "\(map.pathOf(key)).\(problem)"),
            "\(key).dev")
        case .unusable(let problems):
          for problem in problems {
            map.report(Diagnostic(node.origin, "\(map.pathOf(key)): \(problem)"), key)
          }
        }
        task.selection.check(.files(task), node, key, map)
        return task
      }, write: type.write)
  }

  /// What a regression has no use for, and metrics of another kind.
  private func checkKind(_ node: DefinitionNode, _ key: String, _ map: MapReader) {
    if kind == .regression, writtenClasses != nil {
      map.report(
        Diagnostic(
          node["classes"]?.origin ?? node.origin,
          "\(map.pathOf(key)).classes: a regression has none",
          advice: "take it out, or write kind: classification"), "\(key).classes")
    }
    if kind == .regression, classWeights != nil {
      map.report(
        Diagnostic(
          node["class_weights"]?.origin ?? node.origin,
          "\(map.pathOf(key)).class_weights: a regression has no classes",
          advice: "take it out, or write kind: classification"), "\(key).class_weights")
    }
    if let writtenClasses { checkWeights(of: writtenClasses, node, key, map) }
    checkMetrics(withClasses: nil, node, key, map)
  }

  private func checkWeights(
    of classes: [String], _ node: DefinitionNode, _ key: String, _ map: MapReader
  ) {
    for problem in classWeights?.problems(classes: classes) ?? [] {
      let origin = node["class_weights"]?[problem.name]?.origin ?? node.origin
      map.report(
        Diagnostic(
          origin, "\(map.pathOf(key)).class_weights: \(problem.text)", advice: problem.advice),
        "\(key).class_weights")
    }
  }

  private func checkMetrics(
    withClasses count: Int?, _ node: DefinitionNode, _ key: String, _ map: MapReader
  ) {
    for problem in metricProblems(withClasses: count) {
      map.report(
        Diagnostic(
          node["metrics"]?.origin ?? node.origin, "\(map.pathOf(key)).metrics: \(problem)",
          advice: "take it out, or use \(kind.metricAdvice)"), "\(key).metrics")
    }
  }

  private func checkFiles(_ node: DefinitionNode, _ key: String, _ map: MapReader) {
    if (files.dev == nil) == (split == nil) {
      map.report(
        Diagnostic(
          node.origin, map.pathOf(key),
          expected: "a development set: files.dev, or dev with a fraction",
          found: split == nil ? "neither" : "both"), key)
    }
    if columns.texts.contains(columns.label) {
      map.report(
        Diagnostic(
          node["label"]?.origin ?? node.origin, "\(map.pathOf(key)).label",
          expected: "another column than those of the texts", found: "'\(columns.label)'",
          advice: "the answer would be in the text"), "\(key).label")
    }
    for file in files.all
    where format(of: file) == nil {
      map.report(
        Diagnostic(
          node.origin, "\(map.pathOf(key)).format",
          expected: TableFormat.allCases.map(\.rawValue).joined(separator: " or "),
          found: "nothing, and '\(file)' does not end in one of them"), "\(key).format")
    }
  }
}

/// What looking at a task's training file shows.
public enum TaskLook: Sendable, Equatable {
  case absent
  /// The labels that occur, sorted.
  case classes([String])
  /// Labels of a regression.
  case numbers
  /// It cannot be used; one line each.
  case unusable([String])
  /// The share that becomes the development set leaves nothing on one side.
  case emptySide(String)
}

extension TaskKind {
  /// Metrics that can be had of any such task, for advice.
  var metricAdvice: String {
    let names: [any Metric.Type] =
      self == .classification ? [MacroF1.self, MatthewsCorrelation.self] : metrics
    return names.map { $0.name }.joined(separator: " or ")
  }
}
