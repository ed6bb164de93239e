// How far a run has come, from the files in its folder alone.
import Foundation
import RetortDistillation
import RetortFiles
import RetortRecords
import RetortStrictJSON

/// A run that goes on, was interrupted or has finished.
public struct RunStatus: Sendable {
  public enum State: Sendable, Equatable {
    /// A process holds the folder's lock.
    /// - processID: nil where the lock's file does not say it.
    case running(processID: Int32?)
    /// Begun, without a record, and no process is running it.
    case interrupted
    case finished
  }

  /// The stage that is trained, or was when the run was interrupted.
  public struct Current: Sendable {
    public let stage: RunProgress.Stage
    /// Counted from 1.
    public let number: Int
    /// Optimizer steps done.
    public let step: Int
    /// Counted from 1; nil before the first step.
    public let epoch: Int?
    /// Mean of the last steps, at most 20; nil before the first.
    public let loss: Double?
    /// Seconds to the end of its planned steps, at the mean speed since this process began it; nil if no process is running it, and
    /// before the first step.
    public let secondsLeft: Double?
    /// The same of this stage and those after it; nil where it is not known how much they compute.
    public let runSecondsLeft: Double?
    /// When the last checkpoint was written; nil where there is none.
    public let checkpointWritten: Date?
  }

  /// The run folder.
  public let path: String
  public let state: State
  /// Nil for a run of an earlier version.
  public let progress: RunProgress?
  /// Nil for a finished run, and between two stages.
  public let current: Current?

  public var finishedCount: Int { progress?.stages.count { $0.state == .finished } ?? 0 }

  /// - Throws: for a folder that is not a run's, or with a file in it that cannot be read.
  public init(run path: String) throws {
    guard RunFolder.exists(path: path) else { throw RunStageError.noRun(path) }
    self.path = path
    // The lock first: a run that ends in between has then left its record.
    let holder = try FolderLock.holder(of: path)
    progress = try RunProgress.read(run: path)
    let isFinished = Locations.exists("\(path)/\(RunFolder.recordName)")
    state =
      switch holder {
      case .process(let id): .running(processID: id)
      case .nobody: isFinished ? .finished : .interrupted
      }
    current = try progress.flatMap {
      try Self.current(of: $0, in: path, isRunning: holder != .nobody)
    }
  }

  private static func current(
    of progress: RunProgress, in path: String, isRunning: Bool
  ) throws -> Current? {
    guard let index = progress.stages.firstIndex(where: { $0.state == .running }) else {
      return nil
    }
    let stage = progress.stages[index]
    let metrics = "\(path)/metrics.jsonl"
    let lines = try lastSteps(of: stage.id, in: metrics)
    let resumed = stage.resumedStep ?? 0
    // A stage that makes a text says how far it is safe, and nothing between.
    let isText = stage.kind.unit != "step"
    let step = max(resumed, lines.last?.step ?? (isText ? stage.checkpointStep ?? 0 : 0))
    let checkpoint =
      isText
      ? AugmentedTextMaking.progressPath(of: "\(path)/checkpoints/\(stage.id).txt")
      : "\(path)/checkpoints/\(stage.id).h5"
    var left: Double?
    var after: Double?
    if isRunning, step > resumed, let total = stage.totalSteps, let began = stage.began,
      let written = modified(isText ? checkpoint : metrics)
    {
      let spent = max(0, written.timeIntervalSince1970 - began)
      let secondsPerStep = spent / Double(step - resumed)
      left = secondsPerStep * Double(max(0, total - step))
      after = progress.secondsAfter(
        stage.id, totalSteps: total, secondsPerStep: secondsPerStep)
    }
    return Current(
      stage: stage, number: index + 1, step: step, epoch: lines.last?.epoch,
      loss: lines.isEmpty
        ? nil : lines.compactMap { $0.values["loss"] }.reduce(0, +) / Double(lines.count),
      secondsLeft: left, runSecondsLeft: left.flatMap { left in after.map { left + $0 } },
      checkpointWritten: modified(checkpoint))
  }

  /// The stage's last lines of steps, in order. What a killed run left of a line is passed over.
  private static func lastSteps(of stage: String, in path: String) throws -> [MetricsLine] {
    guard Locations.exists(path) else { return [] }
    let file = try MappedFile(path: path)
    let lineFeed = UInt8(ascii: "\n")
    var found: [MetricsLine] = []
    // From the end: a long run's file has as many lines as steps, and is looked at twice a second.
    var end = file.bytes.lastIndex(of: lineFeed)
    while let last = end, found.count < 20 {
      let before = file.bytes[..<last].lastIndex(of: lineFeed)
      let start = before.map { $0 + 1 } ?? 0
      let line: MetricsLine
      do {
        line = try JSONTree.parse(String(decoding: file.bytes[start..<last], as: UTF8.self))
          .decode()
      } catch {
        let number = file.bytes[..<start].count { $0 == lineFeed } + 1
        throw MetricsError.damaged(path: path, line: number, reason: "\(error)")
      }
      guard line.stage == stage else { break }
      if line.event == .step { found.append(line) }
      end = before
    }
    return found.reversed()
  }

  private static func modified(_ path: String) -> Date? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return attributes?[.modificationDate] as? Date
  }
}
