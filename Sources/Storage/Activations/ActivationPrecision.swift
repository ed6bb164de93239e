import RetortNumbers

/// How numbers are stored.
public enum ActivationPrecision: String, Sendable, CaseIterable {
  case f16, f32

  var elementType: ElementType { self == .f16 ? .float16 : .float32 }
  public var byteCount: Int { elementType.byteCount }

  init?(_ type: ElementType) {
    switch type {
    case .float16: self = .f16
    case .float32: self = .f32
    default: return nil
    }
  }

  /// Values as they come back from a store.
  public func rounded(_ values: UnsafeBufferPointer<Float>) -> [Float] {
    guard self == .f16 else { return Array(values) }
    let halves = [UInt16](unsafeUninitializedCapacity: values.count) { target, count in
      if let start = target.baseAddress { _ = HalfPrecision.narrow(values, into: start) }
      count = values.count
    }
    return [Float](unsafeUninitializedCapacity: values.count) { target, count in
      count = values.count
      halves.withUnsafeBytes {
        guard let start = $0.baseAddress else { return }
        HalfPrecision.widen(start, into: UnsafeMutableBufferPointer(rebasing: target[..<count]))
      }
    }
  }
}
