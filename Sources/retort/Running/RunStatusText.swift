// How far a run has come, in words.
import Foundation
import RetortExperimentPlan
import RetortFormatting

struct RunStatusText {
  private let status: RunStatus
  private let now: Date

  init(_ status: RunStatus, now: Date = Date()) {
    self.status = status
    self.now = now
  }

  /// `running (process 4711)`
  var state: String {
    switch status.state {
    case .running(let id): "running" + (id.map { " (process \($0))" } ?? "")
    case .interrupted: "interrupted: no process is running it"
    case .finished: "finished"
    }
  }

  /// `stage 2 of 5`; without a stage, how many have finished.
  var place: String? {
    guard let stages = status.progress?.stages else { return nil }
    guard let current = status.current else {
      return "\(status.finishedCount) of \(stages.count) stages finished"
    }
    return "stage \(current.number) of \(stages.count)"
  }

  /// Everything that is known, by name.
  var facts: [(String, String)] {
    var facts = [("state", state)]
    if let progress = status.progress {
      facts.append(("definition", progress.definition))
      facts.append(("threads", "\(progress.threads)"))
    }
    guard let current = status.current else {
      if let place { facts.append(("stages", place)) }
      return facts
    }
    facts.append(("stage", "\(current.number) of \(status.progress?.stages.count ?? 0), \(name)"))
    facts.append((current.stage.kind.unit, steps + (current.epoch.map { ", epoch \($0)" } ?? "")))
    if let loss = current.loss { facts.append(("loss", loss.significant(4))) }
    if let left = current.secondsLeft {
      let all = isLast ? nil : current.runSecondsLeft.map { "; \($0.durationText), all stages" }
      facts.append(("time left", "\(atMost)\(left.durationText), this stage\(all ?? "")"))
    }
    facts.append(("last checkpoint", checkpoint))
    return facts
  }

  /// What to type to go on; nil for a run that goes on or is done.
  var resumingCommand: String? {
    guard status.state == .interrupted, let progress = status.progress else { return nil }
    return progress.resumingCommand ?? CommandText.typed(["run", progress.definition, "--resume"])
  }

  /// One line: the run and its state, then `progressLine`.
  var line: String {
    (["\(status.path): \(state)"] + progressParts).joined(separator: "  ")
  }

  /// Step and time left before the rest, for a line that a narrow terminal cuts; the state where nothing goes on.
  var progressLine: String {
    status.current == nil ? line : progressParts.joined(separator: "  ")
  }

  private var progressParts: [String] {
    var parts: [String] = []
    if let place { parts.append(place + (status.current == nil ? "" : ", \(name)")) }
    if let current = status.current {
      parts.append("\(current.stage.kind.unit) \(steps)")
      if let left = current.secondsLeft {
        let all = isLast ? nil : current.runSecondsLeft.map { ", \($0.durationText) in all" }
        parts.append("\(atMost)\(left.durationText) left\(all ?? "")")
      }
      if let loss = current.loss { parts.append("loss \(loss.significant(4))") }
    }
    return parts
  }

  private var name: String { status.current?.stage.id ?? "" }

  /// Before the time left of a stage that may end sooner.
  private var atMost: String { status.current?.stage.mayStopEarly ?? false ? "at most " : "" }

  private var isLast: Bool { status.current?.number == status.progress?.stages.count }

  private var steps: String {
    guard let current = status.current else { return "" }
    return current.step.grouped + (current.stage.totalSteps.map { "/\($0.grouped)" } ?? "")
  }

  private var checkpoint: String {
    guard let current = status.current, let written = current.checkpointWritten else {
      return "none of this stage"
    }
    let age = max(0, now.timeIntervalSince(written)).durationText
    return
      (current.stage.checkpointStep.map {
        "after \(current.stage.kind.unit) \($0.grouped), "
      } ?? "") + "\(age) ago"
  }
}
