// When a fine-tuning is evaluated, and when that ends it.
import RetortEvaluation
import RetortStorage
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortDistillation

@Suite("Evaluations within epochs, and early stopping")
struct EvaluationIntervalTests {
  /// Four steps an epoch. The validation set has the opposite classes where the model is to get worse.
  private func train(
    _ interval: EvaluationInterval, limit: TrainingLimit = .epochs(3),
    select rule: SelectionRule = .evaluationLoss, stopping: EarlyStopping? = nil,
    flipped: Bool = true, random: RandomSource = .counter,
    _ checkpointing: TrainingCheckpointing? = nil, _ observer: Onlooker = Onlooker()
  ) throws -> (model: TransformerModel, progress: TrainingProgress, stop: EarlyStop?) {
    let model = Small.model(.bert, layers: 2, heads: [.classification], dropout: 0.1)
    let training = FineTuning(
      model: model, training: Small.labelled(30), validation: Small.labelled(30, flipped: flipped),
      settings: Small.fineTuning(limit), selectBest: rule, evaluateEvery: interval,
      earlyStopping: stopping, random: random, engine: Engine(threadCount: 2),
      checkpointing: checkpointing, observer: observer)
    var progress = try training.run()
    progress.clock = TrainingClock()
    return (model, progress, training.earlyStop)
  }

  private func evaluated(_ progress: TrainingProgress) -> [Int] {
    progress.epochs.filter { $0.evaluation != nil }.map(\.step)
  }

  @Test(
    "every so many steps, whatever the epochs; the last step too where its weights are kept",
    arguments: [
      (SelectionRule.evaluationLoss, [3, 6, 9, 12]), (.last, [3, 6, 9, 12]),
    ])
  func bySteps(_ rule: SelectionRule, _ steps: [Int]) throws {
    let observer = Onlooker()
    let progress = try train(.steps(3), select: rule, nil, observer).progress
    #expect(evaluated(progress) == steps)
    #expect(observer.evaluations.map(\.step) == steps)
    #expect(observer.evaluations.map(\.epoch) == [1, 2, 3, 3])
    #expect(observer.evaluations.map(\.passes) == [0.75, 1.5, 2.25, 3])
    // Ends of epochs are told all the same, without an evaluation.
    #expect(observer.epochs.map(\.step) == [4, 8, 12])
    #expect(observer.epochs.allSatisfy { $0.evaluation == nil })
    // On one step the evaluation comes first.
    #expect(progress.epochs.suffix(2).map { $0.passes == nil } == [false, true])
  }

