import RetortEvaluation
import RetortStorage

/// Where a training is, between two optimizer steps. With the weights and the moments it is enough to continue the
/// training to the same bits. Random numbers of counter-based streams follow from seed, step and place, so nothing of
/// them is kept.
public struct TrainingProgress: Sendable, Equatable {
  /// Optimizer steps done.
  public var step = 0
  /// Whole epochs done.
  public var epoch = 0
  /// Batches of the current epoch done.
  public var batch = 0
  public var sequences = 0
  public var tokens = 0
  /// Numbers drawn from a generator that is drawn from step by step; 0 where streams are counter-based.
  public var drawCount = 0
  /// Since the last point of the curve.
  public var window: LossSums
  /// Since the epoch began.
  public var epochLosses: LossSums
  public var curve: [CurvePoint] = []
  /// Ends of epochs, and evaluations that are counted by steps, in their order.
  public var epochs: [EpochResult] = []
  /// Of the steps whose gradient was broken down by term.
  public var breakdowns: [GradientBreakdown] = []
  /// Clock, not part of what must be equal: seconds of training and evaluating over all resumes.
  public var clock = TrainingClock()

  public init(termCount: Int) {
    window = LossSums(termCount: termCount)
    epochLosses = LossSums(termCount: termCount)
  }

  /// Counts a step.
  mutating func add(_ losses: StepLosses, sequences: Int, tokens: Int, batches: Int) {
    step += 1
    batch += batches
    self.sequences += sequences
    self.tokens += tokens
    epochLosses.add(losses)
    window.add(losses)
  }

  /// Makes a point of the curve of the steps since the last one.
  mutating func closeWindow() {
    guard window.steps > 0 else { return }
    curve.append(CurvePoint(step: step, total: window.meanTotal, terms: window.meanTerms))
    window = LossSums(termCount: window.terms.count)
  }

  /// Ends an epoch with its row.
  /// - Parameter window: steps that a point of the curve is the mean of.
  mutating func endEpoch(
    evaluation: ClassificationResult?, evaluationSeconds: Double, window: Int
  ) -> EpochResult {
    epoch += 1
    batch = 0
    let result = EpochResult(
      epoch: epoch, step: step, meanLoss: epochLosses.meanTotal,
      windowLoss: curve.last { $0.step % window == 0 }?.total, evaluation: evaluation)
    epochs.append(result)
    epochLosses = LossSums(termCount: epochLosses.terms.count)
    clock.add(evaluation: evaluationSeconds)
    clock.epochSeconds.append(clock.currentEpochSeconds)
    clock.currentEpochSeconds = 0
    return result
  }

  /// Adds the row of an evaluation that is counted by steps.
  /// - Parameters:
  ///   - batchCount: of the current epoch.
  ///   - window: steps that a point of the curve is the mean of.
  mutating func add(
    _ evaluation: ClassificationResult, batchCount: Int, evaluationSeconds: Double, window: Int
  ) -> EpochResult {
    let result = EpochResult(
      epoch: epoch + 1, step: step, passes: Double(epoch) + Double(batch) / Double(batchCount),
      meanLoss: epochLosses.meanTotal,
      windowLoss: curve.last { $0.step % window == 0 }?.total, evaluation: evaluation)
    epochs.append(result)
    clock.add(evaluation: evaluationSeconds)
    return result
  }
}

/// Mean losses over a window of steps.
public struct CurvePoint: Sendable, Equatable {
  /// Last step of the window.
  public var step: Int
  public var total: Double
  /// Unweighted, in the order of the objective's terms.
  public var terms: [Double]
}

/// What an epoch ended with, or an evaluation found that is counted by steps.
public struct EpochResult: Sendable, Equatable {
  /// The epoch that ended, or that the evaluation was in; counted from 1.
  public var epoch: Int
  /// Optimizer steps done by then.
  public var step: Int
  /// Of an evaluation that is counted by steps: passes over the training set by then, as the Trainer counts its
  /// `epoch`. Nil of an epoch's end.
  public var passes: Double?
  /// Mean over the steps of the epoch, up to this one.
  public var meanLoss: Double
  /// Of the last whole window before, nil before the first.
  public var windowLoss: Double?
  /// Nil of an epoch's end without one.
  public var evaluation: ClassificationResult?

