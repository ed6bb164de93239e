import Foundation
import Optimization
import Storage
import Transformers

/// What every training loop does between its own forward passes: update, account, observe, save.
final class TrainingSession {
  let model: TransformerModel
  let engine: Engine
  let settings: OptimizationSettings
  let totalSteps: Int
  /// Steps a point of the curve is the mean of.
  let window: Int
  let checkpointing: TrainingCheckpointing?
  weak var observer: (any TrainingObserver)?
  var progress: TrainingProgress

  private let optimizer: any Optimizer
  private let learningRate: LearningRate
  private var stepStart = ContinuousClock.now
  private var lastSave = ContinuousClock.now

  init(
    model: TransformerModel, optimizer: any Optimizer, engine: Engine,
    settings: OptimizationSettings,
    totalSteps: Int, window: Int, termCount: Int, checkpointing: TrainingCheckpointing?,
    observer: (any TrainingObserver)?
  ) throws {
    self.model = model
    self.engine = engine
    self.settings = settings
    self.totalSteps = totalSteps
    self.window = window
    self.checkpointing = checkpointing
    self.observer = observer
    self.optimizer = optimizer
    learningRate = settings.learningRate(totalSteps: totalSteps)
    progress = TrainingProgress(termCount: termCount)
    progress.clock.stepSeconds.reserveCapacity(TrainingClock.keptSteps)
    if let stored = try checkpointing?.restore(
      model: model, optimizer: optimizer, stateNames: type(of: settings.optimizer).stateNames)
    {
      guard stored.window.terms.count == termCount else {
        throw TrainingError.foreignProgress(
          "it has \(stored.window.terms.count) loss terms, not \(termCount)")
      }
      progress = stored
      progress.clock.resumes += 1
    }
  }

  var isFinished: Bool { progress.step >= totalSteps }

  /// Updates the parameters from their gradients and accounts for the step.
  /// - Parameters:
  ///   - losses: what the step found.
  ///   - account: what its terms asked for, where that was looked at.
  ///   - examples: numbers of the examples it saw, for an error's message.
  ///   - batches: how many batches of the epoch it took.
  func finishStep(
    _ losses: StepLosses, account: LossAccount? = nil, examples: [Int], tokens: Int, batches: Int
  ) throws {
    for term in losses.terms where !term.value.isFinite {
      throw TrainingError.notFinite(
        term: term.name, value: term.value, step: progress.step + 1, examples: examples)
    }
    let norm = optimizer.gradientNorm(on: engine)
    guard norm.isFinite else {
      throw TrainingError.notFinite(
        term: "the gradient's norm", value: norm, step: progress.step + 1, examples: examples)
    }
    let learningRate = learningRate.at(step: progress.step)
    optimizer.step(
      learningRate: learningRate,
      gradientScale: GradientClipping(maximumNorm: settings.optimizer.maximumGradientNorm)
        .coefficient(norm: norm),
      on: engine)
    // Of all parameters: products with trained neighbours leave marks on frozen ones too.
    model.clearGradients()

    progress.step += 1
    progress.batch += batches
    progress.sequences += examples.count
    progress.tokens += tokens
    progress.epochLosses.add(losses)
    progress.window.add(losses)
    if progress.step % window == 0 || isFinished { closeWindow() }
    if let account { progress.accounts.append(account) }
    try report(losses, account, learningRate, norm, examples.count, tokens)
  }

  /// After a step that is not the last of its epoch or of the training: saves if it is time to, or if somebody
  /// asked to stop; then it does not return.
  func saveIfDue() throws {
    let isDue =
      switch checkpointing?.interval {
      case .minutes(let minutes): (.now - lastSave) / .seconds(1) >= minutes * 60
      case .steps(let steps): progress.step % steps == 0
      case .never, nil: false
      }
    let stops = observer?.stopIsRequested ?? false
    if isDue || stops { try save() }
    if stops { throw interruption }
  }

  /// After the checkpoint of an epoch's end: does not return if somebody asked to stop with steps left to do.
  func stopIfRequested() throws {
    if observer?.stopIsRequested ?? false, !isFinished { throw interruption }
  }

  private var interruption: TrainingError {
    .interrupted(step: progress.step, checkpoint: checkpointing?.path)
  }

  func save() throws {
    guard let checkpointing else { return }
    progress.clock.peakMemoryBytes = max(progress.clock.peakMemoryBytes, ProcessMemory.peakBytes)
    try checkpointing.save(
      model: model, optimizer: optimizer, stateNames: type(of: settings.optimizer).stateNames,
      progress: progress)
    lastSave = .now
    try observer?.checkpointWritten(path: checkpointing.path, step: progress.step)
  }

  /// Ends an epoch with its row; the loop saves it.
  func finishEpoch(evaluation: ClassificationResult?, evaluationSeconds: Double) throws {
    progress.epoch += 1
    progress.batch = 0
    let result = EpochResult(
      epoch: progress.epoch, step: progress.step, meanLoss: progress.epochLosses.meanTotal,
      windowLoss: progress.curve.last { $0.step % window == 0 }?.total, evaluation: evaluation)
    progress.epochs.append(result)
    progress.epochLosses = LossSums(termCount: progress.epochLosses.terms.count)
    progress.clock.seconds += evaluationSeconds
    progress.clock.evaluationSeconds += evaluationSeconds
    progress.clock.epochSeconds.append(progress.clock.currentEpochSeconds + evaluationSeconds)
    progress.clock.currentEpochSeconds = 0
    try observer?.epochCompleted(result)
    stepStart = .now
  }

  private func closeWindow() {
    guard progress.window.steps > 0 else { return }
    progress.curve.append(
      CurvePoint(
        step: progress.step, total: progress.window.meanTotal, terms: progress.window.meanTerms))
    progress.window = LossSums(termCount: progress.window.terms.count)
  }

  private func report(
    _ losses: StepLosses, _ account: LossAccount?, _ learningRate: Double, _ norm: Double,
    _ sequences: Int, _ tokens: Int
  ) throws {
    let now = ContinuousClock.now
    let seconds = (now - stepStart) / .seconds(1)
    stepStart = now
    progress.clock.seconds += seconds
    progress.clock.currentEpochSeconds += seconds
    if progress.clock.stepSeconds.count == TrainingClock.keptSteps {
      progress.clock.stepSeconds.removeFirst(TrainingClock.keptSteps / 2)
    }
    progress.clock.stepSeconds.append(seconds)
    try observer?.stepCompleted(
      StepReport(
        step: progress.step, totalSteps: totalSteps, epoch: progress.epoch + 1, losses: losses,
        learningRate: learningRate, gradientNorm: norm, sequences: sequences, tokens: tokens,
        seconds: seconds, account: account))
  }
}
