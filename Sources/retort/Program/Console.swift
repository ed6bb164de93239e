// Standard error: log lines and, on a terminal, one status line below them.
import Foundation
import Glibc
import RetortFormatting
import RetortStrictJSON
import Synchronization

/// The one writer of standard error. Lines come out whole, whoever writes them, and above the status.
final class Console: Sendable {
  static let shared = Console()

  /// Whether standard error is a terminal that can rewrite a line.
  let isTerminal: Bool
  private let hasColor: Bool
  private let status = Mutex("")

  init() {
    func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
    isTerminal = isatty(STDERR_FILENO) == 1 && variable("TERM") != "dumb"
    hasColor = isTerminal && variable("NO_COLOR").isEmpty
  }

  /// Columns of the terminal.
  private var width: Int { TerminalWidth.columns(of: STDERR_FILENO) ?? 80 }

  /// Writes a line; a terminal gets it broken at words.
  /// - Parameter command: to be copied as it stands, at the end of the line; on a terminal a line of its own.
  func write(line: String, command: String? = nil) {
    guard let command else { return write(whole: broken(line)) }
    write(whole: isTerminal ? "\(broken(line))\n  \(command)" : "\(line) \(command)")
  }

  private func broken(_ line: String) -> String {
    isTerminal ? line.withoutControls.wrapped(to: width) : line.withoutControls
  }

  /// Writes a line that is to be copied as it stands, such as a command.
  func write(whole line: String) {
    status.withLock { status in
      put(status.isEmpty ? "\(line)\n" : "\(Self.eraseLine)\(line)\n\(status)")
    }
  }

  /// Writes what is wrong, on one line and without control characters: a file may have any name or label, and a terminal
  /// would obey them.
  func write(error: String) {
    let text = error.onOneLine
    let shown = text.count > Self.longest ? "\(text.prefix(Self.longest)) …" : text
    let line = broken("retort: error: \(shown)")
    guard hasColor, let word = line.range(of: "error:") else { return write(whole: line) }
    // Coloured only now: the color takes no room.
    write(whole: line.replacingCharacters(in: word, with: "\u{1B}[1;31merror:\u{1B}[0m"))
  }

  /// Puts `text` in place of the status line, cut to the terminal's width.
  func show(status text: String) {
    guard isTerminal else { return }
    status.withLock { status in
      status = String(text.prefix(max(1, width - 1)))
      put(Self.eraseLine + status)
    }
  }

  /// Removes the status line.
  func endStatus() {
    status.withLock { status in
      guard !status.isEmpty else { return }
      status = ""
      put(Self.eraseLine)
    }
  }

  /// Characters of an error that are shown; its beginning says the most.
  private static let longest = 4000

  private static let eraseLine = "\r\u{1B}[2K"

  /// A log that cannot be written is no reason to stop.
  private func put(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { return }
      bytes = bytes.dropFirst(written)
    }
  }
}
