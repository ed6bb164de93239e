// The folder of one run: what was asked for, how far it has come, what it measured.
import Foundation
import RetortDistillation
import RetortFiles

/// Why a run folder cannot be used.
public enum RunFolderError: Error, Sendable, Equatable, CustomStringConvertible {
  /// It holds a run that was not finished, and resuming was not asked for.
  case unfinished(path: String, stages: [String])
  /// It is to be resumed but was made from another definition.
  case anotherDefinition(path: String, differences: [String])
  /// The definition is the folder's own, and would be replaced by another.
  case replacesDefinition(path: String)
  /// A model of the definition is a stage of the very run that would be replaced.
  case replacesSource(path: String, address: String)
  /// It is to be resumed and is not there.
  case nothingToResume(path: String)
  /// Files of another kind are in it.
  case notARunFolder(path: String)
  case file(FileError)

  public var description: String {
    switch self {
    case .unfinished(let path, let stages):
      return "\(path): holds an unfinished run (checkpoint of \(stages.joined(separator: ", "))); "
        + "go on with --resume, or move the folder away, or choose another with --runs"
    case .anotherDefinition(let path, let differences):
      return "\(path): cannot resume, the definition has changed since: "
        + "\(differences.joined(separator: "; ")); of a finished run leave --resume out: stages that have not changed are "
        + "taken from the cache; or run it under another name or in another folder (--runs)"
    case .replacesDefinition(let path):
      return
        "\(path): is the definition that is run, and would be replaced by what options make of it; "
        + "copy it elsewhere, or choose another folder with --runs"
    case .replacesSource(let path, let address):
      return
        "\(path): is the folder of the run that the definition begins from (\(address)); give the definition "
        + "another name, or choose another folder with --runs"
    case .nothingToResume(let path):
      return
        "\(path): there is no run to resume; start it without --resume, or name its folder "
        + "with --runs"
    case .notARunFolder(let path):
      return "\(path): expected a run folder or none, found other files; choose another with --runs"
    case .file(let error): return error.description
    }
  }
}

/// `Runs/<name>/`, locked for as long as this object lives. What a killed run left half written is removed
/// when the next one takes the folder.
public final class RunFolder {
  public enum Opening: Sendable { case new, resume }

  public static let recordName = "record.json"
  /// Records of finished runs of other definitions, or of other data or weights, that were in the folder, numbered from 1.
  static let earlierName = "earlier"

  /// The record of a run that is named by its folder or by the record itself.
  public static func record(of run: String) -> String {
    Folder.exists(path: run) ? "\(run)/\(recordName)" : run
  }

  /// Whether a folder is that of a run, begun or finished.
  public static func exists(path: String) -> Bool {
    Folder.exists(path: path)
      && [RunProgress.fileName, recordName].contains { Locations.exists("\(path)/\($0)") }
  }

  public let path: String
  /// In what a finished run that was in the folder differed from this one; nil where there was none, or one of the same
  /// definition, data and weights.
  private(set) var replaced: [String]?
  /// Where the record of that run is now.
  private(set) var replacedRecord: String?
  private let lock: FolderLock

  /// The definition with everything explicit.
  public var resolvedDefinition: String { contents.resolvedDefinition }
  public var log: String { "\(path)/log.txt" }
  public var metrics: String { "\(path)/metrics.jsonl" }
  public var record: String { "\(path)/\(Self.recordName)" }
  /// The stages and how far they have come.
  public var progress: String { "\(path)/\(RunProgress.fileName)" }
  /// Which stages were computed here.
  var computed: String { "\(path)/computed.json" }
  public var checkpoints: String { contents.checkpoints }
  /// Labels predicted for test splits.
  public var predictions: String { "\(path)/predictions" }

  /// The checkpoint of a stage that is running; gone when the stage has finished.
  public func checkpoint(ofStage id: String) -> String { "\(checkpoints)/\(id).h5" }

  /// As much of a text as is there, of a stage that makes one and is running; gone when the stage has finished.
  func partialText(ofStage id: String) -> String { "\(checkpoints)/\(id).txt" }

  /// The best epoch's weights of a stage that is running.
  public func bestWeights(ofStage id: String) -> String { "\(checkpoints)/\(id).best" }

  /// Clears what a running stage needed, once its result is in the cache.
  /// - Parameter keepingCheckpoint: whether its last checkpoint, with the optimizer's moments, stays as
  ///   `checkpoints/finished/<stage>.h5`.
  func finish(stage id: String, keepingCheckpoint keeps: Bool) throws(FileError) {
    unlink(bestWeights(ofStage: id))
    let text = partialText(ofStage: id)
    for path in [text, AugmentedTextMaking.progressPath(of: text)] { unlink(path) }
    guard keeps else {
      unlink(checkpoint(ofStage: id))
      return
    }
    let folder = "\(checkpoints)/finished"
    try Folder.create(path: folder)
    guard rename(checkpoint(ofStage: id), "\(folder)/\(id).h5") == 0 || errno == ENOENT else {
      throw .failed(action: "keep the checkpoint in", path: folder, code: errno)
    }
  }

  /// Takes the folder `runs/<name>`, which is made if missing.
  /// - Parameters:
  ///   - source: the file that the definition was read from.
  ///   - digests: of its stages, by their ids.
  ///   - opening: `.new` begins anew where the last run had finished; `.resume` goes on where it
  ///     stopped, or begins when there is nothing to resume.
  public init(
    runs: String, name: String, resolvedDefinition text: String, from source: String,
    digests: [String: String], opening: Opening
  ) throws(RunFolderError) {
    path = "\(runs)/\(name)"
    do {
      try Folder.create(path: path)
      lock = try FolderLock(folder: path)
    } catch { throw .file(error) }
    try prepare(text, from: source, digests, opening)
  }

  private func prepare(
    _ text: String, from source: String, _ digests: [String: String], _ opening: Opening
  ) throws(RunFolderError) {
    for folder in [path, checkpoints, predictions] { PendingFile.removeLeftovers(in: folder) }
    try contents.check(text, from: source, opening)
    let earlier = contents.earlierDefinition
    // The log tells of every run in the folder, one after the other.
    replaced = contents.differences(of: text, digests)
    if replaced != nil {
      do { replacedRecord = try keepRecord() } catch { throw .file(error) }
    }
    if opening == .new { for file in [metrics, record, computed, progress] { unlink(file) } }
    do {
      // The definition first: it is what shows that the folder is a run's.
      if earlier != text { try AtomicFile.replace(path: resolvedDefinition, with: text) }
      try Folder.create(path: checkpoints)
      for file in [log, metrics] { close(try AppendedFile.open(path: file)) }
    } catch { throw .file(error) }
  }

  /// Moves the record out of the way.
  private func keepRecord() throws(FileError) -> String {
    let folder = "\(path)/\(Self.earlierName)"
    try Folder.create(path: folder)
    func place(_ number: Int) -> String { "\(folder)/record-\(number).json" }
    var number = 1
    while FileIdentity(path: place(number)) != nil || Folder.isLink(path: place(number)) {
      number += 1
    }
    let place = place(number)
    guard rename(record, place) == 0 else {
      throw .failed(action: "move it to \(folder)", path: record, code: errno)
    }
    return place
  }

  /// Stages with a checkpoint: begun and not finished.
  public var unfinishedStages: [String] { contents.unfinishedStages }

  private var contents: RunFolderContents { RunFolderContents(path: path) }
}
