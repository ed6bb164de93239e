// What a run writes down as it goes: metrics, line by line, and its log.
import Foundation
import RetortDistillation
import RetortFiles
import RetortFormatting
import RetortOptions
import RetortRecords
import RetortStorage

/// Log and metrics of one run folder.
final class RunEvents {
  private let folder: RunFolder
  private weak var observer: (any RunObserver)?
  private var metrics: MetricsLog?
  private var progress: RunProgress?

  init(folder: RunFolder, observer: (any RunObserver)?) {
    self.folder = folder
    self.observer = observer
  }

  func note(_ text: String) {
    observer?.note(text)
    log(text)
  }

  /// Adds a line with the time to the log.
  func log(_ text: String) { append("\(Date().formatted(.iso8601)) \(text)\n") }

  func close() { metrics?.close() }

  // MARK: How far the stages have come

  /// Writes down what the run is going to do.
  /// - Parameter isNew: whether it begins anew, with nothing computed.
  func begin(_ progress: RunProgress, isNew: Bool) throws {
    self.progress = progress
    observer?.runBegan(progress, in: folder.path)
    log(
      "\(progress.definition), in \(folder.path), \(progress.threads) "
        + "thread\(progress.threads == 1 ? "" : "s"), \(progress.stages.count) "
        + "stage\(progress.stages.count == 1 ? "" : "s")")
    if isNew { try AtomicFile.replace(path: folder.computed, with: ComputedStages().text()) }
    try AtomicFile.replace(path: folder.progress, with: progress.text())
  }

  /// Writes down how far a stage has come. As with the log, a full disk is no reason to stop.
  func update(_ stage: String, _ change: (inout RunProgress.Stage) -> Void) {
    progress?.update(stage, change)
    guard let text = try? progress?.text() else { return }
    try? AtomicFile.replace(path: folder.progress, with: text)
  }

  func stageBegan(_ planned: PlannedStage, totalSteps: Int, resumedAt step: Int) {
    update(planned.id) { stage in
      stage.state = .running
      stage.totalSteps = totalSteps
      stage.mayStopEarly = planned.stage.work.mayStopEarly ? true : nil
      stage.resumedStep = step
      stage.checkpointStep = step > 0 ? step : nil
      stage.began = Date().timeIntervalSince1970
    }
    observer?.stageBegan(
      planned.id, kind: planned.kind, totalSteps: totalSteps,
      mayStopEarly: planned.stage.work.mayStopEarly, resumedAt: step)
  }

  func textBegan(_ planned: PlannedText, totalSentences: Int, resumedAt sentence: Int) {
    update(planned.id) { stage in
      stage.state = .running
      stage.totalSteps = totalSentences
      stage.resumedStep = sentence
      stage.checkpointStep = sentence > 0 ? sentence : nil
      stage.began = Date().timeIntervalSince1970
    }
    observer?.stageBegan(
      planned.id, kind: planned.kind, totalSteps: totalSentences, mayStopEarly: false,
      resumedAt: sentence)
  }

  // MARK: Metrics

  /// An observer of the training of one stage.
  /// - Parameter checkpoint: what the training will go on from, if that exists; lines of later steps are dropped.
  func watch(_ planned: PlannedStage, checkpoint: String?) throws -> StageWatcher {
    var step = 0
    if let checkpoint, Locations.exists(checkpoint) {
      step = Int(try Checkpoint(path: checkpoint).progress["step"]?.integer ?? 0)
    }
    metrics?.close()
    let log = try MetricsLog(path: folder.metrics, resuming: (stage: planned.id, step: step))
    metrics = log
    note(
      step > 0
        ? "\(planned.id): \(planned.kind.rawValue), going on after step \(step)"
        : "\(planned.id): \(planned.kind.rawValue)")
    return StageWatcher(
      stage: planned.id, resumedStep: step, metrics: log, events: self, observer: observer)
  }

  /// What the metrics say of one stage, to be kept with its result.
  func metrics(ofStage id: String) throws -> String {
    try metrics?.synchronize()
    return try MetricsLog.text(
      of: MetricsLog.read(path: folder.metrics).filter { $0.stage == id }, path: folder.metrics)
  }

  /// Puts what was kept of a stage into this run's metrics, unless the run has computed it itself.
  /// - Parameter path: where it was kept; stages of earlier versions have nothing there.
  func recallMetrics(of planned: PlannedStage, from path: String) throws {
    guard Locations.exists(path) else { return }
    let known = Locations.exists(folder.metrics) ? try MetricsLog.read(path: folder.metrics) : []
    guard !known.contains(where: { $0.stage == planned.id }) else { return }
    metrics?.close()
    let log = try MetricsLog(path: folder.metrics)
    metrics = log
    for var line in try MetricsLog.read(path: path) {
      line.stage = planned.id
      try log.append(line)
    }
    try log.synchronize()
  }

  func stageFinished(_ planned: PlannedStage, seconds: Double) throws {
    try finished(planned.id, planned.kind, seconds: seconds)
  }

  /// A stage of either kind.
  func finished(_ id: String, _ kind: StageKind, seconds: Double) throws {
    var computed = try Self.computedStages(in: folder)
    computed.add(id)
    try AtomicFile.replace(path: folder.computed, with: computed.text())
    update(id) { $0.state = .finished }
    log("\(id): finished in \(seconds.durationText)")
    observer?.stageCompleted(id, kind: kind, seconds: seconds)
  }

  private static let finished = "finished "

