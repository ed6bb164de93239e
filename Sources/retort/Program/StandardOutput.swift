// Results: buffered, checked, and quiet when nobody reads them any more.
import Glibc
import RetortFiles
import RetortFormatting

/// Standard output. Not for use from several threads at once.
final class StandardOutput {
  nonisolated(unsafe) static let shared = StandardOutput()

  private var buffer: [UInt8] = []
  private static let bufferSize = 1 << 18

  func write(_ bytes: some Collection<UInt8>) throws {
    buffer.append(contentsOf: bytes)
    if buffer.count >= Self.bufferSize { try flush() }
  }

  func write(line: String) throws {
    try write(line.utf8)
    try write(CollectionOfOne(UInt8(ascii: "\n")))
  }

  /// Columns at which text for people is broken and tables are folded; nil where it is not, as in a file.
  var width: Int? { TerminalWidth.columns(of: STDOUT_FILENO) }

  /// Writes lines for people, broken at words where the terminal ends; a line feed ends the last.
  func write(text: String) throws {
    // A file may have names and labels that a terminal would obey.
    let text = text.withoutControls.wrapped(to: width)
    try write((text.hasSuffix("\n") ? text : text + "\n").utf8)
  }

  /// Fails with `OutputClosed` if the reader has gone, and with a `FileError` on a full disk.
  func flush() throws {
    defer { buffer.removeAll(keepingCapacity: true) }
    try buffer.withUnsafeBytes { bytes in
      var remaining = bytes[...]
      while !remaining.isEmpty {
        let part = UnsafeRawBufferPointer(rebasing: remaining)
        let written = Glibc.write(STDOUT_FILENO, part.baseAddress, part.count)
        if written < 0 {
          if errno == EINTR { continue }
          if errno == EPIPE { throw OutputClosed() }
          throw FileError.failed(action: "write", path: "standard output", code: errno)
        }
        remaining = remaining.dropFirst(written)
      }
    }
  }
}

/// The reader of standard output has gone, as `head` does.
struct OutputClosed: Error {
  /// Ends the process as the signal would have, which every shell understands.
  func endProcess() -> Never {
    signal(SIGPIPE, SIG_DFL)
    raise(SIGPIPE)
    exit(128 + SIGPIPE)
  }
}
