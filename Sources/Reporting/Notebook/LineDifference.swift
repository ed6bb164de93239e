// What became of some lines, as a person reads it.

/// Lines that went and lines that came, each with its neighbours.
public struct LineDifference: Sendable, Equatable {
  /// `- ` before a line that went, `+ ` before one that came, two spaces before one that stayed, `...`
  /// where lines that stayed are left out; empty if nothing changed.
  public let lines: [String]

  /// - Parameter context: how many lines that stayed are shown beside a change.
  public init(from old: [String], to new: [String], context: Int = 2) {
    let difference = new.difference(from: old)
    guard !difference.isEmpty else {
      lines = []
      return
    }
    var gone: Set<Int> = []
    var come: Set<Int> = []
    for change in difference {
      switch change {
      case .remove(let offset, _, _): gone.insert(offset)
      case .insert(let offset, _, _): come.insert(offset)
      }
    }
    var all: [(mark: String, text: String)] = []
    var (before, after) = (0, 0)
    while before < old.count || after < new.count {
      if gone.contains(before) {
        all.append(("- ", old[before]))
        before += 1
      } else if come.contains(after) {
        all.append(("+ ", new[after]))
        after += 1
      } else {
        all.append(("  ", old[before]))
        (before, after) = (before + 1, after + 1)
      }
    }
    lines = Self.shortened(all, context: context)
  }

  private static func shortened(
    _ all: [(mark: String, text: String)], context: Int
  ) -> [String] {
    var lines: [String] = []
    var isSkipping = false
    for index in all.indices {
      let near = max(0, index - context)...min(all.count - 1, index + context)
      if near.contains(where: { all[$0].mark != "  " }) {
        lines.append(all[index].mark + all[index].text)
        isSkipping = false
      } else if !isSkipping {
        lines.append("...")
        isSkipping = true
      }
    }
    return lines
  }
}
