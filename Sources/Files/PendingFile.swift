// A new version of a file, written beside the old one and put in its place in one step.
import Glibc
import Synchronization

/// The temporary file that will replace the file at a path. Until `commit` the old file is as it was;
/// after it the new one is in its place and on the disk; killed at any moment, it is one of the two.
/// Dropped without a commit, the temporary file is removed; what a killed process left behind is
/// removed by the next replacement of the same path.
public final class PendingFile {
  public let path: String
  /// Where to write the new content: an empty file in the same folder.
  public let temporaryPath: String
  private var isFinished = false
  private var isSynchronized = false

  /// The steps of a replacement, so that tests can stop between any two.
  package enum Step: CaseIterable, Sendable {
    case created, synchronized, renamed
  }
  private let afterStep: (Step) throws(FileError) -> Void

  private static let counter = Atomic<Int>(0)

  public convenience init(replacing path: String) throws(FileError) {
    try self.init(replacing: path) { (_) throws(FileError) in }
  }

  package init(
    replacing path: String, afterStep: @escaping (Step) throws(FileError) -> Void
  ) throws(FileError) {
    self.path = path
    self.afterStep = afterStep
    let folder = Folder.parent(of: path) ?? "."
    let name = path.split(separator: "/").last.map(String.init) ?? path
    Self.removeLeftovers(of: name, in: folder)
    let number = Self.counter.add(1, ordering: .relaxed).newValue
    temporaryPath = "\(folder)/.\(name).\(getpid())-\(number).tmp"
    let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      isFinished = true
      throw .failed(action: "write", path: path, code: errno)
    }
    close(descriptor)
    try afterStep(.created)
  }

  deinit { discard() }

  /// Makes the temporary file last on the disk; nothing may be written to it afterwards.
  public func synchronize() throws(FileError) {
    guard !isSynchronized else { return }
    let descriptor = open(temporaryPath, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw .failed(action: "write", path: path, code: errno) }
    let succeeded = fsync(descriptor) == 0
    let code = errno
    close(descriptor)
    guard succeeded else { throw .failed(action: "write", path: path, code: code) }
    isSynchronized = true
    try afterStep(.synchronized)
  }

  /// Makes the temporary file last, puts it in the old one's place and makes that last.
  public func commit() throws(FileError) {
    precondition(!isFinished, "\(path): replaced or given up already")
    try synchronize()
    guard rename(temporaryPath, path) == 0 else {
      throw .failed(action: "replace", path: path, code: errno)
    }
    isFinished = true
    try afterStep(.renamed)
    try Folder.synchronize(path: Folder.parent(of: path) ?? ".")
  }

  /// Gives the new version up; the old file stays.
  public func discard() {
    guard !isFinished else { return }
    isFinished = true
    truncate(temporaryPath, 0)  // frees the disk even if a descriptor is still open somewhere
    unlink(temporaryPath)
  }

  /// Removes the temporary files of the same name whose process no longer lives.
  private static func removeLeftovers(of name: String, in folder: String) {
    guard let names = try? Folder.names(path: folder) else { return }
    let prefix = ".\(name)."
    for candidate in names where candidate.hasPrefix(prefix) && candidate.hasSuffix(".tmp") {
      let middle = candidate.dropFirst(prefix.count).dropLast(4).split(separator: "-")
      guard middle.count == 2, let process = Int32(middle[0]), Int(middle[1]) != nil else {
        continue
      }
      if kill(process, 0) != 0, errno == ESRCH { unlink("\(folder)/\(candidate)") }
    }
  }
}
