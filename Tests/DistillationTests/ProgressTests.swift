// What a training counts: means of windows and epochs, steps, tokens.
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("What a training counts")
struct ProgressTests {
  private func mean(_ steps: ArraySlice<StepReport>, _ value: (StepReport) -> Double) -> Double {
    steps.map(value).reduce(0, +) / Double(steps.count)
  }

  /// Four steps an epoch, three epochs. The Trainer's table shows the mean over the last whole window before
  /// an epoch's end, each step counting alike, however few examples it saw.
  @Test("windows of 5, 3 and 50 steps", arguments: [5, 3, 50], [nil, 7])
  func windows(_ window: Int, _ stop: Int?) throws {
    let folder = try TemporaryFolder()
    func training(_ observer: Onlooker) -> FineTuning {
      var settings = Small.fineTuning(.epochs(3))
      settings.curve = .steps(window)
      return FineTuning(
        model: Small.model(.bert, layers: 1, heads: [.classification]),
        training: Small.labelled(30), validation: Small.labelled(5, place: 2), settings: settings,
        selectBest: .evaluationLoss,
        engine: Engine(threadCount: 1),
        checkpointing: Small.checkpointing(folder, resumes: true), observer: observer)
    }
    var steps: [StepReport] = []
    if let stop {
      let observer = Onlooker()
      observer.stopsAt = stop
      #expect(throws: TrainingError.self) { try training(observer).run() }
      steps = observer.steps
    }
    let observer = Onlooker()
    let progress = try training(observer).run()
    steps += observer.steps
    #expect(steps.map(\.step) == Array(1...12))
    #expect(steps.map(\.epoch) == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3])
    #expect(steps.map(\.sequences) == [8, 8, 8, 6, 8, 8, 8, 6, 8, 8, 8, 6])

    let ends = Array(stride(from: window, through: 12, by: window))
    let points = ends + (ends.last == 12 ? [] : [12])
    #expect(progress.curve.map(\.step) == points)
    for (point, start) in zip(progress.curve, [0] + points) {
      let expected = mean(steps[start..<point.step]) { $0.losses.total }
      #expect(abs(point.total - expected) < 1e-12)
      #expect(point.terms == [point.total])
    }
    for epoch in progress.epochs {
      let last = epoch.epoch * 4
      #expect(epoch.step == last)
      #expect(abs(epoch.meanLoss - mean(steps[last - 4..<last]) { $0.losses.total }) < 1e-12)
      let end = ends.last { $0 <= last }
      let expected = end.map { end in mean(steps[end - window..<end]) { $0.losses.total } }
      #expect((epoch.windowLoss == nil) == (expected == nil))
      if let found = epoch.windowLoss, let expected { #expect(abs(found - expected) < 1e-12) }
    }
    #expect(progress.epochs.count == 3)
    #expect(progress.sequences == 90)
  }

  @Test("each term of an objective has its own means")
  func terms() throws {
    let observer = Onlooker()
    let progress = try TrainingKind.distillation.run(observer: observer)
    let names = ["soft_targets", "masked_lm", "cosine"]
    #expect(observer.steps.allSatisfy { $0.losses.terms.map(\.name) == names })
    #expect(progress.progress.curve.map(\.step) == [5, 10, 12])
    for (point, start) in zip(progress.progress.curve, [0, 5, 10]) {
      for term in names.indices {
        let expected = mean(observer.steps[start..<point.step]) { $0.losses.terms[term].value }
        #expect(abs(point.terms[term] - expected) < 1e-12)
      }
    }
    for step in observer.steps {
      let terms = step.losses.terms.map(\.value)
      #expect(abs(step.losses.total - (5 * terms[0] + 2 * terms[1] + terms[2])) < 1e-9)
    }
  }

  @Test("a limit of tokens ends with the step that reaches it", arguments: TrainingKind.allCases)
  func tokenLimit(_ kind: TrainingKind) throws {
    let whole = Onlooker()
    _ = try kind.run(observer: whole)
    let tokens = whole.steps.map(\.tokens)
    let firstFive = tokens[..<5].reduce(0, +)
    for (limit, steps) in [
      (1, 1), (tokens[0], 1), (tokens[0] + 1, 2), (firstFive - 1, 5), (firstFive, 5),
      (firstFive + 1, 6),
    ] {
      let observer = Onlooker()
      let progress = try kind.run(limit: .tokens(limit), observer: observer).progress
      #expect(progress.step == steps, "\(limit) tokens")
      #expect(observer.steps.allSatisfy { $0.totalSteps == steps })
      #expect(progress.tokens == tokens[..<steps].reduce(0, +))
      #expect(observer.steps.map(\.tokens) == Array(tokens[..<steps]))
    }
  }

  @Test("epochs and steps as limits", arguments: TrainingKind.allCases)
  func otherLimits(_ kind: TrainingKind) throws {
    for (limit, steps, epochs) in [
      (TrainingLimit.epochs(1), 4, 1), (.steps(4), 4, 1), (.steps(3), 3, 0), (.steps(9), 9, 2),
    ] {
      let progress = try kind.run(limit: limit).progress
      #expect(progress.step == steps)
      // Fine-tuning is evaluated where it ends, which makes a shorter epoch.
      let partial = kind == .fineTuning && steps % 4 > 0 ? 1 : 0
      #expect(progress.epoch == epochs + partial)
    }
  }

  @Test("the schedule's rate of each step, with warm-up and linear or constant after it")
  func learningRates() throws {
    for (decay, last) in [
      (LinearSchedule() as any LearningRateSchedule, 1.0 / 9), (ConstantSchedule(), 1.0),
    ] {
      var settings = Small.fineTuning(.epochs(3))
      settings.optimization.warmup = .fraction(0.25)
      settings.optimization.schedule = decay
      let observer = Onlooker()
      _ = try FineTuning(
        model: Small.model(.bert, layers: 1, heads: [.classification]),
        training: Small.labelled(30), validation: Small.labelled(5), settings: settings,
        selectBest: .evaluationLoss,
        engine: Engine(threadCount: 1), observer: observer
      ).run()
      let rates = observer.steps.map { $0.learningRate / 5e-3 }
      #expect(rates[0] == 0)  // warm-up of 3 of 12 steps, from 0
      #expect(abs(rates[1] - 1.0 / 3) < 1e-12)
      #expect(abs(rates[3] - 1) < 1e-12)
      #expect(abs(rates[11] - last) < 1e-12)
    }
  }
}
