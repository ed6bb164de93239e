// What is in a run folder, and whether a run may use it. Nothing is changed.
import Foundation
import RetortFiles
import RetortFormatting
import RetortOptions
import RetortStrictYAML

struct RunFolderContents {
  let path: String

  var resolvedDefinition: String { "\(path)/resolved.yaml" }
  var checkpoints: String { "\(path)/checkpoints" }

  /// What the last run was of; nil where there was none.
  var earlierDefinition: String? {
    FileManager.default.contents(atPath: resolvedDefinition)
      .map { String(decoding: $0, as: UTF8.self) }
  }

  /// Stages with a checkpoint: begun and not finished.
  var unfinishedStages: [String] {
    let names = (try? Folder.names(path: checkpoints)) ?? []
    return [".h5", ".txt"].flatMap { ending in
      names.filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) }
    }
  }

  /// - Parameters:
  ///   - text: the definition with everything explicit.
  ///   - source: the file that it was read from.
  func check(
    _ text: String, from source: String, _ opening: RunFolder.Opening
  ) throws(RunFolderError) {
    // There is no folder yet.
    guard let found = try? Folder.names(path: path) else { return }
    let names = found.filter { !$0.hasPrefix(".") }
    let earlier = earlierDefinition
    if earlier == nil, !isUntouched(names) { throw .notARunFolder(path: path) }
    if let earlier, earlier != text,
      FileIdentity(path: resolvedDefinition) == FileIdentity(path: source)
    {
      throw .replacesDefinition(path: resolvedDefinition)
    }
    switch opening {
    case .new:
      let unfinished = unfinishedStages
      guard unfinished.isEmpty else { throw .unfinished(path: path, stages: unfinished) }
    case .resume:
      if let earlier, earlier != text {
        throw .anotherDefinition(path: path, differences: Self.differences(earlier, text))
      }
    }
  }

  /// In what a finished run differs: in keys of its definition, or in what its stages are computed of. Nil where there is
  /// none, or the same.
  /// - Parameter digests: of the stages, by their ids.
  func differences(of text: String, _ digests: [String: String]) -> [String]? {
    guard Locations.exists("\(path)/\(RunFolder.recordName)"), let earlier = earlierDefinition
    else { return nil }
    if earlier != text { return Self.differences(earlier, text) }
    guard let progress = try? RunProgress.read(run: path) else {
      return ["what its stages were computed of is not known"]
    }
    let others = progress.stages.filter { stage in
      digests[stage.id].map { $0 != stage.digest } ?? false
    }
    guard !others.isEmpty else { return nil }
    return [
      "other data, weights or another program for \(others.map(\.id).joined(separator: ", "))"
    ]
  }

  /// Whether a folder has nothing in it but the empty `checkpoints/` that a run which ended at its very
  /// beginning may leave.
  private func isUntouched(_ names: [String]) -> Bool {
    names.isEmpty
      || names == ["checkpoints"] && (try? Folder.names(path: checkpoints))?.isEmpty == true
  }

  /// The first keys that differ, three at most.
  private static func differences(_ old: String, _ new: String) -> [String] {
    let (old, new) = (values(of: old), values(of: new))
    let paths = (old.map(\.path) + new.map(\.path)).firstOccurrences
    let (was, now) = (
      Dictionary(old.map { ($0.path, $0.value) }) { first, _ in first },
      Dictionary(new.map { ($0.path, $0.value) }) { first, _ in first }
    )
    let found = paths.filter { was[$0] != now[$0] }
      .map { "\($0) was \(was[$0] ?? "not there"), is \(now[$0] ?? "not there")" }
    return Array(found.prefix(3)) + (found.count > 3 ? ["and \(found.count - 3) more"] : [])
  }

  /// Every scalar with its key path, in order.
  private static func values(of text: String) -> [(path: String, value: String)] {
    func leaves(_ node: DefinitionNode, _ path: String) -> [(path: String, value: String)] {
      if let entries = node.entries, !entries.isEmpty {
        return entries.flatMap { leaves($0.value, path.isEmpty ? $0.key : "\(path).\($0.key)") }
      }
      if let items = node.items, !items.isEmpty {
        return items.enumerated().flatMap { leaves($1, "\(path).\($0)") }
      }
      return [(path, node.scalar ?? (node.items == nil ? "{}" : "[]"))]
    }
    return YAMLReading.tree(of: text) { _, _ in .standard }.tree.map { leaves($0, "") } ?? []
  }
}
