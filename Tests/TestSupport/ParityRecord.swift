// What the parity tests measured, for Results/parity.md.
import Foundation
import Synchronization
import TensorEngine
import Testing

/// The largest differences that comparisons of `ParityTests` found, by test and reason of the tolerance. Kept only where the
/// variable RETORT_PARITY_RECORD names a file; written there when the process ends.
public final class ParityRecord: Sendable {
  public static let shared: ParityRecord? =
    ProcessInfo.processInfo.environment["RETORT_PARITY_RECORD"].map { path in
      atexit { ParityRecord.shared?.write() }
      return ParityRecord(path: path)
    }

  private struct Key: Hashable {
    var file: String
    var test: String
    var reason: String
  }

  private struct Entry {
    var values = 0
    var largestAbsolute = 0.0
    var largestRelative = 0.0
    var toleranceAbsolute = 0.0
    var toleranceRelative = 0.0
    var largestShare = 0.0
  }

  private let path: String
  private let entries = Mutex<[Key: Entry]>([:])

  private init(path: String) { self.path = path }

  /// Takes note of one comparison.
  /// - Parameters:
  ///   - scale: what a difference is large beside; the largest magnitude of the reference if nil.
  ///   - place: of the comparison; only those of the parity tests are kept.
  func note(
    _ actual: [Double], _ reference: [Double], _ tolerance: Tolerance, scale: Double?,
    at place: SourceLocation
  ) {
    guard place.fileID.hasPrefix("ParityTests/"), let test = Test.current else { return }
    let key = Key(
      file: test.sourceLocation.fileName, test: test.displayName ?? test.name,
      reason: tolerance.reason)
    let scale = scale ?? reference.reduce(0) { max($0, $1.magnitude) }
    entries.withLock { entries in
      var entry = entries[key] ?? Entry()
      entry.values += reference.count
      entry.toleranceAbsolute = max(entry.toleranceAbsolute, tolerance.absolute)
      entry.toleranceRelative = max(entry.toleranceRelative, tolerance.relative)
      for (value, expected) in zip(actual, reference) {
        let difference = (value - expected).magnitude
        entry.largestAbsolute = max(entry.largestAbsolute, difference)
        if difference > 0 {
          entry.largestRelative = max(entry.largestRelative, scale > 0 ? difference / scale : 0)
          entry.largestShare = max(
            entry.largestShare, difference / tolerance.allowed(at: expected))
        }
      }
      entries[key] = entry
    }
  }

  private struct Row: Encodable {
    var suite: String
    var test: String
    var values: Int
    var largestAbsolute: Double
    var largestRelative: Double
    var toleranceAbsolute: Double
    var toleranceRelative: Double
    /// The largest part that a difference took of what was allowed; at most 1.
    var largestShare: Double
    var reason: String
  }

  private struct Document: Encodable {
    var kernel: String
    var rows: [Row]
  }

  private func write() {
    let rows = entries.withLock { $0 }.map { key, entry in
      Row(
        suite: key.file.replacing("ParityTests.swift", with: ""), test: key.test,
        values: entry.values, largestAbsolute: entry.largestAbsolute,
        largestRelative: entry.largestRelative, toleranceAbsolute: entry.toleranceAbsolute,
        toleranceRelative: entry.toleranceRelative, largestShare: entry.largestShare,
        reason: key.reason)
    }.sorted { ($0.suite, $0.test, $0.reason) < ($1.suite, $1.test, $1.reason) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      var text = try encoder.encode(Document(kernel: BLASKernel.coreName, rows: rows))
      text.append(UInt8(ascii: "\n"))
      try text.write(to: URL(fileURLWithPath: path))
    } catch {
      FileHandle.standardError.write(Data("\(path): not written: \(error)\n".utf8))
    }
  }
}
