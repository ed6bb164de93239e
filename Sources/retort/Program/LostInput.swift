// What the program says when an input is cut short under it.
import Glibc

enum LostInput {
  /// Files are read where they are mapped. If another program makes one shorter meanwhile, or its disk fails, the next
  /// look at it is a SIGBUS, after which nothing can go on. What was written before is whole or has its old content.
  static func install() {
    signal(SIGBUS) { _ in
      // Only what may be called in a signal's handler.
      let text: StaticString =
        """
        retort: error: a file became shorter while it was read, or its disk failed; run the command again when no \
        other program writes to the file

        """
      text.withUTF8Buffer { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
      _exit(1)
    }
  }
}
