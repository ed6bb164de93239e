// Where the files of tasks and texts are looked for.
import RetortFiles
import RetortText

/// The files of a built-in task.
public struct LocatedTask: Sendable, Equatable {
  public let train: String
  public let dev: String
  /// Nil for a task without a test set.
  public let test: String?
  /// The development sets of its `furtherTasks`, in their order.
  public let further: [String]
}

extension Locations {
  /// Finds the files of a task that can be learned, in the first folder that there is for it.
  /// - Throws: as `locate(_:_:)`.
  public func locate(_ task: any BuiltInTask) throws(LocationError) -> LocatedTask {
    let splits = task.splits
    let paths = try locate(task, splits, furtherOnes: true)
    return LocatedTask(
      train: paths[0], dev: paths[1], test: splits.count > 2 ? paths[2] : nil,
      further: Array(paths[splits.count...]))
  }

  /// Finds files of a task, in the first folder that there is for it.
  /// - Parameters:
  ///   - splits: that the task has.
  ///   - furtherOnes: whether the development sets of its `furtherTasks`, which are in the same folder, are wanted too.
  /// - Returns: their paths, in the same order, the further ones last.
  /// - Throws: also where that folder lacks a file and another has it: these would be other data than those that
  ///   somebody has put there.
  public func locate(
    _ task: any BuiltInTask, _ splits: [DataSplit], furtherOnes: Bool = false
  ) throws(LocationError) -> [String] {
    let candidates = roots.flatMap { root in
      task.layouts.map { (folder: "\(root)/data/\($0.folder)", layout: $0) }
    }
    guard let (folder, layout) = candidates.first(where: { Folder.exists(path: $0.folder) }) else {
      let searched = candidates.map { "\($0.folder): no such folder" }.joined(separator: "; ")
      let named = task.layouts.map { "data/\($0.folder)" }
      throw LocationError(problems: [
        "\(task.name) was not found (\(searched)); \(task.source) in "
          + "\(cache)/\(Folder.parent(of: named[0]) ?? "data"), or set RETORT_MIRROR to a folder that has "
          + named.joined(separator: " or ")
      ])
    }
    let further = furtherOnes ? task.furtherTasks : []
    let names =
      splits.compactMap { layout.files[$0] }
      + further.compactMap { other in
        other.layouts.first { $0.folder == layout.folder }?.files[.dev]
      }
    precondition(
      names.count == splits.count + further.count, "\(task.name) does not have all of \(splits)")
    let missing = names.filter { !Self.exists("\(folder)/\($0)") }
    guard missing.isEmpty else {
      throw LocationError(problems: [
        "\(folder): expected \(names.joined(separator: ", ")), found no "
          + "\(missing.joined(separator: ", no ")); put what is missing there, or remove the folder"
          + (candidates.last?.folder == folder ? "" : " so that the one in RETORT_MIRROR is used")
      ])
    }
    return names.map { "\(folder)/\($0)" }
  }

  /// Finds a corpus's file. Generated ones have none.
  public func locate(_ corpus: CorpusSource) throws(LocationError) -> String {
    switch corpus {
    case .path(let written):
      let path = place(of: written)
      guard Self.exists(path) else {
        throw LocationError(problems: ["\(path): no such text; check the path in 'corpus:'"])
      }
      return path
    case .named(let name):
      let paths = roots.map { "\($0)/data/corpora/\(name).txt" }
      if let path = paths.first(where: Self.exists) { return path }
      throw LocationError(problems: [
        "corpus \(name): none of \(paths.joined(separator: ", ")); put the text there, one paragraph "
          + "a line, or set RETORT_MIRROR to a folder that has data/corpora/\(name).txt"
      ])
    case .column(_, let path, _): return try locate(.path(path))
    case .generated, .sentences, .stage:
      preconditionFailure("the corpus \(corpus.name) is made, not located")
    }
  }

  /// Names that a definition may give to corpora without defining them.
  public var knownCorpora: [String] {
    let found = roots.flatMap { root -> [String] in
      let names = (try? Folder.names(path: "\(root)/data/corpora")) ?? []
      return names.filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }
    }
    return Set(found + DefinitionContext.usualCorpora).sorted()
  }
}
