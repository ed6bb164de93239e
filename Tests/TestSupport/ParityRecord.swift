// What the parity tests measured, for Results/parity.md.
import Foundation
import RetortReporting
import RetortTensorEngine
import Synchronization
import Testing

/// The largest differences that comparisons of `ParityTests` found, by test and reason of the tolerance. Kept only where the
/// variable RETORT_PARITY_RECORD names a file; written there when the process ends.
public final class ParityRecord: Sendable {
  public static let shared: ParityRecord? =
    ProcessInfo.processInfo.environment["RETORT_PARITY_RECORD"].map { path in
      atexit { ParityRecord.shared?.write() }
      return ParityRecord(path: path)
    }

  /// What is compared at the moment, where a test compares several things: each is a row, whose name begins with the key of the
  /// term that is compared. Nil for the test's own name.
  @TaskLocal public static var subject: String?

  private struct Key: Hashable {
    var suite: String
    var test: String
    var reason: String
  }

  private let path: String
  private let rows = Mutex<[Key: ParityLadder.Row]>([:])

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
      suite: test.sourceLocation.fileName.replacing("ParityTests.swift", with: ""),
      test: Self.subject ?? test.displayName ?? test.name, reason: tolerance.reason)
    let scale = scale ?? reference.reduce(0) { max($0, $1.magnitude) }
    rows.withLock { rows in
      var row =
        rows[key] ?? ParityLadder.Row(suite: key.suite, test: key.test, reason: key.reason)
      row.values += reference.count
      row.toleranceAbsolute = max(row.toleranceAbsolute, tolerance.absolute)
      row.toleranceRelative = max(row.toleranceRelative, tolerance.relative)
      for (value, expected) in zip(actual, reference) where value != expected {
        // Not-a-number is as far away as can be.
        let difference = value.isNaN ? .infinity : (value - expected).magnitude
        row.largestAbsolute = max(row.largestAbsolute, difference)
        row.largestRelative = max(row.largestRelative, scale > 0 ? difference / scale : 0)
        row.largestShare = max(row.largestShare, difference / tolerance.allowed(at: expected))
      }
      rows[key] = row
    }
  }

  private func write() {
    let rows = rows.withLock { Array($0.values) }
      .sorted { ($0.suite, $0.test, $0.reason) < ($1.suite, $1.test, $1.reason) }
    do {
      let text = try ParityLadder(kernel: BLASKernel.coreName, rows: rows).text()
      let file = URL(fileURLWithPath: path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    } catch {
      FileHandle.standardError.write(Data("\(path): not written: \(error)\n".utf8))
    }
  }
}
