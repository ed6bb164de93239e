// A training that was interrupted ends in the bits of one that was not.
import RetortStorage
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Interrupted and gone on with: the same bits")
struct ResumeTests {
  /// Everything that must be equal: weights of the model, and weights, moments and progress as last saved.
  private struct Outcome: Equatable {
    let weights: [String: [UInt32]]
    let saved: [String: [UInt32]]
    let progress: TrainingProgress

    init(
      _ run: (model: TransformerModel, progress: TrainingProgress), _ path: String
    ) throws {
      weights = run.model.valuesByPath.mapValues { $0.map(\.bitPattern) }
      progress = run.progress
      let checkpoint = try Checkpoint(path: path)
      var saved: [String: [UInt32]] = [:]
      for group in ["/model"] + checkpoint.optimizerGroups.map({ "/optimizer/\($0)" }) {
        for name in checkpoint.tensorNames(in: group) {
          saved["\(group)/\(name)"] = try checkpoint.values(name, in: group).map(\.bitPattern)
        }
      }
      self.saved = saved
      var stored = try TrainingProgress(storedValues: checkpoint.progress)
      stored.clock = TrainingClock()
      #expect(stored == run.progress)
    }
  }

  private func wholeRun(_ kind: TrainingKind, limit: TrainingLimit = .epochs(3)) throws -> Outcome {
    let folder = try TemporaryFolder()
    let checkpointing = Small.checkpointing(folder)
    let outcome = try Outcome(
      kind.run(limit: limit, checkpointing: checkpointing), checkpointing.path)
    // Both moments of every parameter that was trained.
    #expect(outcome.saved.keys.count { $0.hasPrefix("/optimizer/first_moment/") } > 20)
    #expect(outcome.saved.keys.count { $0.hasPrefix("/optimizer/second_moment/") } > 20)
    return outcome
  }

  /// Runs again and again, each time with the next observer, until the last run ends.
  private func resumed(
    _ kind: TrainingKind, limit: TrainingLimit = .epochs(3), every interval: CheckpointInterval,
    _ observers: [Onlooker]
  ) throws -> Outcome {
    let folder = try TemporaryFolder()
    for observer in observers {
      #expect(throws: (any Error).self) {
        try kind.run(
          limit: limit, checkpointing: Small.checkpointing(folder, every: interval, resumes: true),
          observer: observer)
      }
    }
    let last = Small.checkpointing(folder, every: interval, resumes: true)
    return try Outcome(kind.run(limit: limit, checkpointing: last), last.path)
  }

  @Test(
    "asked to stop after one step, within and at the end of an epoch",
    arguments: TrainingKind.allCases)
  func stopped(_ kind: TrainingKind) throws {
    let whole = try wholeRun(kind)
    #expect(whole.progress.step == 12)
    for step in [1, 4, 6, 11] {
      let observer = Onlooker()
      observer.stopsAt = step
      let outcome = try resumed(kind, every: .never, [observer])
      #expect(outcome == whole, "stopped after step \(step)")
      #expect(observer.steps.count == step)
      #expect(observer.checkpoints.last == step)
      // One checkpoint for each epoch that ended and one for the stop, not two of the same.
      #expect(observer.checkpoints == [4, 8].filter { $0 < step } + [step])
    }
  }

  @Test("killed between checkpoints", arguments: TrainingKind.allCases)
  func killed(_ kind: TrainingKind) throws {
    let whole = try wholeRun(kind)
    for step in [2, 5, 10] {
      let observer = Onlooker()
      observer.failsAtStep = step
      #expect(
        try resumed(kind, every: .steps(3), [observer]) == whole, "killed after step \(step)")
    }
  }

  @Test("killed just after a checkpoint", arguments: TrainingKind.allCases)
  func killedAfterCheckpoint(_ kind: TrainingKind) throws {
    let whole = try wholeRun(kind)
    for step in [3, 8, 12] {
      let observer = Onlooker()
      observer.failsAtCheckpoint = step
      #expect(
        try resumed(kind, every: .steps(3), [observer]) == whole, "killed after step \(step)")
      #expect(observer.checkpoints.last == step)
    }
  }

  @Test("killed and stopped several times", arguments: TrainingKind.allCases)
  func severalTimes(_ kind: TrainingKind) throws {
    let (first, second, third) = (Onlooker(), Onlooker(), Onlooker())
    first.stopsAt = 2
    second.failsAtStep = 7
    third.stopsAt = 9
    let outcome = try resumed(kind, every: .steps(2), [first, second, third])
    #expect(outcome == (try wholeRun(kind)))
    #expect(second.steps.first?.step == 3)
    #expect(third.steps.first?.step == 7)
  }

  @Test(
    "a limit of steps within an epoch, killed at its last checkpoint",
    arguments: TrainingKind.allCases)
  func limitWithinAnEpoch(_ kind: TrainingKind) throws {
    let whole = try wholeRun(kind, limit: .steps(10))
    #expect(whole.progress.step == 10)
    // Fine-tuning ends with an evaluation wherever it ends.
    #expect(whole.progress.epochs.count == (kind == .fineTuning ? 3 : 2))
    let observer = Onlooker()
    observer.failsAtCheckpoint = 10
    #expect(try resumed(kind, limit: .steps(10), every: .steps(5), [observer]) == whole)
  }

  @Test("a finished training is not trained again")
  func finished() throws {
    for kind in TrainingKind.allCases {
      let folder = try TemporaryFolder()
      let path = Small.checkpointing(folder).path
      let whole = try Outcome(kind.run(checkpointing: Small.checkpointing(folder)), path)
      let observer = Onlooker()
      let again = try Outcome(
        kind.run(checkpointing: Small.checkpointing(folder, resumes: true), observer: observer),
        path)
      #expect(again == whole)
      #expect(observer.steps.isEmpty)
    }
  }

  @Test("without resuming, an existing checkpoint is not looked at")
  func anew() throws {
    let folder = try TemporaryFolder()
    let observer = Onlooker()
    observer.stopsAt = 5
    #expect(throws: TrainingError.interrupted(step: 5, checkpoint: folder.file("last.h5"))) {
      try TrainingKind.preTraining.run(
        checkpointing: Small.checkpointing(folder), observer: observer)
    }
    let checkpointing = Small.checkpointing(folder)
    let anew = try Outcome(
      TrainingKind.preTraining.run(checkpointing: checkpointing), checkpointing.path)
    #expect(anew == (try wholeRun(.preTraining)))
  }

  @Test("the clock goes on and counts the resumes")
  func clock() throws {
    let folder = try TemporaryFolder()
    for (stop, resumes) in [(3, 0), (7, 1), (Int.max, 2)] {
      let observer = Onlooker()
      observer.stopsAt = stop
      _ = try? TrainingKind.preTraining.run(
        checkpointing: Small.checkpointing(folder, resumes: true), observer: observer)
      let progress = try TrainingProgress(
        storedValues: Checkpoint(path: folder.file("last.h5")).progress)
      #expect(progress.clock.resumes == resumes)
      #expect(progress.clock.stepSeconds.count == progress.step)
      #expect(progress.clock.epochSeconds.count == progress.epoch)
      #expect(progress.clock.seconds > 0 && progress.clock.peakMemoryBytes > 0)
    }
  }
}
