/// What a parameter is, as far as training rules care (AdamW decays weights and embeddings only).
public enum ParameterKind: String, Sendable, CaseIterable {
  case weight, bias, normScale, normShift, embedding
}

/// A trained array: values, and while it is trained a gradient beside them.
///
/// Gradients accumulate: the first contribution after `clearGradient()` writes, the next ones add, so that
/// nothing is ever zeroed for nothing, a tied matrix is one parameter with two contributions, and
/// micro-batches add up. Where all contributions were of rows, as an embedding's are, there is memory for
/// those alone.
public final class Parameter: @unchecked Sendable {
  /// Where the parameter sits in its model, such as `encoder.layer.0.attention.query.weight`.
  public let path: String
  public let kind: ParameterKind
  /// [rows, columns], or [columns] for a vector.
  public let shape: [Int]
  public var rows: Int { shape.count == 2 ? shape[0] : 1 }
  public var columns: Int { shape[shape.count - 1] }
  public var count: Int { shape.reduce(1, *) }
  public var values: UnsafeMutableBufferPointer<Float> { storage.values(range) }

  /// A parameter that is not trainable gets no gradient and no update.
  public var isTrainable = true

  /// Whether any contribution has come since `clearGradient()`.
  public private(set) var hasGradient = false

  private let storage: ParameterStorage
  private let range: Range<Int>
  /// Where the only contributions were of rows, those; its memory is kept from step to step.
  private var rowGradient: RowGradient?
  private var isOfRows = false

  public convenience init(path: String, kind: ParameterKind, shape: [Int]) {
    let count = shape.reduce(1, *)
    self.init(
      path: path, kind: kind, shape: shape, storage: ParameterStorage(count: count),
      range: 0..<count)
  }

  private init(
    path: String, kind: ParameterKind, shape: [Int], storage: ParameterStorage, range: Range<Int>
  ) {
    precondition((1...2).contains(shape.count), "\(path): a parameter has one or two dimensions")
    (self.path, self.kind, self.shape) = (path, kind, shape)
    (self.storage, self.range) = (storage, range)
  }

  /// Parameters one after another in memory, so that one product can use them as one matrix (the
  /// projections to queries, keys and values).
  public static func contiguous(
    _ descriptions: [(path: String, kind: ParameterKind, shape: [Int])]
  ) -> [Parameter] {
    let storage = ParameterStorage(count: descriptions.reduce(0) { $0 + $1.shape.reduce(1, *) })
    var start = 0
    return descriptions.map { description in
      let count = description.shape.reduce(1, *)
      defer { start += count }
      return Parameter(
        path: description.path, kind: description.kind, shape: description.shape, storage: storage,
        range: start..<start + count)
    }
  }

  /// A gradient as it lies in memory.
  enum Gradient {
    /// [rows, columns]
    case whole(UnsafeMutablePointer<Float>)
    /// Zero but for these rows.
    case rows(RowGradient)
  }

  /// The gradient; nil before the first contribution since `clearGradient()`, and of a parameter that is not
  /// trainable (a product with its neighbours may have written there).
  var gradient: Gradient? {
    guard hasGradient, isTrainable else { return nil }
    if isOfRows, let rowGradient { return .rows(rowGradient) }
    return .whole(wholeGradient)
  }

  /// A copy of the gradient, same shape as the values; nil where there is none.
  public func gradientValues() -> [Float]? {
    switch gradient {
    case nil: return nil
    case .whole(let base): return Array(UnsafeBufferPointer(start: base, count: count))
    case .rows(let some):
      return (0..<rows).flatMap { UnsafeBufferPointer(start: some.row($0), count: columns) }
    }
  }

  /// Forgets the gradient: the next contribution writes instead of adding.
  public func clearGradient() {
    hasGradient = false
  }

  private var wholeGradient: UnsafeMutablePointer<Float> { storage.gradientBase + range.lowerBound }

