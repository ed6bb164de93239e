// Where stored models are looked for.
import Foundation
import RetortFiles
import RetortTransformers

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
