/// What PyTorch computed in double precision, array by array.
public struct GoldenNumbers: Sendable {
  /// Where they come from.
  public static let source =
    "PyTorch \(GoldenNumberTable.torch), transformers \(GoldenNumberTable.transformers)"

  /// An array by operation and quantity.
  public struct Name: Sendable, Hashable {
    public let operation: CheckedOperation
    public let quantity: String

    public init(_ operation: CheckedOperation, _ quantity: String) {
      (self.operation, self.quantity) = (operation, quantity)
    }
  }

  public var fingerprints: [Name: Fingerprint]

  /// Those that the program carries.
  public static let embedded = GoldenNumbers(table: GoldenNumberTable.text)

  /// - Parameter table: lines `[operation]`, each followed by lines `norm projection quantity`.
  init(table: String) {
    fingerprints = [:]
    var operation: CheckedOperation?
    for line in table.split(separator: "\n") {
      if line.hasPrefix("[") {
        operation = CheckedOperation(rawValue: String(line.dropFirst().dropLast()))
        precondition(operation != nil, "the golden table names \(line), which is not checked")
        continue
      }
      let fields = line.split(separator: " ", maxSplits: 2)
      guard let operation, fields.count == 3, let norm = Double(fields[0]),
        let projection = Double(fields[1])
      else { preconditionFailure("the golden table has the line \(line)") }
      let earlier = fingerprints.updateValue(
        Fingerprint(norm: norm, projection: projection), forKey: Name(operation, String(fields[2])))
      precondition(earlier == nil, "the golden table has \(operation) \(fields[2]) twice")
    }
  }

  /// Everything in which measurements differ from these numbers, in the order of the measurements; then what
  /// was not measured, sorted by name.
  public func discrepancies(in measurements: [Measurement]) -> [Discrepancy] {
    var missing = fingerprints
    var found: [Discrepancy] = []
    for measurement in measurements {
      let expected = missing.removeValue(
        forKey: Name(measurement.operation, measurement.quantity))
      let agrees = expected.map {
        measurement.fingerprint.agrees(with: $0, within: measurement.tolerance)
      }
      if agrees != true {
        found.append(
          Discrepancy(
            operation: measurement.operation, quantity: measurement.quantity, expected: expected,
            found: measurement.fingerprint))
      }
    }
    return found
      + missing.map {
        Discrepancy(
          operation: $0.key.operation, quantity: $0.key.quantity, expected: $0.value, found: nil)
      }.sorted { ($0.operation.rawValue, $0.quantity) < ($1.operation.rawValue, $1.quantity) }
  }
}

/// An array that is not what PyTorch computes.
public struct Discrepancy: Sendable, Equatable {
  public let operation: CheckedOperation
  public let quantity: String
  /// Nil if there is no golden number of it.
  public let expected: Fingerprint?
  /// Nil if it was not computed.
  public let found: Fingerprint?
}

extension Discrepancy: CustomStringConvertible {
  /// Such as `gradient of scale: norm 13.02, expected 14.81`.
  public var description: String {
    let name = quantity.hasPrefix("∂") ? "gradient of \(quantity.dropFirst())" : quantity
    guard let found else { return "\(name): not computed" }
    guard let expected else { return "\(name): no golden number of it" }
    // The norm where it tells them apart, else the projection.
    let byNorm = !(abs(found.norm - expected.norm) <= 1e-4 * expected.norm)
    return byNorm
      ? "\(name): norm \(Float(found.norm)), expected \(Float(expected.norm))"
      : "\(name): projection \(Float(found.projection)), expected \(Float(expected.projection))"
  }
}