  @Test("a last step that the interval leaves out is evaluated only where it must be")
  func lastStep() throws {
    func check(
      _ interval: EvaluationInterval, limit: TrainingLimit = .epochs(3),
      select rule: SelectionRule = .evaluationLoss, _ expected: [Int],
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let steps = evaluated(try train(interval, limit: limit, select: rule).progress)
      #expect(steps == expected, sourceLocation: sourceLocation)
      // What a forecast expects is what there is.
      let total = if case .steps(let steps) = limit { steps } else { 12 }
      #expect(
        interval.count(steps: total, epochs: (total + 3) / 4, selectBest: rule) == steps.count,
        sourceLocation: sourceLocation)
    }
    try check(.steps(5), [5, 10])
    try check(.steps(5), select: .last, [5, 10, 12])
    try check(.steps(3), select: .last, [3, 6, 9, 12])
    try check(.steps(100), [12])
    try check(.steps(4), limit: .steps(6), [4])
    try check(.epochs(1), limit: .steps(6), [4, 6])
    try check(.epochs(2), [8])
    try check(.epochs(2), select: .last, [8, 12])
    try check(.epochs(5), [12])
  }

  @Test("training is the same to the bit however often it is evaluated")
  func untouched() throws {
    let often = try train(.steps(1), select: .last)
    let seldom = try train(.epochs(1), select: .last)
    #expect(often.model.valuesByPath == seldom.model.valuesByPath)
    #expect(often.progress.curve == seldom.progress.curve)
    #expect(
      often.progress.epochs.filter { [4, 8, 12].contains($0.step) && $0.passes != nil }
        .map(\.evaluation) == seldom.progress.epochs.map(\.evaluation))
    // The epoch's mean up to a step is that of the epoch at its end.
    #expect(
      often.progress.epochs.filter { $0.step == 8 }.map(\.meanLoss)
        == [seldom.progress.epochs[1].meanLoss, seldom.progress.epochs[1].meanLoss])
  }

  @Test("the weights of the best evaluation come out, from a file or from memory")
  func weights() throws {
    let folder = try TemporaryFolder()
    for checkpointing in [nil, Small.checkpointing(folder)] {
      let (model, progress, _) = try train(.steps(3), checkpointing)
      let best = try #require(SelectionRule.evaluationLoss.best(of: progress.epochs))
      #expect(best.step == 3, "against the opposite classes the first is the best")
      let result = try ClassificationEvaluation.evaluate(
        model, on: Small.labelled(30, flipped: true),
        in: ComputeScope(engine: Engine(threadCount: 2), recording: false))
      #expect(result == best.evaluation)
    }
  }

  // MARK: Early stopping

  @Test("ends after as many evaluations without an improvement, on the schedule of all steps")
  func stops() throws {
    let observer = Onlooker()
    let (_, progress, stop) = try train(
      .steps(2), limit: .epochs(5), stopping: EarlyStopping(patience: 2), nil, observer)
    #expect(progress.step == 6 && evaluated(progress) == [2, 4, 6])
    #expect(stop?.step == 6 && stop?.bestStep == 2 && stop?.metric == "eval_loss")
    #expect(stop == observer.stop)
    #expect(progress.curve.last?.step == 6, "the last window is closed")
    let whole = Onlooker()
    _ = try train(.steps(2), limit: .epochs(5), nil, whole)
    #expect(whole.stop == nil && whole.steps.count == 20)
    #expect(observer.steps.map(\.learningRate) == whole.steps.prefix(6).map(\.learningRate))
    #expect(observer.steps.map(\.losses) == whole.steps.prefix(6).map(\.losses))
  }

  @Test("at epochs' ends too; not on the last planned step, which is no early end")
  func stopsAtEpochs() throws {
    let (_, progress, stop) = try train(.epochs(1), stopping: EarlyStopping(patience: 1))
    #expect(progress.step == 8 && stop?.step == 8)
    let none = try train(.epochs(1), stopping: EarlyStopping(patience: 2))
    #expect(none.progress.step == 12 && none.stop == nil)
  }

  /// All that must be equal of two trainings, by bits.
  private func saved(_ path: String) throws -> [String: [UInt32]] {
    let checkpoint = try Checkpoint(path: path)
    var saved: [String: [UInt32]] = [:]
    for group in ["/model"] + checkpoint.optimizerGroups.map({ "/optimizer/\($0)" }) {
      for name in checkpoint.tensorNames(in: group) {
        saved["\(group)/\(name)"] = try checkpoint.values(name, in: group).map(\.bitPattern)
      }
    }
    return saved
  }

  @Test(
    "stopped or killed anywhere, it goes on to the same bits and the same early end",
    arguments: [RandomSource.counter, .torch24CPU])
  func resumes(_ random: RandomSource) throws {
    let stopping = EarlyStopping(patience: 3)
    let folder = try TemporaryFolder()
    let whole = try train(
      .steps(3), limit: .epochs(6), stopping: stopping, random: random, Small.checkpointing(folder))
    let end = whole.progress.step
    #expect(whole.stop?.step == end && end < 24 && end > 9)
    for step in 1..<end {
      for kills in [false, true] {
        let folder = try TemporaryFolder()
        let observer = Onlooker()
        if kills { observer.failsAtStep = step } else { observer.stopsAt = step }
        #expect(throws: (any Error).self) {
          try train(
            .steps(3), limit: .epochs(6), stopping: stopping, random: random,
            Small.checkpointing(folder, every: .steps(2), resumes: true), observer)
        }
        let last = Small.checkpointing(folder, every: .steps(2), resumes: true)
        let again = try train(
          .steps(3), limit: .epochs(6), stopping: stopping, random: random, last)
        #expect(again.progress == whole.progress, "step \(step), killed \(kills)")
        #expect(again.stop == whole.stop)
        #expect(again.model.valuesByPath == whole.model.valuesByPath)
        #expect(try saved(last.path) == saved(Small.checkpointing(folder).path))
      }
    }
    // Ended early, it is not trained again.
    let observer = Onlooker()
    let again = try train(
      .steps(3), limit: .epochs(6), stopping: stopping, random: random,
      Small.checkpointing(folder, resumes: true), observer)
    #expect(observer.steps.isEmpty && again.stop == whole.stop)
    #expect(again.model.valuesByPath == whole.model.valuesByPath)
  }

  @Test("a checkpoint keeps the rows in their order")
  func storedRows() throws {
    let folder = try TemporaryFolder()
    let path = Small.checkpointing(folder).path
    let progress = try train(.steps(2), Small.checkpointing(folder)).progress
    let stored = try TrainingProgress(storedValues: Checkpoint(path: path).progress)
    #expect(stored.epochs == progress.epochs)
    #expect(stored.epochs.count == 6 + 3)
  }
}

@Suite("EarlyStoppingCallback of transformers, decision by decision")
struct EarlyStoppingParityTests {
  @Test("made-up metrics, thresholds and ties")
  func decisions() throws {
    let fixture = try Fixture("early_stopping.h5")
    let offsets = try fixture.integers("offsets").map { Int($0) }
    let (all, counters) = (
      try fixture.doubles("values"), try fixture.integers("counter").map { Int($0) }
    )
    let (patience, threshold) = (
      try fixture.integers("patience"), try fixture.doubles("threshold")
    )
    let (greater, ends) = (
      try fixture.integers("greater_is_better"), try fixture.integers("stops_at")
    )
    #expect(ends.count > 100 && ends.count { $0 >= 0 } > 20 && ends.count { $0 < 0 } > 20)
    for number in ends.indices {
      let range = offsets[number]..<offsets[number + 1]
      let values = Array(all[range])
      let stopping = EarlyStopping(
        patience: Int(patience[number]), threshold: threshold[number])
      let counts = values.indices.map { last in
        stopping.failures(among: values[...last]) { greater[number] == 1 ? $0 > $1 : $0 < $1 }
      }
      #expect(counts == Array(counters[range]), "\(values), \(stopping)")
      let end = counts.firstIndex { $0 >= stopping.patience } ?? -1
      #expect(end == Int(ends[number]), "\(values), \(stopping)")
    }
  }
}