  /// Memory for a contribution to the whole gradient and whether it must add to what is there.
  func gradientForContribution() -> (UnsafeMutablePointer<Float>, adds: Bool) {
    let base = wholeGradient
    if hasGradient, isOfRows, let rowGradient {
      base.update(repeating: 0, count: count)
      rowGradient.write(to: base)
    }
    let adds = hasGradient
    (hasGradient, isOfRows) = (true, false)
    return (base, adds)
  }

  /// Memory for contributions to these rows, which add to what is there: zeros, or what came before.
  func gradientForContribution(rows: UnsafeBufferPointer<Int32>) -> Gradient {
    if hasGradient, !isOfRows { return .whole(wholeGradient) }
    let some = rowGradient ?? RowGradient(rows: self.rows, columns: columns)
    rowGradient = some
    if !hasGradient { some.clear() }
    some.touch(rows)
    (hasGradient, isOfRows) = (true, true)
    return .rows(some)
  }

  /// Says that the values will not change any more: forward-only scopes then keep them in the form in which products
  /// read them, which takes as much memory again and makes products of few rows half as long.
  public func keepPacked() {
    if shape.count == 2, storage.packed == nil { storage.packed = PackedWeightsCache() }
  }

  var packedWeights: PackedWeightsCache? { storage.packed }

  func belongsTogether(with other: Parameter) -> Bool {
    storage === other.storage && range.upperBound == other.range.lowerBound
  }
}

/// Memory of one parameter or of several adjacent ones; the gradient's is made when first asked for.
private final class ParameterStorage {
  private let valueBuffer: AlignedBuffer
  private lazy var gradientBuffer = AlignedBuffer(count: valueBuffer.values.count)
  /// Where values are settled, what products have packed of them.
  var packed: PackedWeightsCache?

  init(count: Int) { valueBuffer = AlignedBuffer(count: count) }

  func values(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: valueBuffer.values[range])
  }

  var gradientBase: UnsafeMutablePointer<Float> {
    guard let base = gradientBuffer.values.baseAddress else {
      preconditionFailure("a parameter without values")
    }
    return base
  }
}

/// One parameter, or several adjacent ones taken as one matrix by one product.
public struct ParameterSpan {
  public let parameters: [Parameter]
  public let rows: Int
  public let columns: Int
  let values: UnsafeMutablePointer<Float>

  public init(_ parameter: Parameter) { self.init(contiguous: [parameter]) }

  /// - Parameter parameters: as made by `Parameter.contiguous`, of the same number of columns.
  public init(contiguous parameters: [Parameter]) {
    precondition(!parameters.isEmpty, "a span of no parameters")
    for (left, right) in zip(parameters, parameters.dropFirst()) {
      precondition(
        left.belongsTogether(with: right), "\(left.path) and \(right.path) are not adjacent")
    }
    self.parameters = parameters
    if parameters[0].shape.count == 1 {
      rows = 1
      columns = parameters.reduce(0) { $0 + $1.columns }
    } else {
      columns = parameters[0].columns
      rows = parameters.reduce(0) { $0 + $1.rows }
    }
    guard let base = parameters[0].values.baseAddress else {
      preconditionFailure("a parameter without values")
    }
    values = base
  }

  var packedWeights: PackedWeightsCache? { parameters[0].packedWeights }

  var isTrainable: Bool { parameters.contains(where: \.isTrainable) }

  /// Memory for a contribution to the gradient of the whole span.
  func gradientForContribution() -> (UnsafeMutablePointer<Float>, adds: Bool) {
    let parts = parameters.map { $0.gradientForContribution() }
    // Some of them may have taken part in an earlier micro-batch alone: the others have had zero so far.
    let adds = parts.contains(where: \.adds)
    for (parameter, part) in zip(parameters, parts) where adds && !part.adds {
      part.0.update(repeating: 0, count: parameter.count)
    }
    return (parts[0].0, adds)
  }
}

extension ParameterSpan: @unchecked Sendable {}
