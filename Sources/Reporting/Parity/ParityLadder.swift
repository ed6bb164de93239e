// What the parity tests measured on one machine.

import Foundation
import RetortFiles
import RetortRecords

/// `Results/records/parity/ladder.json`, written by the test run of `make parity`.
public struct ParityLadder: Codable, Sendable, Equatable {
  public struct Row: Codable, Sendable, Equatable {
    /// The tests' file, without `ParityTests.swift`.
    public var suite: String
    public var test: String
    /// What makes an error of this size right.
    public var reason: String
    /// How many values were compared.
    public var values = 0
    public var largestAbsolute = 0.0
    /// Beside the largest magnitude of the array it was found in.
    public var largestRelative = 0.0
    /// The widest bounds of the row's comparisons.
    public var toleranceAbsolute = 0.0
    public var toleranceRelative = 0.0
    /// The largest part that a difference took of what was allowed; above 1 a test failed.
    public var largestShare = 0.0

    public init(suite: String, test: String, reason: String) {
      (self.suite, self.test, self.reason) = (suite, test, reason)
    }
  }

  /// OpenBLAS's kernel.
  public var kernel: String
  public var rows: [Row]

  public init(kernel: String, rows: [Row]) { (self.kernel, self.rows) = (kernel, rows) }

  /// The file's content.
  public func text() throws(RecordError) -> String {
    try RecordText.tree(of: self, source: "the ladder").document
  }
}

/// Everything under `Results/records/parity/`.
struct ParityRecords: Sendable, Equatable {
  var ladder: ParityLadder?
  /// By the file's name without `.json`, sorted.
  var comparisons: [(name: String, comparison: LossComparison)] = []

  static func == (left: ParityRecords, right: ParityRecords) -> Bool {
    left.ladder == right.ladder
      && left.comparisons.elementsEqual(right.comparisons) { $0 == $1 }
  }

  var isEmpty: Bool { ladder == nil && comparisons.isEmpty }

  /// - Parameter folder: may be missing.
  init(folder: String) throws(RecordError) {
    for name in try RecordFolder.names(path: folder) {
      let path = "\(folder)/\(name)"
      if name == "ladder.json" {
        ladder = try RecordText.decodeUnversioned(path: path)
      } else {
        comparisons.append(
          (String(name.dropLast(5)), try RecordText.decodeUnversioned(path: path)))
      }
    }
  }
}
