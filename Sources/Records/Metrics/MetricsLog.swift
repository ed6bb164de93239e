// The metrics of a run as JSON lines: only ever appended to, except when a run is resumed.

import Foundation
import RetortFiles
import RetortStrictJSON

/// Every line is handed to the system as one write, so that a killed run leaves whole lines and at
/// most one part of a line, which readers pass over. A resumed run takes away first what it is
/// going to do again, so that no step stands there twice.
public final class MetricsLog {
  public let path: String
  private var descriptor: Int32
  private var length: off_t

  /// Opens the log, made if there is none.
  /// - resuming: stage and the step its checkpoint was written at; lines of that stage after
  ///   that step are removed. Step 0 removes all of them.
  public init(path: String, resuming: (stage: String, step: Int)? = nil) throws(MetricsError) {
    self.path = path
    let kind = try? FileManager.default.attributesOfItem(atPath: path)[.type]
    if kind as? FileAttributeType == .typeRegular {
      try Self.trim(path: path, resuming: resuming)
    }
    do {
      descriptor = try AppendedFile.open(path: path)
    } catch {
      throw .system(error)
    }
    length = lseek(descriptor, 0, SEEK_END)
    guard length >= 0 else {
      throw .file(path: path, reason: "could not be opened: \(String(cString: strerror(errno)))")
    }
  }

  deinit { close() }

  /// Appends one line; nothing of it remains if the disk is full.
  public func append(_ line: MetricsLine) throws(MetricsError) {
    let text = try Self.text(of: [line], path: path)
    var bytes = ArraySlice(text.utf8)
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        let reason = String(cString: strerror(errno))
        ftruncate(descriptor, length)
        throw .file(path: path, reason: "could not be written: \(reason)")
      }
      bytes = bytes.dropFirst(written)
    }
    length += off_t(text.utf8.count)
  }

  /// Returns when everything appended is on the disk. To be called before a checkpoint is
  /// written, so that no checkpoint is ahead of its log.
  public func synchronize() throws(MetricsError) {
    guard fsync(descriptor) == 0 else {
      throw .file(
        path: path, reason: "could not be written to disk: \(String(cString: strerror(errno)))")
    }
  }

  public func close() {
    guard descriptor >= 0 else { return }
    _ = Foundation.close(descriptor)
    descriptor = -1
  }

  /// Lines as they stand in a log.
  /// - Parameter path: of the log, for error messages.
  public static func text(of lines: [MetricsLine], path: String) throws(MetricsError) -> String {
    do {
      return try lines.map { try RecordText.tree(of: $0, source: path).line + "\n" }.joined()
    } catch {
      throw .file(path: path, reason: "\(error)")
    }
  }

  /// All whole lines of a log, in order.
  public static func read(path: String) throws(MetricsError) -> [MetricsLine] {
    try parse(path: path).map(\.line)
  }

  private static func parse(
    path: String
  ) throws(MetricsError) -> [(line: MetricsLine, text: ArraySlice<UInt8>)] {
    let texts: [ArraySlice<UInt8>]
    do {
      texts = try MappedFile.lines(path: path)
    } catch {
      throw .system(error)
    }
    var lines: [(MetricsLine, ArraySlice<UInt8>)] = []
    // After the last newline stands nothing, or the part of a line that a kill left.
    for (index, text) in texts.dropLast().enumerated() {
      do {
        lines.append((try JSONTree.parse(text).decode(), text))
      } catch {
        throw .damaged(path: path, line: index + 1, reason: "\(error)")
      }
    }
    return lines
  }

  private static func trim(
    path: String, resuming: (stage: String, step: Int)?
  ) throws(MetricsError) {
    let lines = try parse(path: path)
    let kept = lines.filter { entry in
      guard let resuming, entry.line.stage == resuming.stage else { return true }
      return entry.line.step <= resuming.step
    }
    let text = kept.flatMap { $0.text + [UInt8(ascii: "\n")] }
    do {
      try AtomicFile.replace(path: path, with: text)
    } catch {
      throw .system(error)
    }
  }
}
