// Which texts a file has, to find those that come again.
import RetortFiles

/// The texts of a file by a hash of 64 bits: two different texts count as equal once in 2^64 pairs. Of each the first
/// row that has it is kept.
struct SeenTexts: Sendable {
  private struct First: Sendable {
    var row: UInt32
    /// A hash of the label; 0 for none.
    var label: UInt32
  }

  private var firsts: [UInt64: First] = [:]

  static func key(_ texts: [String]) -> UInt64 {
    guard texts.count > 1 else { return XXH64.digest(of: texts[0]) }
    return XXH64.digest(of: texts[1], seed: XXH64.digest(of: texts[0]))
  }

  static func key(ofLabel label: String?) -> UInt32 {
    guard let label, !label.isEmpty else { return 0 }
    return UInt32(truncatingIfNeeded: XXH64.digest(of: label)) | 1
  }

  /// The first row with a text, and whether its label is another.
  func first(_ key: UInt64, label: UInt32) -> (row: Int, isConflict: Bool)? {
    firsts[key].map { (Int($0.row), $0.label != label && $0.label != 0 && label != 0) }
  }

  mutating func insert(_ key: UInt64, row: Int, label: UInt32) {
    firsts[key] = First(row: UInt32(clamping: row), label: label)
  }
}

/// Rows whose text stood in an earlier row, of the same file or of another.
public struct RepeatedTexts: Sendable, Equatable {
  public private(set) var rows = 0
  /// How many of them have another label than the first row with the text.
  public private(set) var conflicts = 0
  /// The first few, by the first row with the text and the row itself.
  public private(set) var examples: [[Int]] = []
  public private(set) var conflictExamples: [[Int]] = []
  private static let most = 5

  mutating func add(row: Int, first: Int, isConflict: Bool) {
    rows += 1
    if examples.count < Self.most { examples.append([first, row]) }
    guard isConflict else { return }
    conflicts += 1
    if conflictExamples.count < Self.most { conflictExamples.append([first, row]) }
  }
}
