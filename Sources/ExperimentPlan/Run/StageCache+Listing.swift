// What is in the stage cache, and taking stages out of it.
import Foundation
import RetortFiles
import RetortRecords

extension StageCache {
  /// A finished stage that is kept.
  public struct Entry: Sendable {
    public let digest: String
    /// The stage as the run that computed it names it; nil where its record cannot be read.
    public let stage: Stage?
    /// That run; nil where its record does not say it.
    public let experiment: String?
    public let byteCount: Int
    public let finished: Date

    /// What is shown of a stage.
    public struct Stage: Sendable, Equatable {
      public let id: String
      public let kind: RunRecord.StageKind
      /// The first text or task that it read.
      public let data: String?
    }
  }

  /// Everything that is kept, the oldest first. What else lies in the folder, such as a link, is not the cache's.
  public func entries() throws -> [Entry] {
    guard Folder.exists(path: folder) else { return [] }
    return try Folder.names(path: folder).filter(isEntry).map { digest in
      let path = "\(folder)/\(digest)"
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      let sizes = try Folder.names(path: path).map { name in
        try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.size] as? Int ?? 0
      }
      let (stage, experiment) = Self.contents(path)
      return Entry(
        digest: digest, stage: stage, experiment: experiment,
        byteCount: sizes.reduce(0, +),
        finished: attributes[.modificationDate] as? Date ?? .distantPast)
    }.sorted { ($0.finished, $0.digest) < ($1.finished, $1.digest) }
  }

  private static func contents(_ folder: String) -> (Entry.Stage?, experiment: String?) {
    if let record = try? StageRecord.read(path: "\(folder)/\(ExperimentRunner.stageRecordName)") {
      let stage = record.stage
      return (
        .init(id: stage.id, kind: stage.kind, data: stage.data.first), record.experiment
      )
    }
    guard let record = try? TextRecord.read(path: "\(folder)/\(ExperimentRunner.textRecordName)")
    else { return (nil, nil) }
    let text = record.text
    return (.init(id: text.id, kind: text.kind, data: text.data.first), record.experiment)
  }

  private func isEntry(_ name: String) -> Bool {
    let path = "\(folder)/\(name)"
    return name.utf8.count == 64 && name.utf8.allSatisfy { Self.digits.contains($0) }
      && Folder.exists(path: path) && !Folder.isLink(path: path)
  }

  private static let digits = "0123456789abcdef".utf8

  /// Takes a finished stage out. A run that looks for it finds it whole or not at all.
  public func remove(_ digest: String) throws(FileError) {
    let mark = TemporaryMark()
    defer { mark.release() }
    let abandoned = "\(folder)/\(Self.partialPrefix)\(digest.prefix(16)).\(mark.text)"
    guard rename("\(folder)/\(digest)", abandoned) == 0 else {
      throw .failed(action: "remove", path: "\(folder)/\(digest)", code: errno)
    }
    try Folder.remove(path: abandoned)
  }
}
