// How wide a line may be.
import Glibc

enum TerminalWidth {
  /// Columns of the terminal behind a file descriptor: what COLUMNS says, or what the terminal itself says. Nil for a file
  /// or a pipe without COLUMNS, and for a terminal that does not know.
  static func columns(of descriptor: Int32) -> Int? {
    if let text = getenv("COLUMNS").map({ String(cString: $0) }), let stated = Int(text),
      stated >= least
    {
      return stated
    }
    var size = winsize()
    guard isatty(descriptor) == 1, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0,
      size.ws_col > 0
    else { return nil }
    return max(least, Int(size.ws_col))
  }

  /// Narrower terminals are treated as this wide: no table would fit.
  private static let least = 20
}
