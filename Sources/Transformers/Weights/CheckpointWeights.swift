// Models in checkpoints.
import RetortStorage

/// The model of a checkpoint; its tensors are named by our paths (`WeightNames.own`).
public struct CheckpointWeights: TensorSource {
  public let checkpoint: Checkpoint
  public let tensorNames: [String]
  private let shapes: [String: [Int]]

  /// - Parameter group: where the tensors are, such as `/model`.
  public init(_ checkpoint: Checkpoint, group: String = "/model") {
    self.checkpoint = checkpoint
    self.group = group
    let found = checkpoint.tensorShapes(in: group)
    tensorNames = found.map(\.path)
    shapes = Dictionary(uniqueKeysWithValues: found.map { ($0.path, $0.shape) })
  }

  private let group: String

  public var sourceDescription: String { checkpoint.path }

  public func shape(ofTensor name: String) -> [Int]? { shapes[name] }

  public func read(
    tensor name: String, into values: UnsafeMutableBufferPointer<Float>
  ) throws { try checkpoint.read(name, in: group, into: values) }

  public func map(
    tensor name: String, into values: UnsafeMutableBufferPointer<Float>
  ) throws { try checkpoint.map(name, in: group, into: values) }
}

extension TransformerModel {
  /// The values of all parameters, to be written to a checkpoint; valid while the model lives.
  public var storedTensors: [StoredTensor] {
    parameters.map {
      StoredTensor(path: $0.path, shape: $0.shape, values: UnsafeBufferPointer($0.values))
    }
  }
}
