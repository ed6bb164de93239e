// A model named by the run and the stage that made it.
import Foundation
import RetortFiles
import RetortRecords

/// `Runs/quickstart#sentiment`: the model that a stage of a run made, kept in the stage cache.
public struct RunStage: Sendable, Equatable, CustomStringConvertible {
  /// The run folder, or a run's record.
  public let run: String
  public let stage: String

  public init(run: String, stage: String) {
    self.run = run
    self.stage = stage
  }

  /// - Returns: nil for a text without `#`, for an address of the hub, and for a file or folder of that very name.
  public init?(_ text: String) {
    guard let mark = text.lastIndex(of: "#"), !text.hasPrefix("hub:"), !Locations.exists(text)
    else { return nil }
    run = String(text[..<mark])
    stage = String(text[text.index(after: mark)...])
  }

  public var description: String { "\(run)#\(stage)" }

  /// The model's checkpoint in the stage cache.
  public func modelPath(in locations: Locations) throws -> String {
    let result = try result(in: locations)
    guard !result.isText else { throw RunStageError.makesText(self, path: result.path) }
    return result.path
  }

  /// The text of a stage in the stage cache; nil where the stage trains a model.
  public func textPath(in locations: Locations) throws -> String? {
    let result = try result(in: locations)
    return result.isText ? result.path : nil
  }

  /// What the stage left in the stage cache.
  private func result(in locations: Locations) throws -> (path: String, isText: Bool) {
    let stages = try RunStages(run: run)
    guard let known = stages.entries.first(where: { $0.id == stage }) else {
      throw RunStageError.noSuchStage(self, known: stages.entries.map(\.id))
    }
    guard known.isFinished else {
      throw RunStageError.notFinished(
        self, definition: stages.definition,
        finished: stages.entries.filter(\.isFinished).map(\.id))
    }
    let cache = StageCache(locations)
    if let folder = cache.lookUp(known.digest) {
      for (name, isText) in [
        (ExperimentRunner.modelName, false), (ExperimentRunner.textName, true),
      ] where Locations.exists("\(folder)/\(name)") {
        return ("\(folder)/\(name)", isText)
      }
    }
    throw RunStageError.notInCache(
      self, path: "\(cache.folder)/\(known.digest)", definition: stages.definition)
  }
}

/// The stages of a run, as its folder names them.
public struct RunStages: Sendable {
  public struct Entry: Sendable, Equatable {
    public let id: String
    public let digest: String
    public let isFinished: Bool
  }

  public let entries: [Entry]
  /// The definition's file as it was named when the run was started; nil where it was no file, or the run folder does
  /// not say.
  public let definition: String?
  private let run: String
  /// Digests of the examples that it read, by their names in its record, as `reviews dev`; empty before the record is
  /// written.
  let dataDigests: [String: String]

  /// The definition's file, from the working directory; nil where it is not there any more. A run is often looked at
  /// from another folder than it was started in, most often one above its own.
  public var definitionFile: String? {
    guard let definition else { return nil }
    guard !definition.hasPrefix("/") else {
      return Locations.exists(definition) ? definition : nil
    }
    let here = FileManager.default.currentDirectoryPath
    var folder = URL(fileURLWithPath: run).standardizedFileURL.path
    while folder != "/" {
      folder = Folder.parent(of: folder) ?? "/"
      guard Locations.exists("\(folder)/\(definition)") else { continue }
      return folder == here ? definition : "\(folder)/\(definition)"
    }
    return Locations.exists(definition) ? definition : nil
  }

  /// - Parameter run: a run folder, or a run's record.
  public init(run: String) throws {
    guard Locations.exists(run) else { throw RunStageError.noRun(run) }
    self.run = run
    let isFolder = Folder.exists(path: run)
    let progress = isFolder ? try RunProgress.read(run: run) : nil
    let path = RunFolder.record(of: run)
    let record = Locations.exists(path) ? try RunRecord.read(path: path) : nil
    guard record != nil || progress != nil else { throw RunStageError.noRun(run) }
    dataDigests = Dictionary(
      (record?.data ?? []).map { ($0.name, $0.digest) }, uniquingKeysWith: { first, _ in first })
    let recorded =
      (record?.stages.map { Entry(id: $0.id, digest: $0.digest, isFinished: true) } ?? [])
      + (record?.texts ?? []).map { Entry(id: $0.id, digest: $0.digest, isFinished: true) }
    let planned = (progress?.stages ?? []).map {
      Entry(id: $0.id, digest: $0.digest, isFinished: $0.state == .finished)
    }
    // The record is of a run that ended; the folder may have been resumed since with other stages.
    entries = recorded + planned.filter { stage in !recorded.contains { $0.id == stage.id } }
    definition = progress?.definition ?? record?.experiment.file
  }
}

/// Why `RUN#STAGE` names no model.
public enum RunStageError: Error, Sendable, Equatable, CustomStringConvertible {
  case noRun(String)
  case noSuchStage(RunStage, known: [String])
  case notFinished(RunStage, definition: String?, finished: [String])
  case notInCache(RunStage, path: String, definition: String?)
  /// The stage made a text.
  case makesText(RunStage, path: String?)
  /// A run folder where a model was expected.
  case noStageNamed(run: String, known: [String])
  case noDefinition(run: String)

  public var description: String {
    switch self {
    case .noRun(let run):
      "\(run): expected a run folder or its record, found "
        + (Locations.exists(run) ? "another folder" : "nothing") + "; check the path"
    case .noSuchStage(let address, let known):
      "\(address): no stage '\(address.stage)' in this run; it has \(known.joined(separator: ", "))"
    case .notFinished(let address, let definition, let finished):
      "\(address): the stage has not finished; go on with "
        + "`retort run \(definition ?? "DEF.yaml") --resume`"
        + (finished.isEmpty
          ? "" : ", or name one that has: \(finished.joined(separator: ", "))")
    case .notInCache(let address, let path, let definition):
      "\(address): its result is no longer in the stage cache (\(path)); compute it again with "
        + "`retort run \(definition ?? "DEF.yaml")`, or set RETORT_CACHE to the cache that the run used"
    case .makesText(let address, let path):
      "\(address): expected a model, found a stage that makes a text"
        + (path.map { " (\($0))" } ?? "") + "; name a stage that trains one"
    case .noStageNamed(let run, let known):
      "\(run): expected a model, found a run folder; name one of its stages: "
        + known.map { "\(run)#\($0)" }.joined(separator: ", ")
    case .noDefinition(let run):
      "\(run): its definition cannot be read by this version of the program, so it is not known what its stages learned; "
        + "run it again with this version"
    }
  }
}
