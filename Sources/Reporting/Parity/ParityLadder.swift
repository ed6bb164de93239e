// What the parity tests measured on one machine.

import Files
import Foundation

/// `Results/records/parity/ladder.json`, written by the test run of `make parity`.
struct ParityLadder: Codable, Sendable, Equatable {
  struct Row: Codable, Sendable, Equatable {
    /// The tests' file, without `ParityTests.swift`.
    var suite: String
    var test: String
    /// How many values were compared.
    var values: Int
    var largestAbsolute: Double
    /// Beside the largest magnitude of the array it was found in.
    var largestRelative: Double
    /// The widest bounds of the row's comparisons.
    var toleranceAbsolute: Double
    var toleranceRelative: Double
    /// The largest part that a difference took of what was allowed.
    var largestShare: Double
    var reason: String
  }

  /// OpenBLAS's kernel.
  var kernel: String
  var rows: [Row]
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
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names.sorted() where name.hasSuffix(".json") {
      let path = "\(folder)/\(name)"
      if name == "ladder.json" {
        ladder = try Self.decode(ParityLadder.self, path: path)
      } else {
        comparisons.append(
          (String(name.dropLast(5)), try Self.decode(LossComparison.self, path: path)))
      }
    }
  }

  private static func decode<Value: Codable>(
    _ type: Value.Type, path: String
  ) throws(RecordError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw .unreadable(source: path, reason: "not a record of parity: \(error)")
    }
  }
}
