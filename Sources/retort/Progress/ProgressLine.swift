// The line that tells how training goes: rewritten on a terminal, now and then a new one elsewhere.

/// Shows one stage after another on standard error.
final class ProgressLine {
  private let console: Console
  private var meter: ProgressMeter?
  private var lastShown = ContinuousClock.now
  private var stageStart = ContinuousClock.now
  private var isShown = false

  init(console: Console = .shared) { self.console = console }

  func begin(_ meter: ProgressMeter) {
    end()
    self.meter = meter
    stageStart = .now
    isShown = false
  }

  func add(_ step: MeterStep) {
    meter?.add(step)
    let now = ContinuousClock.now
    guard !isShown || now - lastShown >= interval(at: now) else { return }
    show(at: now)
  }

  /// Leaves the last state of the stage behind as a line of its own.
  func end() {
    guard var progress = meter?.progress else { return }
    // What is left is of no interest once the stage has ended, early or not.
    (progress.secondsLeft, progress.runSecondsLeft) = (nil, nil)
    console.endStatus()
    console.write(line: progress.text)
    meter = nil
  }

  private func show(at now: ContinuousClock.Instant) {
    guard let progress = meter?.progress else { return }
    if console.isTerminal {
      console.show(status: progress.text)
    } else {
      console.write(line: progress.text)
    }
    lastShown = now
    isShown = true
  }

  /// A log of hours need not be as dense as one of minutes.
  private func interval(at now: ContinuousClock.Instant) -> Duration {
    if console.isTerminal { return .milliseconds(100) }
    return min(.seconds(60), max(.seconds(10), (now - stageStart) / 20))
  }
}
