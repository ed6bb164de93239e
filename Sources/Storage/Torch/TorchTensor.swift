// A tensor of torch.save: a view of a storage.

/// Elements of one type, one after another, that tensors are views of.
struct TorchStorage {
  let key: String
  let kind: Kind
  /// In elements.
  let count: Int

  /// Names are torch's, byte counts of one element.
  enum Kind: String {
    case float32, float16, bfloat16, float64, int64, int32, int16, int8, uint8, bool

    var byteCount: Int {
      switch self {
      case .int8, .uint8, .bool: 1
      case .float16, .bfloat16, .int16: 2
      case .float32, .int32: 4
      case .float64, .int64: 8
      }
    }
  }

  static let kinds: [String: Kind] = [
    "torch.FloatStorage": .float32, "torch.HalfStorage": .float16,
    "torch.BFloat16Storage": .bfloat16, "torch.DoubleStorage": .float64,
    "torch.LongStorage": .int64, "torch.IntStorage": .int32, "torch.ShortStorage": .int16,
    "torch.CharStorage": .int8, "torch.ByteStorage": .uint8, "torch.BoolStorage": .bool,
  ]
}

/// Shape and strides in elements, outermost first.
struct TorchTensor {
  let storage: TorchStorage
  /// Of the first element in the storage.
  let offset: Int
  let shape: [Int]
  let strides: [Int]

  /// Torch's own limit.
  private static let mostDimensions = 64

  /// Why it cannot be a view of its storage; nil if it is one.
  var problem: String? {
    guard shape.count <= Self.mostDimensions else { return "it has \(shape.count) dimensions" }
    guard strides.count == shape.count, offset >= 0, (shape + strides).allSatisfy({ $0 >= 0 })
    else {
      return "shape \(shape) and strides \(strides) from \(offset) on are not valid"
    }
    guard elementCount != nil else { return "shape \(shape) is too large" }
    if shape.contains(0) { return nil }
    var last = offset
    for (size, stride) in zip(shape, strides) {
      let (distance, overflows) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, alsoOverflows) = last.addingReportingOverflow(distance)
      if overflows || alsoOverflows || sum >= storage.count { return outside }
      last = sum
    }
    return last < storage.count ? nil : outside
  }

  private var outside: String {
    "shape \(shape) with strides \(strides) from \(offset) on leads outside its storage of "
      + "\(storage.count) elements"
  }

  /// Nil where it overflows, in bytes.
  var elementCount: Int? {
    var count = storage.kind.byteCount
    for size in shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: size)
      if overflows { return nil }
      count = product
    }
    return count / storage.kind.byteCount
  }

  /// Whether its elements lie in row-major order without gaps.
  var isContiguous: Bool {
    var expected = 1
    for (size, stride) in zip(shape, strides).reversed() where size != 1 {
      if stride != expected { return false }
      expected *= size
    }
    return true
  }

  /// Calls `body` with the place of every element in the storage, in row-major order.
  func forEachElement(_ body: (Int) -> Void) {
    guard !shape.contains(0) else { return }
    var index = [Int](repeating: 0, count: shape.count)
    var place = offset
    while true {
      body(place)
      var dimension = shape.count - 1
      while dimension >= 0 {
        index[dimension] += 1
        place += strides[dimension]
        if index[dimension] < shape[dimension] { break }
        place -= shape[dimension] * strides[dimension]
        index[dimension] = 0
        dimension -= 1
      }
      if dimension < 0 { return }
    }
  }
}
