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
    clock.seconds += evaluationSeconds
    clock.evaluationSeconds += evaluationSeconds
    clock.epochSeconds.append(clock.currentEpochSeconds + evaluationSeconds)
    clock.currentEpochSeconds = 0
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

/// What an epoch ended with.
public struct EpochResult: Sendable, Equatable {
  /// Counted from 1.
  public var epoch: Int
  /// Optimizer steps done at its end.
  public var step: Int
  /// Mean over the steps of the epoch.
  public var meanLoss: Double
  /// Of the last whole window before the epoch's end, nil before the first.
  public var windowLoss: Double?
  /// Nil for stages that are not evaluated.
  public var evaluation: ClassificationResult?
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
    for result in epochs {
      let prefix = "epoch_\(result.epoch)_"
      values[prefix + "result"] = .reals([
        Double(result.step), result.meanLoss, result.windowLoss ?? .nan,
        result.evaluation?.loss ?? .nan, Double(result.evaluation?.correct ?? -1),
      ])
      guard let evaluation = result.evaluation else { continue }
      if !evaluation.isRegression {
        values[prefix + "predictions"] = .integers(evaluation.predictions.map(Int64.init))
      }
      values[prefix + "logits"] = .reals(evaluation.logits.map(Double.init))
      let metrics = evaluation.metrics
      guard !metrics.isEmpty else { continue }
      values[prefix + "metric_names"] = .text(metrics.map(\.name).joined(separator: "\n"))
      values[prefix + "metric_values"] = .reals(metrics.map(\.value))
    }
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
      let prefix = "epoch_\(number)_"
      let result = try reals(prefix + "result")
      guard result.count == 5 else {
        throw .foreignProgress("an epoch's result of \(result.count) numbers")
      }
      var evaluation: ClassificationResult?
      if values[prefix + "logits"] != nil {
        // Without predictions of classes it is a regression's.
        let predictions = values[prefix + "predictions"]?.integers
        var stored = ClassificationResult(
          loss: result[3], correct: predictions == nil ? nil : Int(result[4]),
          predictions: (predictions ?? []).map { Int($0) },
          logits: try reals(prefix + "logits").map { Float($0) })
        stored.metrics = try Self.metrics(prefix, values, of: stored)
        evaluation = stored
      }
      epochs.append(
        EpochResult(
          epoch: number, step: Int(result[0]), meanLoss: result[1],
          windowLoss: result[2].isNaN ? nil : result[2], evaluation: evaluation))
    }
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
