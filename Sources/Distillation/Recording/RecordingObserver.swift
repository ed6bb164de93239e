// Who looks on while activations are recorded, and what stops a recording.
import RetortFiles

/// How far a recording has come.
public struct RecordingProgress: Sendable, Equatable {
  /// Steps or sequences that are done, those found finished included.
  public var done: Int
  public var total: Int
  /// Since the last report: tokens that were computed, and the time it took.
  public var tokens: Int
  public var seconds: Double
}

/// Looks on while activations are recorded; changes nothing.
public protocol RecordingObserver: AnyObject {
  func recorded(_ progress: RecordingProgress)
  /// Asked after each report; true saves what there is and stops.
  var stopIsRequested: Bool { get }
}

public enum RecordingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Somebody asked to stop; everything is on the disk.
  case interrupted(done: Int, total: Int, units: String)
  case invalidUTF8(path: String, line: Int, byteOffset: Int)
  case emptyText(path: String)

  public var description: String {
    switch self {
    case .interrupted(let done, let total, let units):
      "stopped after \(done) of \(total) \(units), all of them kept"
    case .invalidUTF8(let path, let line, let byteOffset):
      "\(path):\(line): invalid UTF-8 at byte \(byteOffset) of the file; convert the file to UTF-8"
    case .emptyText(let path):
      "\(path): expected a text of one sequence a line, found nothing"
    }
  }
}

/// Times the reports of one recording.
struct RecordingClock {
  let total: Int
  private weak var observer: (any RecordingObserver)?
  private var last = ContinuousClock.now

  init(total: Int, observer: (any RecordingObserver)?) {
    self.total = total
    self.observer = observer
  }

  /// - Returns: whether to stop.
  mutating func report(done: Int, tokens: Int) -> Bool {
    let now = ContinuousClock.now
    observer?.recorded(
      RecordingProgress(
        done: done, total: total, tokens: tokens, seconds: (now - last) / .seconds(1)))
    last = now
    return observer?.stopIsRequested ?? false
  }
}
