// The examples of a task, from wherever they are.
import RetortFiles
import RetortFormatting
import RetortOptions
import RetortText
import Synchronization

extension Locations {
  /// Reads or makes the examples of a task.
  /// - Parameter remark: hears what is to be said of its files.
  /// - Throws: what is missing or wrong, all of it.
  func read(
    _ source: TaskSource, remark: (String) -> Void = { _ in }
  ) throws -> PreparedData.Task {
    switch source {
    case .builtIn(let named):
      let task = named.task
      let files = try locate(task)
      func read(_ split: DataSplit, _ path: String) throws -> LabelledSentences {
        let sentences = try task.read(split, path: path)
        sentences.remarks.forEach(remark)
        return sentences
      }
      return PreparedData.Task(
        name: source.name, train: try read(.train, files.train), dev: try read(.dev, files.dev),
        test: try files.test.map { try read(.test, $0) },
        further: try zip(source.further, files.further).map { set, path in
          let sentences = try set.task.read(.dev, path: path)
          sentences.remarks.forEach(remark)
          return PreparedData.FurtherSet(name: set.name, dev: sentences)
        })
    case .files(let task):
      let read = try PreparedData.Task(task, task.read(in: self)).selected(task.selection)
      read.remarks.forEach(remark)
      return read
    case .part(let part):
      var task = try read(part.whole, remark: remark)
      task.name = part.name
      for (place, set) in source.further.enumerated() { task.further[place].name = set.name }
      return try task.selected(part.selection)
    case .generated(let name, .filmReviews, let train, let dev, let test, let seed):
      let splits = SentimentGrammar().labelledSentences(counts: [train, dev, test], seed: seed)
      return PreparedData.Task(name: name, train: splits[0], dev: splits[1], test: splits[2])
    }
  }

  /// What a task is read from and is not there: files of the user's own, or the data of a known task, by its name.
  public func absentParts(of source: TaskSource) -> [String] {
    switch source.root {
    case .files(let task): task.files.all.map(place).filter { !Self.exists($0) }
    case .builtIn(let named): (try? locate(named.task)) == nil ? [source.root.name] : []
    case .generated, .part: []
    }
  }

  /// How many training examples a task has, and how they were chosen; nil where its files are not at hand or not right.
  public func known(_ task: TaskSource) -> KnownTask? {
    if let size = task.generatedSize { return KnownTask(size: size) }
    if case .builtIn(let named) = task {
      // What is learned from is enough.
      return (try? locate(named.task)).flatMap { try? named.task.read(.train, path: $0.train) }
        .map { KnownTask(size: DataSize(sequences: $0.count)) }
    }
    guard let read = try? read(task) else { return nil }
    return KnownTask(
      size: DataSize(sequences: read.train.count), lines: read.accounts.flatMap(\.lines))
  }
}

/// What is known of a task whose examples are at hand.
public struct KnownTask: Sendable, Equatable {
  public var size: DataSize
  /// How its training set was made smaller, a line a step; empty where it was not.
  public var lines: [String] = []
}

extension PreparedData.Task {
  /// What makes its figures say less than they seem to, a sentence each.
  fileprivate var remarks: [String] {
    var remarks: [String] = []
    for (examples, words) in [(train, "training"), (dev, "development")] {
      let missing = examples.classesWithoutExamples
      if !missing.isEmpty { remarks.append("\(name): no \(words) example of \(missing.listed)") }
    }
    let shared = dev.countShared(with: train)
    if shared > 0 {
      remarks.append(
        "\(name): \(shared.grouped) of \(dev.count.grouped) development texts are training texts too, so its figures say "
          + "little about new texts")
    }
    return remarks
  }

  /// The task with what a selection leaves of its training set.
  /// - Throws: `LocationError` with everything that cannot be had of its examples.
  func selected(_ selection: TaskSelection) throws(LocationError) -> PreparedData.Task {
    guard !selection.isEmpty else { return self }
    let selected: SelectedExamples
    do throws(TaskSelectionError) {
      selected = try selection.applied(to: train, dev)
    } catch {
      throw LocationError(
        problems: error.problems.map { "tasks.\(name).\($0.key): \($0.text)" })
    }
    var task = self
    task.train = selected.training
    task.dev = selected.development
    task.accounts.append(selected.account)
    return task
  }
}

/// Looks at what tasks' selections ask for, at each once.
final class SelectionLooks: Sendable {
  private let locations: Locations
  private let seen = Mutex<[TaskSource: [TaskSelectionError.Problem]]>([:])
  /// Tasks before their own selection: a sweep's variants differ in that alone.
  private let read = Mutex<[TaskSource: PreparedData.Task?]>([:])

  init(_ locations: Locations) { self.locations = locations }

  func problems(_ task: TaskSource) -> [TaskSelectionError.Problem] {
    if let known = seen.withLock({ $0[task] }) { return known }
    var problems = wholeProblems(task)
    if let selection = task.selection, let whole = whole(of: task) {
      do throws(TaskSelectionError) {
        _ = try selection.applied(to: whole.train, whole.dev)
      } catch {
        problems = error.problems
      }
    }
    seen.withLock { $0[task] = problems }
    return problems
  }

  /// What is wrong with the files of a built-in task that are at hand.
  private func wholeProblems(_ task: TaskSource) -> [TaskSelectionError.Problem] {
    guard case .part(let part) = task, case .builtIn(let named) = part.whole,
      (try? locations.locate(named.task)) != nil, whole(of: task) == nil
    else { return [] }
    do { _ = try locations.read(part.whole) } catch {
      return "\(error)".split(separator: "\n").map { .init(key: "of", text: String($0)) }
    }
    return []
  }

  /// Nil where it is not at hand, or wrong for another reason, which is said elsewhere.
  private func whole(of task: TaskSource) -> PreparedData.Task? {
    let source: TaskSource
    switch task {
    case .part(let part): source = part.whole
    case .files(var files):
      files.selection = TaskSelection()
      source = .files(files)
    case .builtIn, .generated: return nil
    }
    if let known = read.withLock({ $0[source] }) { return known }
    let found = try? locations.read(source)
    read.withLock { $0[source] = .some(found) }
    return found
  }
}
