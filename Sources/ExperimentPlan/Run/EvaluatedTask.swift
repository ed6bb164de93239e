// Tasks that a finished model can be evaluated on.
import RetortDistillation
import RetortEvaluation
import RetortFiles
import RetortOptions
import RetortTables
import RetortText

/// A built-in task, or one that a definition or a stage of a run has.
public struct EvaluatedTask: Sendable {
  let source: TaskSource
  /// Where its files are looked for.
  private let locations: Locations
  /// Of the examples that the run read whose stage has the task, by their names in its record.
  private let recordedDigests: [String: String]

  private init(
    source: TaskSource, _ locations: Locations, recordedDigests: [String: String] = [:]
  ) {
    (self.source, self.locations) = (source, locations)
    self.recordedDigests = recordedDigests
  }

  /// How a person names one.
  public static let form = "a built-in task, DEF.yaml#TASK or RUN#STAGE"

  /// - Parameter text: `glue/sst2`, `reviews.yaml#reviews` or `Runs/reviews#student`.
  /// - Throws: `EvaluatedTaskError` where nothing has that name; what is wrong with the definition or the run.
  public init(_ text: String, in locations: Locations) throws {
    if let named = BuiltInTasks.named(text) {
      self.init(source: .builtIn(named), locations)
      return
    }
    guard let mark = text.lastIndex(of: "#") else {
      throw EvaluatedTaskError.unknown(text, known: BuiltInTasks.all.map(\.name))
    }
    let (place, name) = (String(text[..<mark]), String(text[text.index(after: mark)...]))
    guard Folder.exists(path: place) || place.hasSuffix(".json") else {
      let loaded = try LoadedDefinition.load(
        path: place, context: DefinitionContext(locations: locations, definitionPath: place))
      let tasks = loaded.definition.taskSources
      guard let task = tasks.first(where: { $0.name == name }) else {
        throw EvaluatedTaskError.notIn(definition: place, name, known: tasks.map(\.name))
      }
      self.init(source: task, locations.startingFrom(definition: place))
      return
    }
    try self.init(of: RunStage(run: place, stage: name), in: locations)
  }

  /// The task that a stage of a run was evaluated on.
  /// - Throws: also where its files are the user's own and the definition, from which their paths start, is not found.
  public init(of stage: RunStage, in locations: Locations) throws {
    guard let task = try stage.planned().stage.work.evaluated else {
      throw EvaluatedTaskError.withoutTask(stage)
    }
    let stages = try RunStages(run: stage.run)
    if case .files(let files) = task.root, stages.definitionFile == nil,
      files.files.all.contains(where: { !$0.hasPrefix("/") })
    {
      throw EvaluatedTaskError.withoutDefinition(stage, stages.definition, task: task.name)
    }
    self.init(
      source: task, stages.definitionFile.map(locations.startingFrom) ?? locations,
      recordedDigests: stages.dataDigests)
  }

  public var name: String { source.name }
  public var kind: TaskKind { source.kind }
  public var isPair: Bool { source.pairColumns != nil }
  private var builtIn: (any BuiltInTask)? {
    if case .builtIn(let named) = source { named.task } else { nil }
  }

  public var isBuiltIn: Bool { builtIn != nil }

  public var splits: [DataSplit] {
    builtIn?.splits ?? [.train, .dev] + (source.hasTest ? [.test] : [])
  }
  /// What is unusual about its splits, in a sentence; nil for nothing.
  public var splitRemark: String? { builtIn?.splitRemark }
  /// Names of tasks that are its other development sets.
  public var furtherNames: [String] { builtIn?.furtherNames ?? [] }

  /// Its files, which no output may replace.
  public var files: [String] {
    switch source.root {
    case .files(let task):
      return task.files.all.map(locations.place)
    case .builtIn(let named):
      let splits = named.task.splits
      return (try? locations.locate(named.task, splits)) ?? []
    case .generated, .part: return []
    }
  }

  /// The examples of a split. Those of a test set of the user's own have labels if its file has a column of them.
  /// - Parameter remark: hears what is to be said of its files.
  /// - Throws: what is missing or wrong.
  public func read(
    _ split: DataSplit, remark: (String) -> Void
  ) throws -> LabelledSentences {
    if let builtIn {
      let examples = try builtIn.read(split, path: locations.locate(builtIn, [split])[0])
      examples.remarks.forEach(remark)
      return examples
    }
    let task = try locations.read(source, remark: remark)
    let part: PreparedData.Task.Part =
      switch split {
      case .train: .train
      case .dev: .dev
      case .test: .test
      }
    let examples = task[part]
    let name = "\(source.name) \(split.rawValue)"
    if let recorded = recordedDigests[name], recorded != examples.digest {
      remark("\(name): its examples are no longer those that the run had; its files have changed")
    }
    guard split == .test, case .files(let files) = source.root else { return examples }
    return try files.labelledTest(classes: task.classNames, in: locations) ?? examples
  }

  /// Predictions as a file: in GLUE's form for its tasks, else numbered rows with the class or the number.
  public func predictionsText(_ result: ClassificationResult, classNames: [String]) -> String {
    source.predictionsText(result, classNames: classNames)
  }
}

public enum EvaluatedTaskError: Error, Sendable, Equatable, CustomStringConvertible {
  case unknown(String, known: [String])
  case notIn(definition: String, String, known: [String])
  case withoutTask(RunStage)
  /// A stage whose definition's file is not where it was.
  case withoutDefinition(RunStage, String?, task: String)

  public var description: String {
    switch self {
    case .unknown(let text, _) where TableFormat(path: text) != nil:
      "'\(text)': expected \(EvaluatedTask.form); a file of labelled rows is the test set of a task: write it in a "
        + "definition under files: { test: … }, and evaluate on DEF.yaml#TASK with --split test"
    case .unknown(let text, let known):
      "'\(text)': expected \(EvaluatedTask.form); \(Spelling.advice(for: text, among: known))"
    case .notIn(let definition, let name, let known):
      "\(definition): no stage is fine-tuned on a task '\(name)'; "
        + Spelling.advice(for: name, among: known)
    case .withoutTask(let stage): "\(stage): the stage was not fine-tuned on a task"
    case .withoutDefinition(let stage, let definition, let task):
      "\(stage): the paths of its task start from \(definition ?? "its definition"), which is not there; write "
        + "--task DEF.yaml#\(task) with the definition's place now"
    }
  }
}
