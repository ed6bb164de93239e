// What the program says when it gets no memory.
import Glibc

enum LostMemory {
  /// Swift's runtime names the number of bytes that it did not get, and aborts; nothing can go on then. What was written
  /// before is whole or has its old content.
  static func install() {
    signal(SIGABRT) { _ in
      // Only what may be called in a signal's handler.
      let text: StaticString =
        """
        retort: error: ended by what the line above says; if that is memory, use smaller files or batches, or raise the \
        limit (ulimit -v)

        """
      text.withUTF8Buffer { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
      _exit(1)
    }
  }
}
