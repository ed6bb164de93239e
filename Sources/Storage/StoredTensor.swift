// A float32 tensor by name, shape and memory.

/// A tensor in borrowed memory: it must stay valid while this value is used.
public struct StoredTensor: @unchecked Sendable {
  /// Name in its group, such as `encoder.layer.0.attention.query.weight`.
  public let path: String
  public let shape: [Int]
  /// The elements in row-major order, as many as the shape says.
  public let values: UnsafeBufferPointer<Float>

  public init(path: String, shape: [Int], values: UnsafeBufferPointer<Float>) {
    precondition(
      shape.reduce(1, *) == values.count,
      "\(path): \(values.count) elements for shape \(shape)")
    self.path = path
    self.shape = shape
    self.values = values
  }
}

/// Name and shape of a tensor that a model expects.
public struct TensorShape: Equatable, Sendable, CustomStringConvertible {
  public let path: String
  public let shape: [Int]

  public init(path: String, shape: [Int]) {
    self.path = path
    self.shape = shape
  }

  public var description: String { "\(path) \(shape)" }
}

/// How the tensors found differ from those expected: all of it at once, each list in the order of names.
public struct TensorMismatch: Equatable, Sendable, CustomStringConvertible {
  public let missing: [String]
  public let unexpected: [String]
  public let misshapen: [Misshapen]

  public struct Misshapen: Equatable, Sendable, CustomStringConvertible {
    public let path: String
    public let expected: [Int]
    public let found: [Int]

    public var description: String { "\(path) (expected \(expected), found \(found))" }
  }

  /// The difference, nil if there is none.
  public init?(expected: [TensorShape], found: [TensorShape]) {
    let foundShapes = Dictionary(found.map { ($0.path, $0.shape) }) { first, _ in first }
    let expectedNames = Set(expected.map(\.path))
    missing = expected.map(\.path).filter { foundShapes[$0] == nil }.sorted()
    unexpected = found.map(\.path).filter { !expectedNames.contains($0) }.sorted()
    misshapen =
      expected.compactMap { tensor in
        guard let shape = foundShapes[tensor.path], shape != tensor.shape else { return nil }
        return Misshapen(path: tensor.path, expected: tensor.shape, found: shape)
      }.sorted { $0.path < $1.path }
    if missing.isEmpty, unexpected.isEmpty, misshapen.isEmpty { return nil }
  }

  public var description: String {
    [("missing", missing), ("unexpected", unexpected), ("misshapen", misshapen.map(\.description))]
      .filter { !$0.1.isEmpty }
      .map { "\($0.1.count) \($0.0): \($0.1.joined(separator: ", "))" }
      .joined(separator: "; ")
  }
}
