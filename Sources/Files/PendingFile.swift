// A new version of a file, written beside the old one and put in its place in one step.
import Glibc
import Synchronization

/// The temporary file that will replace the file at a path. Until `commit` the old file is as it was;
/// after it the new one is in its place and on the disk; killed at any moment, it is one of the two.
/// Dropped without a commit, the temporary file is removed; what a killed process left behind is
/// removed by the next replacement of the same path, or with `removeLeftovers(in:)`.
public final class PendingFile {
  public let path: String
  /// Where to write the new content: an empty file in the same folder.
  public let temporaryPath: String
  private let number: Int
  private var isFinished = false
  private var isSynchronized = false

  /// The steps of a replacement, so that tests can stop between any two.
  package enum Step: CaseIterable, Sendable {
    case created, synchronized, renamed
  }
  private let afterStep: (Step) throws(FileError) -> Void

  /// The replacements of this process: how many were begun, and the numbers of those under way.
  private struct Replacements {
    var last = 0
    var underWay: Set<Int> = []
  }
  private static let replacements = Mutex(Replacements())

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
    number = Self.replacements.withLock {
      $0.last += 1
      $0.underWay.insert($0.last)
      return $0.last
    }
    temporaryPath = "\(folder)/.\(name).\(getpid())-\(number).tmp"
    let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      let code = errno
      finish()
      throw .failed(action: "write", path: path, code: code)
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
    finish()
    try afterStep(.renamed)
    try Folder.synchronize(path: Folder.parent(of: path) ?? ".")
  }

  /// Gives the new version up; the old file stays.
  public func discard() {
    guard !isFinished else { return }
    defer { finish() }
    truncate(temporaryPath, 0)  // frees the disk even if a descriptor is still open somewhere
    unlink(temporaryPath)
  }

  /// Removes the temporary files in a folder, whoever left them. Only for a folder whose lock is held
  /// and in which nothing is being replaced.
  public static func removeLeftovers(in folder: String) {
    for name in (try? Folder.names(path: folder)) ?? []
    where name.hasPrefix(".")
      && owner(of: name.split(separator: ".").suffix(2).joined(separator: ".")) != nil
    { unlink("\(folder)/\(name)") }
  }

  private func finish() {
    isFinished = true
    _ = Self.replacements.withLock { $0.underWay.remove(number) }
  }

  /// Removes the temporary files of the same name that nobody is writing: their process no longer
  /// lives, or it is an earlier one with the number of this.
  private static func removeLeftovers(of name: String, in folder: String) {
    guard let names = try? Folder.names(path: folder) else { return }
    let prefix = ".\(name)."
    for candidate in names where candidate.hasPrefix(prefix) {
      guard let owner = owner(of: String(candidate.dropFirst(prefix.count))) else { continue }
      let isLeftOver =
        owner.process == getpid()
        ? !replacements.withLock { $0.underWay.contains(owner.number) }
        : kill(owner.process, 0) != 0 && errno == ESRCH
      if isLeftOver { unlink("\(folder)/\(candidate)") }
    }
  }

  /// Who writes a temporary file, by the end of its name, `<process>-<number>.tmp`; nil for other files.
  private static func owner(of ending: String) -> (process: pid_t, number: Int)? {
    let numbers = ending.dropLast(4).split(separator: "-")
    guard ending.hasSuffix(".tmp"), numbers.count == 2, let process = pid_t(numbers[0]),
      let number = Int(numbers[1])
    else { return nil }
    return (process, number)
  }
}
