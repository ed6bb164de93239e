// What the parity tests measured on one machine.

import Files
import Foundation

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

  /// Indented JSON with sorted keys.
  public func text() throws(RecordError) -> String {
    do {
      let encoder = JSONEncoder.record
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    } catch {
      throw .unreadable(source: "the ladder", reason: "could not be encoded: \(error)")
    }
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
      return try JSONDecoder.record.decode(
        type, from: Data(contentsOf: URL(fileURLWithPath: path)))
    } catch let error as DecodingError {
      throw .unreadable(
        source: path, reason: "not a record of parity: \(error.place); write it again")
    } catch {
      throw .unreadable(source: path, reason: "could not be read")
    }
  }
}

extension DecodingError {
  /// Where in the document decoding failed, and why, in a few words.
  fileprivate var place: String {
    let (path, what): ([any CodingKey], String) =
      switch self {
      case .keyNotFound(let key, let context): (context.codingPath + [key], "is missing")
      case .typeMismatch(_, let context), .valueNotFound(_, let context):
        (context.codingPath, "is of another kind")
      case .dataCorrupted(let context): (context.codingPath, "is damaged")
      @unknown default: ([], "is damaged")
      }
    let name = path.map(\.stringValue).joined(separator: ".")
    return "\(name.isEmpty ? "it" : name) \(what)"
  }
}
