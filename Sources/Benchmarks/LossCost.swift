// What a loss takes besides another one.
import RetortDistillation
import RetortTensorEngine
import RetortText
import RetortTransformers

/// What a loss adds to the step of a distillation: a loss of one's own, and the same with further terms, in turns on the same
/// batches in one process. Each turn is a training of its own, by `MaskedLanguageTraining` or `FineTuning`.
public struct LossCost: Sendable, Equatable {
  /// Seconds of a step of each turn, the median of its measured steps: with the base alone, and with both.
  public var base: [Double]
  public var whole: [Double]
  /// Of the first batch, before any update and without dropout; with both.
  public var checkLoss: Double
  /// What was not right; then the times mean nothing.
  public var failures: [String]

  /// - Parameters:
  ///   - base: what is there anyway.
  ///   - added: terms of other names.
  ///   - batches: on which all of them can be taken.
  ///   - text: the sequences that are read, without masks of their own.
  ///   - alternations: pairs of turns; of the second the order is the other way round, and so on.
  public static func measure(
    student: BenchmarkedModel, teacher: BenchmarkedModel, base: Objective, added: Objective,
    on batches: BatchKind, text: ConnectedText, alternations: Int, settings: StepSettings,
    engine: Engine
  ) throws -> LossCost {
    let turns = LossTurns(
      student: student.model, teacher: teacher.model, batches: batches, text: text,
      settings: settings)
    let whole = Objective(base.terms + added.terms)
    let alone = try turns.initialLosses(of: whole, on: Engine(threadCount: 1))
    let all = try turns.initialLosses(of: whole, on: engine)
    var cost = LossCost(
      base: [], whole: [], checkLoss: all[0],
      failures: StepBenchmark.failures(of: "the first batch's loss", oneThread: alone, all: all))
    for turn in 0..<alternations {
      func measure(_ objective: Objective) throws -> Double {
        Sample(try turns.seconds(of: objective, on: engine)).median
      }
      if turn % 2 == 0 {
        cost.base.append(try measure(base))
        cost.whole.append(try measure(whole))
      } else {
        cost.whole.append(try measure(whole))
        cost.base.append(try measure(base))
      }
    }
    return cost
  }
}

/// Trainings of one student on the same batches.
private struct LossTurns {
  let student: TransformerModel
  let teacher: TransformerModel
  let batches: BatchKind
  let text: ConnectedText
  let settings: StepSettings

  /// The total, then the terms.
  func initialLosses(of objective: Objective, on engine: Engine) throws -> [Double] {
    switch batches {
    case .text, .maskedText:
      try distillation(objective, engine, nil).trainer.initialLosses().values
    case .labelledSentences, .scoredSentences:
      try fineTuning(objective, engine, nil).trainer.initialLosses().values
    }
  }

  /// Of each measured step.
  func seconds(of objective: Objective, on engine: Engine) throws -> [Double] {
    let clock = StepClock(warmup: settings.warmup)
    switch batches {
    case .text, .maskedText: _ = try distillation(objective, engine, clock).run()
    case .labelledSentences, .scoredSentences: _ = try fineTuning(objective, engine, clock).run()
    }
    return clock.seconds
  }

  private func distillation(
    _ objective: Objective, _ engine: Engine, _ clock: StepClock?
  ) throws -> MaskedLanguageTraining {
    MaskedLanguageTraining(
      student: student, teacher: try source(objective, engine), batches: text,
      settings: DistillationBenchmark.trainingSettings(objective, settings), engine: engine,
      observer: clock)
  }

  private func fineTuning(
    _ objective: Objective, _ engine: Engine, _ clock: StepClock?
  ) throws -> FineTuning {
    FineTuning(
      model: student, training: labelled,
      validation: labelled.examples(0..<1),
      teacher: try source(objective, engine),
      settings: DistillationBenchmark.trainingSettings(objective, settings), selectBest: .last,
      order: .sequential, engine: engine, observer: clock)
  }

  private func source(_ objective: Objective, _ engine: Engine) throws -> any TeacherSource {
    guard objective.readsOfTeacher.classLogits else {
      return LiveTeacher(model: teacher, engine: engine)
    }
    // As a stage does it: each sequence is answered once.
    return try ClassifierTeacher(
      model: teacher, training: text.sequences, reads: objective.readsOfTeacher, engine: engine)
  }

  /// The text's sequences with labels in turn: speed depends on no label.
  private var labelled: LabelledSequences {
    let count = text.sequenceCount
    guard batches == .labelledSentences else {
      return LabelledSequences(
        sequences: text.sequences, labels: nil, numbers: (0..<count).map { Float($0 % 5) })
    }
    let classes = student.configuration.labels.count
    return LabelledSequences(
      sequences: text.sequences, labels: (0..<count).map { Int32($0 % classes) })
  }
}

/// Takes the time of the steps after the warm-up.
private final class StepClock: TrainingObserver {
  private let warmup: Int
  private(set) var seconds: [Double] = []

  init(warmup: Int) { self.warmup = warmup }

  func stepCompleted(_ report: StepReport) {
    if report.step > warmup { seconds.append(report.seconds) }
  }

  func epochCompleted(_ result: EpochResult) {}
  func checkpointWritten(path: String, step: Int) {}
  var stopIsRequested: Bool { false }
}
