// Parameters made from and read as arrays.
import RetortTensorEngine

extension Parameter {
  public convenience init(
    _ values: [Float], path: String = "parameter", kind: ParameterKind = .weight, shape: [Int]
  ) {
    self.init(path: path, kind: kind, shape: shape)
    set(values)
  }

  public func set(_ values: [Float]) {
    precondition(values.count == count, "\(path): \(values.count) values for \(shape)")
    for (i, value) in values.enumerated() { self.values[i] = value }
  }

  public var valueArray: [Float] { Array(values) }

  /// The gradient, zeros where there is none.
  public var gradientArray: [Float] {
    gradientValues() ?? [Float](repeating: 0, count: count)
  }
}