  /// What tells it from other rows of a training: the epoch, or the step of an evaluation that is counted by them.
  public var number: Int { passes == nil ? epoch : step }

  public init(
    epoch: Int, step: Int, passes: Double? = nil, meanLoss: Double, windowLoss: Double?,
    evaluation: ClassificationResult?
  ) {
    self.epoch = epoch
    self.step = step
    self.passes = passes
    self.meanLoss = meanLoss
    self.windowLoss = windowLoss
    self.evaluation = evaluation
  }
}

public struct TrainingClock: Sendable, Equatable {
  public var seconds = 0.0
  public var evaluationSeconds = 0.0
  public var epochSeconds: [Double] = []
  /// Seconds since the current epoch began, over all resumes.
  public var currentEpochSeconds = 0.0
  public var resumes = 0
  public var peakMemoryBytes = 0
  /// Seconds of single steps, the latest few thousand, for medians.
  public var stepSeconds: [Double] = []
  static let keptSteps = 4096

  mutating func add(evaluation seconds: Double) {
    self.seconds += seconds
    evaluationSeconds += seconds
    currentEpochSeconds += seconds
  }

  mutating func add(step seconds: Double) {
    self.seconds += seconds
    currentEpochSeconds += seconds
    if stepSeconds.count == Self.keptSteps { stepSeconds.removeFirst(Self.keptSteps / 2) }
    stepSeconds.append(seconds)
  }
}

// MARK: - In a checkpoint

extension TrainingProgress {
  var storedValues: [String: StoredValue] {
    var values: [String: StoredValue] = [
      "step": .integer(Int64(step)), "epoch": .integer(Int64(epoch)),
      "batch": .integer(Int64(batch)), "sequences": .integer(Int64(sequences)),
      "tokens": .integer(Int64(tokens)), "draw_count": .integer(Int64(drawCount)),
      "window": .reals(window.storedValues),
      "epoch_losses": .reals(epochLosses.storedValues),
      "term_count": .integer(Int64(window.terms.count)),
      "curve": .reals(curve.flatMap { [Double($0.step), $0.total] + $0.terms }),
      "clock": .reals([
        clock.seconds, clock.evaluationSeconds, clock.currentEpochSeconds,
        Double(clock.resumes), Double(clock.peakMemoryBytes),
      ]),
      "epoch_seconds": .reals(clock.epochSeconds), "step_seconds": .reals(clock.stepSeconds),
    ]
    values.merge(StoredBreakdowns.values(breakdowns)) { $1 }
    for row in epochs { values.merge(Self.stored(row)) { $1 } }
    let steps = epochs.filter { $0.passes != nil }.map { Int64($0.step) }
    if !steps.isEmpty { values[Self.evaluatedStepsKey] = .integers(steps) }
    return values
  }

  /// Steps of the evaluations that are counted by them; absent where there is none.
  private static let evaluatedStepsKey = "evaluated_steps"

  /// What the keys of a row begin with.
  private static func prefix(epoch number: Int) -> String { "epoch_\(number)_" }
  private static func prefix(evaluatedStep step: Int) -> String { "evaluation_\(step)_" }

  private static func stored(_ row: EpochResult) -> [String: StoredValue] {
    let prefix = row.passes == nil ? prefix(epoch: row.epoch) : prefix(evaluatedStep: row.step)
    var values: [String: StoredValue] = [
      prefix + "result": .reals([
        Double(row.step), row.meanLoss, row.windowLoss ?? .nan,
        row.evaluation?.loss ?? .nan, Double(row.evaluation?.correct ?? -1),
      ])
    ]
    if let passes = row.passes {
      values[prefix + "place"] = .reals([Double(row.epoch), passes])
    }
    guard let evaluation = row.evaluation else { return values }
    if !evaluation.isRegression {
      values[prefix + "predictions"] = .integers(evaluation.predictions.map(Int64.init))
    }
    values[prefix + "logits"] = .reals(evaluation.logits.map(Double.init))
    let metrics = evaluation.metrics
    guard !metrics.isEmpty else { return values }
    values[prefix + "metric_names"] = .text(metrics.map(\.name).joined(separator: "\n"))
    values[prefix + "metric_values"] = .reals(metrics.map(\.value))
    return values
  }

