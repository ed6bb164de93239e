// A program started, waited for, and what it wrote.
import Foundation
import Glibc
import RetortFiles

/// One run of a program, ended.
struct ChildProcess {
  /// Exit status; 128 and its number for a program that a signal ended, as in a shell.
  let status: Int32
  let output: String
  let errors: String

  /// Starts the program in this process's group, so that Ctrl-C reaches both, and waits.
  /// - Parameters:
  ///   - name: what the program is called by; its path if nil.
  ///   - arguments: without the program's own name.
  ///   - input: its standard input.
  ///   - folder: where it is started; this process's folder if nil. An input's path is seen from there.
  init(
    _ program: String, named name: String? = nil, _ arguments: [String],
    environment: [String: String], input: Input,
    folder: String? = nil
  ) throws(FileError) {
    let place = FileManager.default.currentDirectoryPath
    if let folder, chdir(folder) != 0 {
      throw .failed(action: "go to", path: folder, code: errno)
    }
    defer { if folder != nil { chdir(place) } }
    // Files, not pipes: nothing can fill up and block.
    let output = try UnnamedFile()
    let errors = try UnnamedFile()
    var given: UnnamedFile?
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    switch input {
    case .none:
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    case .file(let path):
      guard access(path, R_OK) == 0 else {
        let code = errno
        throw code == ENOENT
          ? .notFound(path: path) : .failed(action: "read", path: path, code: code)
      }
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, path, O_RDONLY, 0)
    case .text(let text):
      let file = try UnnamedFile(content: text)
      posix_spawn_file_actions_adddup2(&actions, file.descriptor, STDIN_FILENO)
      given = file
    }
    posix_spawn_file_actions_adddup2(&actions, output.descriptor, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors.descriptor, STDERR_FILENO)

    let words: [UnsafeMutablePointer<CChar>?] =
      ([name ?? program] + arguments).map { strdup($0) } + [nil]
    let variables: [UnsafeMutablePointer<CChar>?] =
      environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in words + variables { free(text) } }
    var process = pid_t()
    let failure = posix_spawn(&process, program, &actions, nil, words, variables)
    guard failure == 0 else { throw .failed(action: "start", path: program, code: failure) }
    status = try Self.wait(for: process, program)
    self.output = try output.text()
    self.errors = try errors.text()
    withExtendedLifetime(given) {}
  }

  enum Input {
    case none
    case file(String)
    case text(String)
  }

  private static func wait(for process: pid_t, _ program: String) throws(FileError) -> Int32 {
    var state: Int32 = 0
    while waitpid(process, &state, 0) < 0 {
      guard errno == EINTR else { throw .failed(action: "wait for", path: program, code: errno) }
    }
    // WIFEXITED and its kin are macros: the lower seven bits are the signal, the next eight the status.
    let signal = state & 0x7F
    return signal == 0 ? (state >> 8) & 0xFF : 128 + signal
  }
}

/// A temporary file without a name, gone when it is closed.
private final class UnnamedFile {
  private let stream: UnsafeMutablePointer<FILE>
  var descriptor: Int32 { fileno(stream) }

  init() throws(FileError) {
    guard let stream = tmpfile() else {
      throw .failed(action: "create", path: "a temporary file", code: errno)
    }
    self.stream = stream
  }

  /// - Parameter content: to be read from its beginning.
  convenience init(content: String) throws(FileError) {
    try self.init()
    var bytes = Array(content.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        throw .failed(action: "write", path: "a temporary file", code: errno)
      }
      bytes = bytes.dropFirst(written)
    }
    lseek(descriptor, 0, SEEK_SET)
  }

  deinit { fclose(stream) }

  /// All of it; whatever is not UTF-8 becomes U+FFFD.
  func text() throws(FileError) -> String {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    lseek(descriptor, 0, SEEK_SET)
    while true {
      let count = read(descriptor, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw .failed(action: "read", path: "a temporary file", code: errno)
      }
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += piece[..<count]
    }
  }
}
