// Safetensors files as sources of weights.
import RetortStorage

extension SafetensorsFile: TensorSource {
  public var sourceDescription: String { path }
  public var tensorNames: [String] { entries.map(\.name) }

  public func shape(ofTensor name: String) -> [Int]? { entry(name)?.shape }

  public func read(
    tensor name: String, into values: UnsafeMutableBufferPointer<Float>
  ) throws { try read(name, into: values) }
}
