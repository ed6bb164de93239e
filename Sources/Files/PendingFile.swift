// A new version of a file, written beside the old one and put in its place in one step.
import Glibc

/// The temporary file that will replace the file at a path. Until `commit` the old file is as it was;
/// after it the new one is in its place and on the disk; killed at any moment, it is one of the two.
/// Dropped without a commit, the temporary file is removed; what a killed process left behind is
/// removed by the next replacement of any file in the folder, or with `removeLeftovers(in:)`.
public final class PendingFile {
  public let path: String
  /// The file at the path, or that a link there leads to: the link stays.
  private let target: String
  /// Where to write the new content: an empty file in the same folder.
  public let temporaryPath: String
  private let mark: TemporaryMark
  private var isFinished = false
  private var isSynchronized = false

  /// The steps of a replacement, so that tests can stop between any two.
  package enum Step: CaseIterable, Sendable {
    case created, synchronized, renamed
  }
  private let afterStep: (Step) throws(FileError) -> Void

  public convenience init(replacing path: String) throws(FileError) {
    try self.init(replacing: path) { (_) throws(FileError) in }
  }

  package init(
    replacing path: String, afterStep: @escaping (Step) throws(FileError) -> Void
  ) throws(FileError) {
    self.path = path
    self.afterStep = afterStep
    target = try Self.target(of: path)
    let folder = Folder.parent(of: target) ?? "."
    let name = target.split(separator: "/").last.map(String.init) ?? target
    Self.removeAbandoned(in: folder)
    mark = TemporaryMark()
    temporaryPath = "\(folder)/.\(name).\(mark.text).tmp"
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

  /// - Throws: for a link that leads nowhere, and for what is no file, such as a device: it would be gone.
  private static func target(of path: String) throws(FileError) -> String {
    var status = stat()
    guard lstat(path, &status) == 0 else { return path }
    let isLink = status.st_mode & S_IFMT == S_IFLNK
    guard stat(path, &status) == 0 else {
      throw .unexpected(
        path: path, expected: "a file or none", found: "a symbolic link that leads nowhere")
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG, S_IFDIR: break
    default: throw .notReplaceable(path: path)
    }
    guard isLink, let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

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
    guard rename(temporaryPath, target) == 0 else {
      throw .failed(action: "replace", path: path, code: errno)
    }
    finish()
    try afterStep(.renamed)
    try Folder.synchronize(path: Folder.parent(of: target) ?? ".")
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
    for (name, _) in temporaryFiles(in: folder) { unlink("\(folder)/\(name)") }
  }

  /// Removes the temporary files in a folder that nobody is writing any more.
  public static func removeAbandoned(in folder: String) {
    for (name, mark) in temporaryFiles(in: folder) {
      let path = "\(folder)/\(name)"
      if TemporaryMark.isAbandoned(mark, path: path) { unlink(path) }
    }
  }

  private func finish() {
    isFinished = true
    mark.release()
  }

  /// Files named `.<name>.<mark>.tmp`.
  private static func temporaryFiles(in folder: String) -> [(name: String, mark: Substring)] {
    ((try? Folder.names(path: folder)) ?? []).compactMap { name in
      let parts = name.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count >= 4, parts[0].isEmpty, parts[parts.count - 1] == "tmp",
        TemporaryMark.isMark(parts[parts.count - 2])
      else { return nil }
      return (name, parts[parts.count - 2])
    }
  }
}
