// Where models, data and finished stages are looked for: the cache and the mirror.
import Foundation
import RetortFiles
import RetortText
import RetortTransformers

/// Something that a plan needs and that is not where it could be; all of it at once.
public struct LocationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One line each: what is missing, where it was looked for, how to get it.
  public let problems: [String]

  public init(problems: [String]) { self.problems = problems }

  public var description: String { problems.joined(separator: "\n") }
}

/// The folders that `RETORT_CACHE` and `RETORT_MIRROR` name. Both are laid out alike:
/// `hub/<owner>/<name>/<file>`, `data/glue/<TASK>/*.tsv`, `data/corpora/*.txt`. Models are looked for in Hugging Face's
/// own cache too, which is only read.
public struct Locations: Sendable, Equatable {
  public let cache: String
  public let mirror: String?
  /// The cache of huggingface_hub; nil: none.
  public let huggingFaceCache: String?
  /// The folder of the definition whose paths are looked for; nil: there is none, and paths start from the working
  /// directory.
  public private(set) var definitionFolder: String?

  public init(cache: String, mirror: String?, huggingFaceCache: String? = nil) {
    self.cache = cache
    self.mirror = mirror
    self.huggingFaceCache = huggingFaceCache
  }

  /// The same places for what a definition names.
  /// - Parameter path: of the definition.
  public func startingFrom(definition path: String) -> Locations {
    var locations = self
    locations.definitionFolder = Self.isStandardInput(path) ? nil : Folder.parent(of: path)
    return locations
  }

  /// Where a path that a definition has leads, from the working directory: a relative one starts from the definition's
  /// folder or, where only that is there, from the working directory. Behind a `#` stands a stage of the run at the
  /// path.
  func place(of path: String) -> String {
    guard let definitionFolder, definitionFolder != ".", !path.hasPrefix("/"), !path.isEmpty
    else { return path }
    let beside = "\(definitionFolder)/\(path)"
    // A file may have a # in its name.
    for file in [path, path.lastIndex(of: "#").map { String(path[..<$0]) }].compactMap({ $0 }) {
      if Self.exists("\(definitionFolder)/\(file)") { return beside }
      if Self.exists(file) { return path }
    }
    return beside
  }

  /// Whether a definition comes from no file, so that nothing is beside it.
  static func isStandardInput(_ path: String) -> Bool {
    ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].contains(path)
  }

  /// - Parameter environment: `RETORT_CACHE` (default `~/.cache/retort`) and `RETORT_MIRROR`; and those of
  ///   huggingface_hub: `HF_HUB_CACHE`, `HUGGINGFACE_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`, in this order.
  public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    let set = { (name: String) in environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let home = set("HOME") ?? "."
    let caches = set("XDG_CACHE_HOME") ?? "\(home)/.cache"
    cache = set("RETORT_CACHE") ?? "\(caches)/retort"
    mirror = set("RETORT_MIRROR")
    let huggingFace =
      set("HF_HUB_CACHE") ?? set("HUGGINGFACE_HUB_CACHE")
      ?? "\(set("HF_HOME") ?? "\(caches)/huggingface")/hub"
    // As the Python programs read them.
    huggingFaceCache =
      huggingFace.hasPrefix("~/") ? home + huggingFace.dropFirst() : huggingFace
  }

  /// The folders in which things are looked for, in that order.
  public var roots: [String] { [cache] + (mirror.map { [$0] } ?? []) }

  /// Finished stages.
  public var stages: String { "\(cache)/stages" }

  /// Tokenised corpora and generated data.
  public var prepared: String { "\(cache)/prepared" }

  /// Why nothing can be kept in a folder of the cache; nil where it can. Nothing is changed.
  func problemWithCache(_ path: String) -> String? {
    Folder.problemWithWriting(in: path).map {
      "RETORT_CACHE: the cache \(cache) cannot be written: \($0); set RETORT_CACHE to a folder that can be written"
    }
  }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}

// MARK: Models

/// A folder of the published form, or a checkpoint of ours.
public struct LocatedModel: Sendable, Equatable {
  /// The folder, or the checkpoint file.
  public let path: String
  public let isCheckpoint: Bool

  public var configuration: String { "\(path)/config.json" }

  /// The vocabulary of a folder, whichever file it is in, and how text is cut.
  public func tokenizer() throws(ModelFolderError) -> FolderTokenizer {
    try FolderTokenizer(path: path)
  }

  /// The form of a folder's weights; nil where there are none.
  public func weightForm() throws(FileError) -> WeightForm? {
    WeightForm(among: try Folder.names(path: path))
  }
}

/// A file of a model's folder.
public enum ModelFile: String, Sendable, CaseIterable {
  case configuration = "config.json"
  case weights = "model.safetensors"
  case vocabulary = "vocab.txt"

  /// Names of which one is enough.
  var names: [String] {
    switch self {
    case .configuration: [rawValue]
    case .weights: WeightForm.allCases.map(\.rawValue)
    case .vocabulary: FolderTokenizer.vocabularyFiles
    }
  }
}

