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

  /// What models were measured by.
  public var measures: String { "\(cache)/measures" }

  /// Times that `explain` measured.
  public var forecasts: String { "\(cache)/forecasts" }

  /// Why nothing can be kept in a folder of the cache; nil where it can. Nothing is changed.
  func problemWithCache(_ path: String) -> String? {
    Folder.problemWithWriting(in: path).map {
      "RETORT_CACHE: the cache \(cache) cannot be written: \($0); set RETORT_CACHE to a folder that can be written"
    }
  }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  /// Where the published results are that a definition can be compared with: `references/` in its folder or, where there is
  /// none, in the folder above, so that definitions in a folder of their own have the same ones.
  /// - Parameter path: of the definition.
  public static func referenceFolder(ofDefinition path: String) -> String {
    let folder = isStandardInput(path) ? "." : Folder.parent(of: path) ?? "."
    let above = folder == "." ? ".." : Folder.parent(of: folder) ?? "."
    return ["\(folder)/references", "\(above)/references"].first { Folder.exists(path: $0) }
      ?? "\(folder)/references"
  }
}

extension DefinitionContext {
  /// What can be known about a definition's surroundings on this machine: folders in cache and
  /// mirror, and the published results in `references/`.
  public init(locations: Locations, definitionPath: String) {
    let locations = locations.startingFrom(definition: definitionPath)
    let references = Locations.referenceFolder(ofDefinition: definitionPath)
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
