// Tasks that definitions and commands name without declaring them.

/// A task with published files. A kind of files is a type; every task is in `BuiltInTasks.all`.
public protocol BuiltInTask: Sendable, CustomStringConvertible {
  /// What definitions call it: `glue/sst2`.
  var name: String { get }
  /// What to do to get its files, as advice; "in" and the folder above the first layout's follows.
  var source: String { get }
  /// The forms that its files may have. Where there are several, all have the same examples in the same order, and the
  /// first that is there is read.
  var layouts: [TaskLayout] { get }
  /// The columns of its texts: one, or two for pairs.
  var texts: [String] { get }
  /// The column of its label.
  var label: String { get }
  /// In the order of their numbers. Of a regression the name of its one output.
  var classNames: [String] { get }
  /// As files and servers write them, in the same order; none of a regression.
  var writtenLabels: [String] { get }
  /// The numbers that a regression's labels may be; nil of a classification.
  var scores: ClosedRange<Float>? { get }
  /// Names of the metrics that are reported for it.
  var metrics: [String] { get }
  /// What is unusual about its splits, in a sentence; nil for nothing.
  var splitRemark: String? { get }
  /// Whether the development set is the set that published results are of: what it chooses, it flatters.
  var isEvaluatedOnTest: Bool { get }
  /// Names of tasks with the same training set, on whose development sets its models are evaluated too. Each begins with
  /// the task's own name.
  var furtherNames: [String] { get }

  /// Reads a split.
  /// - Parameter path: of the split's file or folder in one of the layouts.
  func read(_ split: DataSplit, path: String) throws(DataError) -> LabelledSentences
}

/// A folder with a task's files.
public struct TaskLayout: Sendable, Hashable {
  /// Below `data`.
  public let folder: String
  /// Names of files or folders in it, one for each split that the task has.
  public let files: [DataSplit: String]

  public init(folder: String, files: [DataSplit: String]) {
    (self.folder, self.files) = (folder, files)
  }
}

extension BuiltInTask {
  public var kind: TaskKind { scores == nil ? .classification : .regression }
  public var isPair: Bool { texts.count == 2 }
  public var scores: ClosedRange<Float>? { nil }
  public var splitRemark: String? { nil }
  public var isEvaluatedOnTest: Bool { false }
  public var furtherNames: [String] { [] }
  /// The tasks of `furtherNames`.
  public var furtherTasks: [any BuiltInTask] {
    furtherNames.compactMap { BuiltInTasks.named($0)?.task }
  }
  public var splits: [DataSplit] {
    DataSplit.allCases.filter { layouts[0].files[$0] != nil }
  }
  /// A task without is only predicted.
  public var hasTraining: Bool { splits.contains(.train) }
  public var description: String { name }
}

public enum BuiltInTasks {
  /// In the order in which messages name them.
  public static let all: [any BuiltInTask] = GLUETask.all + [IMDbTask()]

  /// The task of that name; nil if there is none.
  public static func named(_ name: String) -> NamedTask? {
    all.first { $0.name == name }.map(NamedTask.init)
  }
}

/// A built-in task, which its name stands for.
public struct NamedTask: Sendable, Hashable, CustomStringConvertible {
  public let task: any BuiltInTask

  public init(_ task: any BuiltInTask) { self.task = task }

  public static func == (a: NamedTask, b: NamedTask) -> Bool { a.task.name == b.task.name }
  public func hash(into hasher: inout Hasher) { hasher.combine(task.name) }
  public var description: String { task.name }
}