  init(storedValues values: [String: StoredValue]) throws(TrainingError) {
    func integer(_ name: String) throws(TrainingError) -> Int {
      guard let value = values[name]?.integer else { throw .foreignProgress("no \(name)") }
      return Int(value)
    }
    func reals(_ name: String) throws(TrainingError) -> [Double] {
      guard let value = values[name]?.reals else { throw .foreignProgress("no \(name)") }
      return value
    }
    let termCount = try integer("term_count")
    step = try integer("step")
    epoch = try integer("epoch")
    batch = try integer("batch")
    sequences = try integer("sequences")
    tokens = try integer("tokens")
    drawCount = Int(values["draw_count"]?.integer ?? 0)  // files from before generators have none
    window = try LossSums(storedValues: reals("window"), termCount: termCount)
    epochLosses = try LossSums(storedValues: reals("epoch_losses"), termCount: termCount)
    let points = try reals("curve")
    curve = stride(from: 0, to: points.count, by: termCount + 2).map {
      CurvePoint(
        step: Int(points[$0]), total: points[$0 + 1],
        terms: Array(points[$0 + 2..<$0 + 2 + termCount]))
    }
    breakdowns = try StoredBreakdowns.breakdowns(in: values, termCount: termCount)
    let times = try reals("clock")
    guard times.count == 5 else { throw .foreignProgress("a clock of \(times.count) numbers") }
    clock = TrainingClock(
      seconds: times[0], evaluationSeconds: times[1], epochSeconds: try reals("epoch_seconds"),
      currentEpochSeconds: times[2], resumes: Int(times[3]), peakMemoryBytes: Int(times[4]),
      stepSeconds: try reals("step_seconds"))
    for number in 1..<epoch + 1 {
      epochs.append(try Self.row(Self.prefix(epoch: number), epoch: number, values))
    }
    let steps = values[Self.evaluatedStepsKey]?.integers ?? []
    guard !steps.isEmpty else { return }
    for step in steps {
      let prefix = Self.prefix(evaluatedStep: Int(step))
      let place = try reals(prefix + "place")
      guard place.count == 2 else {
        throw .foreignProgress("an evaluation's place of \(place.count) numbers")
      }
      var row = try Self.row(prefix, epoch: Int(place[0]), values)
      row.passes = place[1]
      epochs.append(row)
    }
    // Where both fall on one step, the evaluation came before the epoch's end.
    epochs.sort { ($0.step, $0.passes == nil ? 1 : 0) < ($1.step, $1.passes == nil ? 1 : 0) }
  }

  private static func row(
    _ prefix: String, epoch: Int, _ values: [String: StoredValue]
  ) throws(TrainingError) -> EpochResult {
    guard let result = values[prefix + "result"]?.reals else {
      throw .foreignProgress("no \(prefix)result")
    }
    guard result.count == 5 else {
      throw .foreignProgress("an epoch's result of \(result.count) numbers")
    }
    var row = EpochResult(
      epoch: epoch, step: Int(result[0]), meanLoss: result[1],
      windowLoss: result[2].isNaN ? nil : result[2], evaluation: nil)
    guard let logits = values[prefix + "logits"]?.reals else { return row }
    // Without predictions of classes it is a regression's.
    let predictions = values[prefix + "predictions"]?.integers
    var evaluation = ClassificationResult(
      loss: result[3], correct: predictions == nil ? nil : Int(result[4]),
      predictions: (predictions ?? []).map { Int($0) }, logits: logits.map { Float($0) })
    evaluation.metrics = try metrics(prefix, values, of: evaluation)
    row.evaluation = evaluation
    return row
  }

  private static func metrics(
    _ prefix: String, _ values: [String: StoredValue], of evaluation: ClassificationResult
  ) throws(TrainingError) -> [MetricValue] {
    guard let names = values[prefix + "metric_names"]?.text?.split(separator: "\n"),
      let numbers = values[prefix + "metric_values"]?.reals
    else {
      // Files of earlier versions have the number of right answers alone.
      return evaluation.accuracy.map { [MetricValue(name: Accuracy.name, value: $0)] } ?? []
    }
    guard names.count == numbers.count else {
      throw .foreignProgress("\(names.count) names of metrics and \(numbers.count) values")
    }
    return zip(names, numbers).map { MetricValue(name: String($0), value: $1) }
  }
}
