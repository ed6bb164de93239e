// What stands behind `retort` in the first line of a cell.

/// How a cell is run, and which part of its output the notebook shows.
public struct CellOptions: Sendable, Equatable {
  /// It takes long: a check leaves it out unless asked.
  public var isSlow = false
  /// It reads models or data that are looked for in RETORT_MIRROR.
  public var needsMirror = false
  /// The folder in which the cell's commands are run; nil for the notebook's own working directory.
  public var folder: String?
  /// Whether what is said on standard error is shown below the output.
  public var showsErrors = false
  /// Exit status that the cell's last command ends with; what it says on standard error is then shown too.
  public var status: Int32 = 0
  /// The only lines that are shown, counted from 1; nil for all.
  public var lines: ClosedRange<Int>?
  /// Only lines that contain one of these texts are shown; all if there is none.
  public var kept: [String] = []
  /// Lines that contain one of these texts differ from run to run, and are not shown.
  public var dropped: [String] = []

  /// - Parameter words: of the info string, without the first.
  init(_ words: [String]) throws(CellOptionError) {
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      switch (parts.first ?? "", parts.count == 2 ? parts[1] : nil) {
      case ("slow", nil): isSlow = true
      case ("mirror", nil): needsMirror = true
      case ("errors", nil): showsErrors = true
      case ("folder", let value?): folder = value
      case ("status", let value?):
        guard let status = Int32(value), (0...255).contains(status) else {
          throw CellOptionError(word: word, expected: "status=N, N from 0 to 255")
        }
        self.status = status
      case ("lines", let value?): lines = try Self.range(value, word: word)
      case ("keep", let value?): kept.append(value)
      case ("drop", let value?): dropped.append(value)
      default:
        throw CellOptionError(
          word: word,
          expected: "slow, mirror, errors, folder=DIR, status=N, lines=A-B, keep=TEXT or drop=TEXT")
      }
    }
  }

  /// The lines of a command's output that the notebook shows.
  public func shown(of output: [String]) -> [String] {
    let chosen = lines.map { output.dropFirst($0.lowerBound - 1).prefix($0.count) } ?? output[...]
    return chosen.filter { line in
      (kept.isEmpty || kept.contains { line.contains($0) })
        && !dropped.contains { line.contains($0) }
    }
  }

  private static func range(_ text: String, word: String) throws(CellOptionError) -> ClosedRange<
    Int
  > {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard ends.count == 2, let first = ends[0], let last = ends[1], first >= 1, last >= first else {
      throw CellOptionError(word: word, expected: "lines=A-B, A from 1 and not above B")
    }
    return first...last
  }
}

/// A word of a cell's first line that means nothing.
struct CellOptionError: Error, Equatable {
  let word: String
  let expected: String
}
