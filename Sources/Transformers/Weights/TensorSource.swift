// Where stored weights come from: a safetensors file, a checkpoint, a test's dictionary.

/// Named tensors that can be read as float32.
public protocol TensorSource {
  /// What this is, for error messages: usually a path.
  var sourceDescription: String { get }
  var tensorNames: [String] { get }
  /// Sizes of the tensor, outermost first; nil if there is none of that name.
  func shape(ofTensor name: String) -> [Int]?
  /// Fills `values` with the tensor in row-major order; as many values as its shape says.
  func read(tensor name: String, into values: UnsafeMutableBufferPointer<Float>) throws
  /// The same for a parameter's memory, without a copy where the source can: its pages may become a view
  /// of a file's, of which those that are written to are copied then.
  func map(tensor name: String, into values: UnsafeMutableBufferPointer<Float>) throws
}

extension TensorSource {
  public func map(tensor name: String, into values: UnsafeMutableBufferPointer<Float>) throws {
    try read(tensor: name, into: values)
  }
}
