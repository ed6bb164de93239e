import Foundation
import RetortOptimization
import RetortStorage
import RetortTransformers

/// Writes and reads the checkpoints of one training.
public struct TrainingCheckpointing {
  /// Of the latest state: weights, moments, progress.
  public let path: String
  /// Of the best epoch's weights alone.
  public let bestPath: String
  public let interval: CheckpointInterval
  /// Definition, stage, digests and versions, written into every file.
  public let attributes: [String: StoredValue]
  /// Vocabulary and configuration: what makes a checkpoint usable by itself.
  public let files: [String: [UInt8]]
  /// Whether an existing checkpoint is gone on from; otherwise it is overwritten in due course.
  public let resumes: Bool

  public init(
    path: String, bestPath: String, interval: CheckpointInterval,
    attributes: [String: StoredValue], files: [String: [UInt8]], resumes: Bool
  ) {
    self.path = path
    self.bestPath = bestPath
    self.interval = interval
    self.attributes = attributes
    self.files = files
    self.resumes = resumes
  }

  /// - Parameters:
  ///   - objective: the terms' own parameters.
  ///   - settings: the training's.
  func save(
    model: TransformerModel, objective: [Parameter], optimizer: any Optimizer,
    settings: TrainingSettings, progress: TrainingProgress
  ) throws {
    var content = ModelCheckpoint.content(of: model, attributes: attributes, files: files)
    content.objective = objective.map {
      StoredTensor(path: $0.path, shape: $0.shape, values: UnsafeBufferPointer($0.values))
    }
    for name in type(of: settings.optimization.optimizer).stateNames {
      content.optimizer[name] = zip(optimizer.parameters, optimizer.state(named: name)).map {
        StoredTensor(
          path: $0.path, shape: $0.shape,
          values: UnsafeBufferPointer(rebasing: UnsafeBufferPointer($1.values)[..<$0.count]))
      }
    }
    content.progress = progress.storedValues.merging(TrainingNames(settings).storedValues) { $1 }
      .merging(settings.objective.storedLayers) { $1 }
    try Checkpoint.write(path: path, content: content)
  }

  /// The objective with the layers that were found where this training began; as it is where there is nothing to go on from.
  public func takingLayers(of objective: Objective) throws -> Objective {
    guard resumes, objective.searchesLayers, FileManager.default.fileExists(atPath: path) else {
      return objective
    }
    return objective.takingLayers(try Checkpoint(path: path).progress)
  }

  /// Keeps the weights as they are as the best so far, those after so many steps.
  func saveBest(model: TransformerModel, step: Int) throws {
    var attributes = attributes
    attributes[Self.bestStep] = .integer(Int64(step))
    try Checkpoint.write(
      path: bestPath,
      content: ModelCheckpoint.content(of: model, attributes: attributes, files: files))
  }

  /// Finds out whether the weights of the best evaluation are there, which the training may end with. The model has them
  /// afterwards, or anything.
  /// - Parameters:
  ///   - step: of the best so far.
  ///   - progress: that the training goes on from.
  /// - Throws: what is wrong, in one line.
  private func checkBest(
    _ step: Int, after progress: TrainingProgress, with model: TransformerModel
  ) throws {
    var problem: String?
    do {
      let best = try Checkpoint(path: bestPath)
      for (name, value) in attributes.sorted(by: { $0.key < $1.key })
      where Self.identifying.contains(name) && best.attributes[name] != value {
        problem = "\(bestPath): written with another \(name.replacing("_", with: " "))"
      }
      // A later step's is of a run that was killed before its checkpoint: it is computed and kept again.
      if case .integer(let found)? = best.attributes[Self.bestStep], found != step,
        found <= progress.step
      {
        problem = "\(bestPath): has the weights after step \(found)"
      }
      try ModelCheckpoint.load(best, into: model)
    } catch {
      problem = "\(error)"
    }
    guard let problem else { return }
    throw TrainingError.checkpoint(
      "\(problem); \(path) goes on after step \(progress.step) and needs the weights after step \(step), the best so "
        + "far, in \(bestPath): copy that file from where the run was, or remove \(path) to begin the stage anew"
    )
  }

  private static let bestStep = "best_step"

  /// Sets model, objective and optimizer to where the checkpoint stands; nil if there is none to go on from.
  /// - Parameter selection: which evaluation's weights the training ends with.
  /// - Throws: what differs between the checkpoint's training and the one of `settings`, or that the best weights
  ///   are not there.
  func restore(
    model: TransformerModel, objective: [Parameter], optimizer: any Optimizer,
    settings: TrainingSettings, selection: SelectionRule
  ) throws -> TrainingProgress? {
    guard resumes, FileManager.default.fileExists(atPath: path) else { return nil }
    let checkpoint = try Checkpoint(path: path)
    for (name, value) in attributes.sorted(by: { $0.key < $1.key })
    where Self.identifying.contains(name) && checkpoint.attributes[name] != value {
      throw TrainingError.foreignProgress(
        "\(path) was written with another \(name.replacing("_", with: " "))")
    }
    try TrainingNames(settings).check(checkpoint.progress, path: path)
    for (name, value) in settings.objective.storedLayers where checkpoint.progress[name] != value {
      throw TrainingError.foreignProgress("\(path) was written with other layers compared")
    }
    let progress = try TrainingProgress(storedValues: checkpoint.progress)
    let best = selection == .last ? nil : selection.best(of: progress.epochs)?.step
    // Right after the best evaluation the checkpoint has its weights.
    let hasBest = best == progress.step
    if let best, !hasBest { try checkBest(best, after: progress, with: model) }
    try ModelCheckpoint.load(checkpoint, into: model)
    if let best, hasBest { try saveBest(model: model, step: best) }
    try checkpoint.validate(
      expected: objective.map { TensorShape(path: $0.path, shape: $0.shape) }, in: "/objective")
    for parameter in objective {
      try checkpoint.read(parameter.path, in: "/objective", into: parameter.values)
    }
    let stateNames = type(of: settings.optimization.optimizer).stateNames
    guard checkpoint.optimizerGroups == stateNames.sorted() else {
      throw TrainingError.foreignProgress("\(path) was written with another optimizer")
    }
    for name in stateNames {
      let group = "/optimizer/\(name)"
      try checkpoint.validate(
        expected: optimizer.parameters.map { TensorShape(path: $0.path, shape: $0.shape) },
        in: group)
      for (parameter, buffer) in zip(optimizer.parameters, optimizer.state(named: name)) {
        try checkpoint.read(parameter.path, in: group, into: buffer.values)
      }
    }
    optimizer.stepCount = progress.step
    return progress
  }

  /// Attributes that must agree before a training goes on.
  static let identifying: Set<String> = [
    CheckpointAttribute.definition.rawValue, CheckpointAttribute.stage.rawValue,
    CheckpointAttribute.dataDigest.rawValue, CheckpointAttribute.vocabularyDigest.rawValue,
    CheckpointAttribute.coreType.rawValue,
  ]
}
