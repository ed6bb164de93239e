// Finished stages, kept by digest so that a later run finds what is the same.
import Files
import Foundation

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
    let partial = "\(folder)/.partial-\(digest.prefix(16))-\(getpid())-\(Self.nextNumber())"
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

  /// Folders that a killed process left half written: nobody holds their lock.
  private func removeAbandoned() {
    for name in (try? Folder.names(path: folder)) ?? [] where name.hasPrefix(".partial-") {
      let path = "\(folder)/\(name)"
      guard let lock = try? FolderLock(folder: path) else { continue }
      lock.release()
      try? FileManager.default.removeItem(atPath: path)
    }
  }

  private static let counter = NumberSource()
  private static func nextNumber() -> Int { counter.next() }
}

/// Numbers that are given out once in a process.
private final class NumberSource: @unchecked Sendable {
  private let lock = NSLock()
  private var last = 0

  func next() -> Int {
    lock.lock()
    defer { lock.unlock() }
    last += 1
    return last
  }
}