  /// Stages that runs in the folder have computed, and not found in the cache.
  static func computedStages(in folder: RunFolder) throws(RecordError) -> ComputedStages {
    if Locations.exists(folder.computed) { return try ComputedStages.read(path: folder.computed) }
    // Earlier versions said so in the log alone, in lines without a time.
    let log = (try? String(contentsOfFile: folder.log, encoding: .utf8)) ?? ""
    return ComputedStages(
      log.split(separator: "\n").filter { $0.hasPrefix(finished) }
        .map { String($0.dropFirst(finished.count)) })
  }

  private func append(_ text: String) {
    guard let descriptor = try? AppendedFile.open(path: folder.log) else { return }
    defer { Foundation.close(descriptor) }
    _ = Array(text.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }
}

/// Passes a training's events on to the metrics and to whoever looks on.
final class StageWatcher: TrainingObserver {
  let resumedStep: Int
  private let stage: String
  private let metrics: MetricsLog
  private let events: RunEvents
  private weak var observer: (any RunObserver)?

  init(
    stage: String, resumedStep: Int, metrics: MetricsLog, events: RunEvents,
    observer: (any RunObserver)?
  ) {
    self.stage = stage
    self.resumedStep = resumedStep
    self.metrics = metrics
    self.events = events
    self.observer = observer
  }

  var stopIsRequested: Bool { observer?.stopIsRequested ?? false }

  func stepCompleted(_ report: StepReport) throws {
    var values = Dictionary(
      uniqueKeysWithValues: report.losses.terms.map { ($0.name, $0.value) })
    values.merge(report.scheduled) { value, _ in value }
    values[.loss] = report.losses.total
    values[.learningRate] = report.learningRate
    values[.gradientNorm] = report.gradientNorm
    values[.tokens] = Double(report.tokens)
    try metrics.append(
      MetricsLine(
        event: .step, stage: stage, step: report.step, epoch: report.epoch, values: values))
    if let breakdown = report.breakdown { try append(breakdown, of: report) }
    log(report)
    observer?.stepCompleted(report, stage: stage)
  }

  /// The first step, and then one in each tenth of the stage.
  private func log(_ report: StepReport) {
    let tenths = [report.step - 1, report.step].map { $0 * 10 / max(1, report.totalSteps) }
    guard report.step == 1 || tenths[0] != tenths[1] else { return }
    events.log(
      "\(stage): epoch \(report.epoch), step \(report.step.grouped) of "
        + "\(report.totalSteps.grouped), loss \(report.losses.total.significant(4))")
  }

  private func append(_ breakdown: GradientBreakdown, of report: StepReport) throws {
    let names = report.losses.terms.map(\.name)
    var values: [String: Double] = [:]
    for (name, norm) in zip(names, breakdown.gradientNorms) {
      values["gradient_norm.\(name)"] = norm
    }
    for (pair, cosine) in zip(GradientBreakdown.pairs(termCount: names.count), breakdown.cosines) {
      values["gradient_cosine.\(names[pair.0]).\(names[pair.1])"] = cosine
    }
    values.merge(breakdown.measurements) { $1 }
    try metrics.append(
      MetricsLine(
        event: .account, stage: stage, step: report.step, epoch: report.epoch, values: values))
  }

  func epochCompleted(_ result: EpochResult) throws {
    try append(.epoch, result, "end of epoch \(result.epoch)")
    observer?.epochCompleted(result, stage: stage)
  }

  func evaluationCompleted(_ result: EpochResult) throws {
    try append(.evaluation, result, "evaluation after step \(result.step.grouped)")
    observer?.evaluationCompleted(result, stage: stage)
  }

  func stoppedEarly(_ stop: EarlyStop) throws { events.note("\(stage): \(stop.sentence)") }

  /// - Parameter place: what the log calls it.
  private func append(
    _ event: MetricsLine.Event, _ result: EpochResult, _ place: String
  ) throws {
    var values: [String: Double] = [:]
    values[.loss] = result.meanLoss
    if let evaluation = result.evaluation {
      values[.validationLoss] = evaluation.loss
      for metric in evaluation.metrics {
        precondition(values[metric.name] == nil, "a metric is called \(metric.name)")
        values[metric.name] = metric.value
      }
    }
    try metrics.append(
      MetricsLine(
        event: event, stage: stage, step: result.step, epoch: result.epoch, values: values))
    let figures = values.sorted { $0.key < $1.key }.map { "\($0) \($1.fixed(4))" }
    events.log("\(stage): \(place), \(figures.joined(separator: ", "))")
  }

  func checkpointWritten(path: String, step: Int) throws {
    try metrics.synchronize()
    events.update(stage) { $0.checkpointStep = step }
  }
}

extension [String: Double] {
  /// A value that every training has.
  fileprivate subscript(name: MetricsLine.Name) -> Double? {
    get { self[name.rawValue] }
    set {
      precondition(self[name.rawValue] == nil, "a term or metric is called \(name.rawValue)")
      self[name.rawValue] = newValue
    }
  }
}

extension EarlyStop {
  /// "stopped early after step 40: eval_loss did not improve in 3 evaluations in a row; the best is 0.1234, of step 10"
  var sentence: String {
    "stopped early after step \(step.grouped): \(metric) did not improve"
      + (threshold > 0 ? " by more than \(PlainNumber.text(threshold))" : "") + " in \(patience) "
      + "evaluation\(patience == 1 ? "" : "s")" + (patience == 1 ? "" : " in a row")
      + "; the best is \(bestValue.fixed(4)), of step \(bestStep.grouped)"
  }
}
