// Files of weights, whichever program wrote them.
import RetortStorage

/// A file of named tensors.
public protocol WeightFile: TensorSource, Sendable {
  /// What the file's format calls the type of a tensor's elements; nil if there is no such tensor.
  func elementType(ofTensor name: String) -> String?
  /// What the file says of itself.
  var metadata: [String: String] { get }
}

extension SafetensorsFile: WeightFile {
  public var sourceDescription: String { path }
  public var tensorNames: [String] { entries.map(\.name) }

  public func shape(ofTensor name: String) -> [Int]? { entry(name)?.shape }

  public func elementType(ofTensor name: String) -> String? { entry(name)?.type.rawValue }

  public func read(
    tensor name: String, into values: UnsafeMutableBufferPointer<Float>
  ) throws { try read(name, into: values) }
}

extension TorchFile: WeightFile {
  public var sourceDescription: String { path }
  public var tensorNames: [String] { entries.map(\.name) }
  public var metadata: [String: String] { [:] }

  public func shape(ofTensor name: String) -> [Int]? { entry(name)?.shape }

  public func elementType(ofTensor name: String) -> String? { entry(name)?.type }

  public func read(
    tensor name: String, into values: UnsafeMutableBufferPointer<Float>
  ) throws { try read(name, into: values) }
}
