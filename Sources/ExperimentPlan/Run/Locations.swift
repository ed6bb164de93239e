// Where models, data and finished stages are looked for: the cache and the mirror.
import Foundation
import RetortFiles
import RetortText

/// Something that a plan needs and that is not where it could be; all of it at once.
public struct LocationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One line each: what is missing, where it was looked for, how to get it.
  public let problems: [String]

  public init(problems: [String]) { self.problems = problems }

  public var description: String { problems.joined(separator: "\n") }
}

/// The folders that `RETORT_CACHE` and `RETORT_MIRROR` name. Both are laid out alike:
/// `hub/<owner>/<name>/<file>`, `data/glue/<TASK>/*.tsv`, `data/corpora/*.txt`.
public struct Locations: Sendable, Equatable {
  public let cache: String
  public let mirror: String?

  public init(cache: String, mirror: String?) {
    self.cache = cache
    self.mirror = mirror
  }

  /// - Parameter environment: `RETORT_CACHE` (default `~/.cache/retort`) and `RETORT_MIRROR`.
  public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    let set = { (name: String) in environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let home = set("HOME") ?? "."
    cache = set("RETORT_CACHE") ?? "\(set("XDG_CACHE_HOME") ?? "\(home)/.cache")/retort"
    mirror = set("RETORT_MIRROR")
  }

  /// The folders in which things are looked for, in that order.
  public var roots: [String] { [cache] + (mirror.map { [$0] } ?? []) }

  /// Finished stages.
  public var stages: String { "\(cache)/stages" }

  /// Tokenised corpora and generated data.
  public var prepared: String { "\(cache)/prepared" }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}

// MARK: Models

/// A folder of the published form, or a checkpoint of ours.
public struct LocatedModel: Sendable, Equatable {
  /// The folder, or the checkpoint file.
  public let path: String
  public let isCheckpoint: Bool

  public var configuration: String { "\(path)/config.json" }
  public var weights: String { "\(path)/model.safetensors" }
  public var vocabulary: String { "\(path)/vocab.txt" }
}

/// A file of a model's folder.
public enum ModelFile: String, Sendable, CaseIterable {
  case configuration = "config.json"
  case weights = "model.safetensors"
  case vocabulary = "vocab.txt"
}

extension Locations {
  /// Finds a model's folder with all the files that are needed.
  /// - Throws: what is missing, in which folders, and how to get it.
  public func locate(
    _ address: ModelAddress, needing parts: [ModelFile] = ModelFile.allCases
  ) throws(LocationError) -> LocatedModel {
    let folders = candidateFolders(address)
    if case .path(let path) = address, path.hasSuffix(".h5") {
      guard Self.exists(path) else {
        throw LocationError(problems: ["\(path): no such checkpoint; check the path"])
      }
      return LocatedModel(path: path, isCheckpoint: true)
    }
    var problems: [String] = []
    for folder in folders {
      guard Folder.exists(path: folder) else {
        problems.append("\(folder): no such folder")
        continue
      }
      let missing = parts.filter { !Self.exists("\(folder)/\($0.rawValue)") }
      if missing.isEmpty { return LocatedModel(path: folder, isCheckpoint: false) }
      problems.append("\(folder): no \(missing.map(\.rawValue).joined(separator: ", no "))")
    }
    throw LocationError(problems: [
      "\(address) is not complete (\(problems.joined(separator: "; "))); \(advice(address, parts))"
    ])
  }

  private func candidateFolders(_ address: ModelAddress) -> [String] {
    switch address {
    case .hub(let owner, let name): roots.map { "\($0)/hub/\(owner)/\(name)" }
    case .path(let path): [path]
    }
  }

  private func advice(_ address: ModelAddress, _ parts: [ModelFile]) -> String {
    let files = parts.map(\.rawValue).joined(separator: ", ")
    guard case .hub(let owner, let name) = address else {
      return "a model's folder holds \(files)"
    }
    return "download \(files) from https://huggingface.co/\(owner)/\(name)/tree/main into "
      + "\(cache)/hub/\(owner)/\(name), or set RETORT_MIRROR to a folder that has hub/\(owner)/\(name)"
  }
}

// MARK: Data

/// The files of a GLUE task.
public struct LocatedTask: Sendable, Equatable {
  public let train: String
  public let dev: String
  public let test: String
}

extension Locations {
  /// Finds the three files of a task that can be learned, in the first folder that there is for it.
  /// - Throws: as of some files.
  public func locate(_ task: GLUETask) throws(LocationError) -> LocatedTask {
    let paths = try locate(task, [.train, .dev, .test])
    return LocatedTask(train: paths[0], dev: paths[1], test: paths[2])
  }

  /// Finds files of a task, in the first folder that there is for it.
  /// - Parameter splits: that the task has.
  /// - Returns: their paths, in the same order.
  /// - Throws: also where that folder lacks a file and another has it: these would be other data than those that
  ///   somebody has put there.
  public func locate(
    _ task: GLUETask, _ splits: [DataSplit]
  ) throws(LocationError) -> [String] {
    let names = splits.compactMap { task.files[$0]?.name }
    precondition(names.count == splits.count, "\(task.name) does not have all of \(splits)")
    let folders = roots.map { "\($0)/data/glue/\(task.folder)" }
    guard let folder = folders.first(where: Folder.exists) else {
      let searched = folders.map { "\($0): no such folder" }.joined(separator: "; ")
      throw LocationError(problems: [
        "\(task.name) is not there (\(searched)); \(task.source) in \(cache)/data/glue, or "
          + "set RETORT_MIRROR to a folder that has data/glue/\(task.folder)"
      ])
    }
    let missing = names.filter { !Self.exists("\(folder)/\($0)") }
    guard missing.isEmpty else {
      throw LocationError(problems: [
        "\(folder): expected \(names.joined(separator: ", ")), found no "
          + "\(missing.joined(separator: ", no ")); put what is missing there, or remove the folder"
          + (folders.last == folder ? "" : " so that the one in RETORT_MIRROR is used")
      ])
    }
    return names.map { "\(folder)/\($0)" }
  }

  /// Finds a corpus's file. Generated ones have none.
  public func locate(_ corpus: CorpusSource) throws(LocationError) -> String {
    switch corpus {
    case .path(let path):
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
    case .generated(let name, _, _, _):
      preconditionFailure("the corpus \(name) is generated, not located")
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

extension DefinitionContext {
  /// What can be known about a definition's surroundings on this machine: folders in cache and
  /// mirror, and the published results in `references/` beside the definition.
  public init(locations: Locations, definitionPath: String) {
    let folder = Folder.parent(of: definitionPath) ?? "."
    let references = folder + "/references"
    let files = Folder.exists(path: references) ? try? Folder.names(path: references) : nil
    let looks = ModelLooks(locations)
    let tables = TaskLooks()
    self.init(
      look: { looks.look($0) }, lookAtTask: { tables.look($0) }, folder: folder,
      knownCorpora: locations.knownCorpora,
      knownReferences: files.map { names in
        names.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
      })
  }
}
