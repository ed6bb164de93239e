// Finished stages, kept by digest so that a later run finds what is the same.
import Foundation
import RetortFiles

/// `RETORT_CACHE/stages/<digest>/`: a folder is there whole or not at all.
public struct StageCache: Sendable {
  public let folder: String

  public init(_ locations: Locations) { folder = locations.stages }

  /// - Returns: the folder of the finished stage, nil when there is none.
  public func lookUp(_ digest: String) -> String? {
    let path = "\(folder)/\(digest)"
    return Folder.exists(path: path) ? path : nil
  }

  /// Keeps a stage's result. When another process has just kept the same, its result stands.
  /// - Parameters:
  ///   - digest: the stage's.
  ///   - write: writes the result's files, each synchronised, into the folder it is given. If it
  ///     throws, nothing is kept.
  /// - Returns: the folder of the finished stage.
  public func store(_ digest: String, write: (String) throws -> Void) throws -> String {
    try Folder.create(path: folder)
    removeAbandoned()
    let mark = TemporaryMark()
    defer { mark.release() }
    let partial = "\(folder)/\(Self.partialPrefix)\(digest.prefix(16)).\(mark.text)"
    try Folder.create(path: partial)
    let lock = try FolderLock(folder: partial)
    do {
      try write(partial)
      try Folder.synchronize(path: partial)
    } catch {
      lock.release()
      try? FileManager.default.removeItem(atPath: partial)
      throw error
    }
    let finished = "\(folder)/\(digest)"
    lock.release()
    unlink("\(partial)/.lock")
    guard rename(partial, finished) == 0 else {
      let code = errno
      try? FileManager.default.removeItem(atPath: partial)
      if Folder.exists(path: finished) { return finished }
      throw FileError.failed(action: "keep a finished stage", path: finished, code: code)
    }
    try Folder.synchronize(path: folder)
    return finished
  }

  /// Folders that a killed process left half written. A lock alone does not tell: it may not reach to the other hosts
  /// that share the cache, and is not held at a folder's beginning and end.
  private func removeAbandoned() {
    for name in (try? Folder.names(path: folder)) ?? [] where name.hasPrefix(Self.partialPrefix) {
      let path = "\(folder)/\(name)"
      guard let mark = name.split(separator: ".").last,
        TemporaryMark.isAbandoned(mark, path: path), let lock = try? FolderLock(folder: path)
      else { continue }
      lock.release()
      try? FileManager.default.removeItem(atPath: path)
    }
  }

  static let partialPrefix = ".partial-"
}
