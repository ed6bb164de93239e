// What a benchmark of training steps found.
import RetortTensorEngine

/// Time, memory and work of a training's steps, beside what the machine can do.
public struct StepResult: Encodable, Sendable {
  /// One operation in one phase, the measured steps together.
  public struct Operation: Sendable, Codable, Equatable {
    public var name: String
    public var phase: String
    public var calls: Int
    public var seconds: Double
    public var flops: Int
    public var bytes: Int
  }

  public struct Ceilings: Sendable, Codable, Equatable {
    public var threads: Int
    /// 10⁹ floating-point operations a second.
    public var gflops: Double
    public var bytesPerSecond: Double

    init(_ measured: MachineCeilings) {
      threads = measured.threads
      gflops = measured.flopsPerSecond / 1e9
      bytesPerSecond = measured.bytesPerSecond
    }
  }

  public var run: TimedRun
  /// Of the first batch, before any update and without dropout.
  public var checkLoss: Double
  /// `fresh` or `late`.
  public var state: String
  /// Tokens of each sequence of a distillation.
  public var length: Int?
  /// Where a distillation's targets come from.
  public var targets: String?
  public var teacher: String?
  /// The terms of a loss of one's own.
  public var loss: String?
  public var operations: [Operation]
  /// Of all measured steps.
  public var flops: Int
  public var flopsPerStep: Double
  /// 10⁹ floating-point operations a second of a step's own products, by themselves at their own shapes.
  public var productGflops: Double
  public var productSecondsPerStep: Double
  public var stepOverProducts: Double
  public var ceilings: Ceilings
  /// Of a warm step.
  public var pageFaultsPerStep: Double
  /// The most that a step's activations have taken; gradients of activations come on top.
  public var peakActivationBytes: Int
  /// What was not right; then the times mean nothing.
  public var failures: [String]

  enum CodingKeys: CodingKey {
    case checkLoss, state, length, targets, teacher, loss, operations, flops, flopsPerStep
    case productGflops, productSecondsPerStep, stepOverProducts, ceilings, pageFaultsPerStep
    case peakActivationBytes, failures
  }

  public func encode(to encoder: any Encoder) throws {
    try run.encode(to: encoder)
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(checkLoss, forKey: .checkLoss)
    try values.encode(state, forKey: .state)
    try values.encodeIfPresent(length, forKey: .length)
    try values.encodeIfPresent(targets, forKey: .targets)
    try values.encodeIfPresent(teacher, forKey: .teacher)
    try values.encodeIfPresent(loss, forKey: .loss)
    try values.encode(operations, forKey: .operations)
    try values.encode(flops, forKey: .flops)
    try values.encode(flopsPerStep, forKey: .flopsPerStep)
    try values.encode(productGflops, forKey: .productGflops)
    try values.encode(productSecondsPerStep, forKey: .productSecondsPerStep)
    try values.encode(stepOverProducts, forKey: .stepOverProducts)
    try values.encode(ceilings, forKey: .ceilings)
    try values.encode(pageFaultsPerStep, forKey: .pageFaultsPerStep)
    try values.encode(peakActivationBytes, forKey: .peakActivationBytes)
    try values.encode(failures, forKey: .failures)
  }
}

extension StepResult.Operation {
  init(_ total: WorkMeter.Total) {
    self.init(
      name: total.operation.name, phase: total.phase.name, calls: total.calls,
      seconds: total.seconds, flops: total.flops, bytes: total.bytes)
  }
}
