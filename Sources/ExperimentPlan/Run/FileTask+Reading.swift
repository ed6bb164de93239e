// The files of a task, read.
import RetortFiles
import RetortOptions
import RetortTables
import RetortText
import Synchronization

extension FileTask {
  /// The examples of a task by split, and its classes.
  struct Tables {
    var train: TaskTable
    var dev: TaskTable
    /// Nil where there is none.
    var test: TaskTable?
    var classes: [String]
  }

  /// The examples of one of the tables.
  fileprivate func sentences(_ table: TaskTable, classes: [String]) throws -> LabelledSentences {
    switch kind {
    case .classification: try table.sentences(classes: classes)
    case .regression: try table.numberedSentences(column: columns.label)
    }
  }

  /// - Throws: what is wrong with its files, or with what it asks of them.
  func read(in locations: Locations) throws -> Tables {
    let tables: Tables
    do { tables = try self.tables(in: locations) } catch let error as SplitProblem {
      throw LocationError(problems: ["tasks.\(name).\(error)"])
    }
    let classes = tables.classes
    let problems =
      metricProblems(withClasses: classes.count).map { "tasks.\(name).metrics: \($0); take it out" }
      + (classWeights?.problems(classes: classes) ?? []).map {
        "tasks.\(name).class_weights: \($0.text); \($0.advice)"
      }
    guard problems.isEmpty else { throw LocationError(problems: problems) }
    return tables
  }

  /// A share that leaves nothing on one side.
  private struct SplitProblem: Error, CustomStringConvertible { let description: String }

  private func tables(in locations: Locations) throws -> Tables {
    let whole = try table(files.train, in: locations)
    let test = try files.test.map { try table($0, in: locations, labels: .ignored) }
    let classes =
      kind == .regression
      ? [] : try writtenClasses ?? whole.foundClasses(column: columns.label)
    if let file = files.dev {
      return Tables(train: whole, dev: try table(file, in: locations), test: test, classes: classes)
    }
    guard let split else { preconditionFailure("a task without a development set") }
    let places = split.places(in: whole)
    guard !places.training.isEmpty, !places.development.isEmpty else {
      throw SplitProblem(
        description: "dev.fraction: expected some examples on both sides, found "
          + "\(places.training.count) to learn from and \(places.development.count) to be evaluated on, of "
          + "\(whole.count) in \(whole.path); write another fraction")
    }
    return Tables(
      train: whole.rows(places.training), dev: whole.rows(places.development), test: test,
      classes: classes)
  }

  /// The test set with its labels; nil where its file has no column of them, or nothing in it.
  /// - Parameter classes: in the order of their numbers.
  func labelledTest(classes: [String], in locations: Locations) throws -> LabelledSentences? {
    guard let file = files.test, let format = format(of: file) else { return nil }
    let reader = try TableReader(path: locations.place(of: file), format: format)
    guard reader.columns.contains(columns.label) else { return nil }
    let test = try table(file, in: locations, labels: .ifWritten)
    guard test.labels != nil else { return nil }
    return try sentences(test, classes: classes)
  }

  private func table(
    _ file: String, in locations: Locations, labels: TaskTable.Labels = .needed
  ) throws -> TaskTable {
    guard let format = format(of: file) else { preconditionFailure("\(file) has no format") }
    return try TaskTable(
      path: locations.place(of: file), format: format, columns: columns, labels: labels)
  }

  /// Of the files' bytes and of how they are read; neither their names nor the metrics are in it. All files are read: what is
  /// wrong in one shows before the first stage begins.
  func digest(in locations: Locations) throws -> String {
    let tables = try read(in: locations)
    _ = try PreparedData.Task(self, tables).selected(selection)
    var parts: [String] = []
    for file in files.all {
      parts.append(try SHA256.hexDigest(ofFile: locations.place(of: file)))
    }
    let reading = Self.options(name).write(self).filter { !["files", "metrics"].contains($0.0) }
    parts.append(CanonicalText.write(.map(reading), sorted: true))
    return SHA256.hexDigest(of: (parts + tables.classes).joined(separator: "\n"))
  }

  /// What its files show. Where there is no training file, the others are not looked for: the data are elsewhere.
  func look(in locations: Locations) -> TaskLook {
    let train = locations.place(of: files.train)
    guard Locations.exists(train) else { return .absent }
    do {
      let tables = try tables(in: locations)
      if kind == .classification, writtenClasses == nil, tables.classes.count < 2 {
        return .unusable([
          "\(train): expected two classes or more in '\(columns.label)', found "
            + "\(tables.classes.listed)"
        ])
      }
      _ = try PreparedData.Task(self, tables)
      return kind == .classification ? .classes(tables.train.classes) : .numbers
    } catch let problem as SplitProblem {
      return .emptySide("\(problem)")
    } catch {
      return .unusable("\(error)".split(separator: "\n").map(String.init))
    }
  }
}

/// Looks at the training files of tasks, at each once.
final class TaskLooks: Sendable {
  private let locations: Locations
  private let seen = Mutex<[FileTask: TaskLook]>([:])

  init(_ locations: Locations) { self.locations = locations }

  func look(_ task: FileTask) -> TaskLook {
    seen.withLock { seen in
      if let known = seen[task] { return known }
      let look = task.look(in: locations)
      seen[task] = look
      return look
    }
  }
}

extension PreparedData.Task {
  init(_ task: FileTask, _ tables: FileTask.Tables) throws {
    self.init(
      name: task.name, train: try task.sentences(tables.train, classes: tables.classes),
      dev: try task.sentences(tables.dev, classes: tables.classes),
      test: try tables.test.map { try task.sentences($0, classes: tables.classes) })
  }
}

extension TaskSource {
  /// Of a part those of the whole.
  var classWeights: ClassWeights? {
    switch self {
    case .files(let task): task.classWeights
    case .part(let part): part.whole.classWeights
    case .builtIn, .generated: nil
    }
  }

  /// The task whose declaration has them.
  private var weightedName: String {
    if case .part(let part) = self { part.whole.weightedName } else { name }
  }

  /// By class, from the training examples; nil where all count alike.
  /// - Throws: `LocationError` where a class has no example that its weight could follow from.
  func weights(of train: LabelledSentences) throws(LocationError) -> [Double]? {
    guard let classWeights, let labels = train.labels else { return nil }
    var counts = [Int](repeating: 0, count: train.classNames.count)
    for label in labels { counts[Int(label)] += 1 }
    if let values = classWeights.values(classes: train.classNames, counts: counts) { return values }
    let missing = zip(train.classNames, counts).filter { $0.1 == 0 }.map(\.0)
    throw LocationError(problems: [
      "tasks.\(weightedName).class_weights: expected an example of each class in the training set, found none of "
        + "\(missing.listed); write the weights by label in place of balanced"
    ])
  }
}