extension Locations {
  /// Finds a model's folder with all the files that are needed.
  /// - Throws: also where a folder of the cache or the mirror lacks some and another has them: its weights would be
  ///   others than those that somebody has put there. What is missing, in which folders, and how to get it; of a model of another family only that.
  public func locate(
    _ address: ModelAddress, needing parts: [ModelFile] = ModelFile.allCases
  ) throws(LocationError) -> LocatedModel {
    let place: String? = if case .path(let path) = address { self.place(of: path) } else { nil }
    if let path = place, path.hasSuffix(".h5") {
      guard Self.exists(path) else {
        throw LocationError(problems: ["\(path): no such checkpoint; check the path"])
      }
      return LocatedModel(path: path, isCheckpoint: true)
    }
    if let path = place, let stage = RunStage(path) {
      do {
        return LocatedModel(path: try stage.modelPath(in: self), isCheckpoint: true)
      } catch { throw LocationError(problems: ["\(error)"]) }
    }
    var problems: [String] = []
    /// A folder that somebody has put there and that is not whole.
    var incomplete: (folder: String, missing: String)?
    for candidate in candidateFolders(address) {
      guard case .folder(let folder) = candidate else {
        if case .absent(let problem) = candidate { problems.append(problem) }
        continue
      }
      guard Folder.exists(path: folder) else {
        problems.append("\(folder): no such folder")
        continue
      }
      let missing = parts.filter { part in
        !part.names.contains { Self.exists("\(folder)/\($0)") }
      }
      if missing.isEmpty {
        guard let incomplete else { return LocatedModel(path: folder, isCheckpoint: false) }
        throw LocationError(problems: [
          "\(incomplete.folder): incomplete (no \(incomplete.missing)), but \(folder) is complete; add the missing files, "
            + "or remove the incomplete folder so that the other is used"
        ])
      }
      // A model of another family lacks nothing: it is not ours.
      do { try ConfigurationFile.checkFamily(folder: folder) } catch {
        throw LocationError(problems: ["\(error)"])
      }
      let lacking = missing.map(\.rawValue).joined(separator: ", no ")
      problems.append("\(folder): no \(lacking)")
      // Hugging Face's own cache holds the files that somebody has asked for, and no more.
      if incomplete == nil, roots.contains(where: { folder.hasPrefix("\($0)/hub/") }) {
        incomplete = (folder, lacking)
      }
    }
    throw LocationError(problems: [
      "\(address) is not complete (\(problems.joined(separator: "; "))); \(advice(address, parts))"
    ])
  }

  private enum Candidate {
    case folder(String)
    /// There is none, and why.
    case absent(String)
  }

  private func candidateFolders(_ address: ModelAddress) -> [Candidate] {
    switch address {
    case .hub(let owner, let name, let revision):
      // Folders of our own layout hold one revision, that which their name says.
      let suffix = revision.map { "@\($0)" } ?? ""
      return roots.map { .folder("\($0)/hub/\(owner)/\(name)\(suffix)") }
        + huggingFaceFolders(owner, name).map { Self.snapshot(of: $0, revision ?? "main") }
    case .path(let path): return [.folder(place(of: path))]
    }
  }

  /// Where Hugging Face's cache keeps a model: under the name that was asked for, which may be one without an owner.
  private func huggingFaceFolders(_ owner: String, _ name: String) -> [String] {
    guard let huggingFaceCache else { return [] }
    let folder = "\(huggingFaceCache)/models--\(owner)--\(name)"
    let old = "\(huggingFaceCache)/models--\(name)"
    let isOld = PublishedModels.fullNames[name] == "\(owner)/\(name)" && Folder.exists(path: old)
    return isOld ? [folder, old] : [folder]
  }

  /// The folder of a revision in Hugging Face's cache, of which `refs` says the commit unless it is one.
  /// - Source: huggingface_hub 0.36.2, file_download.py, `_get_pointer_path` and `try_to_load_from_cache`.
  private static func snapshot(of repository: String, _ revision: String) -> Candidate {
    guard Folder.exists(path: repository) else {
      return .absent("\(repository): no such folder")
    }
    var commit = revision
    if revision.count != 40 || !revision.allSatisfy(\.isHexDigit) {
      let reference = "\(repository)/refs/\(revision)"
      guard let text = try? String(contentsOfFile: reference, encoding: .utf8) else {
        return .absent("\(reference): no such file")
      }
      commit = text.trimmingCharacters(in: .whitespacesAndNewlines)
      guard commit.count == 40, commit.allSatisfy(\.isHexDigit) else {
        return .absent("\(reference): expected the 40 digits of a commit")
      }
    }
    return .folder("\(repository)/snapshots/\(commit)")
  }

  private func advice(_ address: ModelAddress, _ parts: [ModelFile]) -> String {
    let files = parts.map(\.rawValue).joined(separator: ", ")
    guard case .hub(let owner, let name, let revision) = address else {
      if case .path(let path) = address, !Folder.exists(path: place(of: path)),
        let meant = ModelAddress.meant(by: path)
      {
        return "did you mean \(meant)?"
      }
      return "a model's folder holds \(files)"
    }
    let folder = "hub/\(owner)/\(name)" + (revision.map { "@\($0)" } ?? "")
    return
      "download \(files) from https://huggingface.co/\(owner)/\(name)/tree/\(revision ?? "main") into "
      + "\(cache)/\(folder), or set RETORT_MIRROR to a folder that has \(folder)"
  }
}

// MARK: Data

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
    case .generated, .sentences:
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

extension DefinitionContext {
  /// What can be known about a definition's surroundings on this machine: folders in cache and
  /// mirror, and the published results in `references/` beside the definition.
  public init(locations: Locations, definitionPath: String) {
    let locations = locations.startingFrom(definition: definitionPath)
    let references = (locations.definitionFolder ?? ".") + "/references"
    let files = Folder.exists(path: references) ? try? Folder.names(path: references) : nil
    let looks = ModelLooks(locations)
    let tables = TaskLooks(locations)
    let selections = SelectionLooks(locations)
    self.init(
      look: { looks.look($0) }, lookAtTask: { tables.look($0) },
      selectionProblems: { selections.problems($0) },
      knownCorpora: locations.knownCorpora,
      knownReferences: files.map { names in
        names.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
      })
  }
}
