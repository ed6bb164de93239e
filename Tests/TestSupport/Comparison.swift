// Comparing what was computed with a reference, in one place for all tests.
import Testing

/// Expects every value to be within the tolerance of its reference. Fails as vacuous where the
/// tolerance would let zeros pass; use `expectZero` for values that must vanish.
/// - Parameter scale: what a difference is large beside, for the record; the largest reference if nil.
public func expectClose(
  _ actual: [Double], _ reference: [Double], _ tolerance: Tolerance, _ what: String = "",
  scale: Double? = nil, sourceLocation: SourceLocation = #_sourceLocation
) {
  ParityRecord.shared?.note(actual, reference, tolerance, scale: scale, at: sourceLocation)
  if let message = complaint(actual, reference, tolerance) {
    Issue.record("\(what.isEmpty ? "" : "\(what): ")\(message)", sourceLocation: sourceLocation)
  }
}

public func expectClose(
  _ actual: [Float], _ reference: [Double], _ tolerance: Tolerance, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(
    actual.map(Double.init), reference, tolerance, what, sourceLocation: sourceLocation)
}

public func expectClose(
  _ actual: [Float], _ reference: [Float], _ tolerance: Tolerance, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(
    actual.map(Double.init), reference.map(Double.init), tolerance, what,
    sourceLocation: sourceLocation)
}

/// Expects a matrix: its shape first, then its values.
public func expectClose(
  _ actual: [Float], rows: Int, columns: Int, _ reference: Matrix, _ tolerance: Tolerance,
  _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  guard rows == reference.rows, columns == reference.columns else {
    Issue.record(
      """
      \(what): shape [\(rows), \(columns)] where [\(reference.rows), \(reference.columns)] \
      was expected
      """, sourceLocation: sourceLocation)
    return
  }
  expectClose(actual, reference.values, tolerance, what, sourceLocation: sourceLocation)
}

/// Expects values to vanish but for rounding.
/// - Parameter bound: the largest magnitude allowed; 0 for exact zeros.
public func expectZero(
  _ actual: [Float], within bound: Double, because reason: String, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard !actual.isEmpty else {
    Issue.record("\(what): nothing to compare", sourceLocation: sourceLocation)
    return
  }
  ParityRecord.shared?.note(
    actual.map(Double.init), actual.map { _ in 0 },
    Tolerance(relative: 0, absolute: bound, because: "must vanish: \(reason)"), scale: nil,
    at: sourceLocation)
  if let index = actual.indices.first(where: { !(Double(actual[$0]).magnitude <= bound) }) {
    Issue.record(
      "\(what): \(actual[index]) at \(index) where 0 was expected within \(bound) (\(reason))",
      sourceLocation: sourceLocation)
  }
}

/// Expects the same bits, zeros' signs and not-a-numbers included.
public func expectSameBits(
  _ actual: [Float], _ reference: [Float], _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.count == reference.count, !actual.isEmpty else {
    Issue.record(
      "\(what): \(actual.count) values where \(reference.count) were expected",
      sourceLocation: sourceLocation)
    return
  }
  ParityRecord.shared?.note(
    actual.map(Double.init), reference.map(Double.init),
    Tolerance(relative: 0, absolute: 0, because: "the same bits"), scale: nil, at: sourceLocation)
  let differing = actual.indices.filter { actual[$0].bitPattern != reference[$0].bitPattern }
  if let first = differing.first {
    Issue.record(
      """
      \(what): \(differing.count) of \(actual.count) values differ in bits, first at \(first): \
      \(actual[first]) where \(reference[first]) was expected
      """, sourceLocation: sourceLocation)
  }
}

/// What is wrong with `actual`, nil if nothing is.
func complaint(_ actual: [Double], _ reference: [Double], _ tolerance: Tolerance) -> String? {
  guard actual.count == reference.count else {
    return "\(actual.count) values where \(reference.count) were expected"
  }
  guard !actual.isEmpty else { return "nothing to compare" }
  if let index = reference.firstIndex(where: { !$0.isFinite }) {
    return "the reference is \(reference[index]) at \(index)"
  }
  if let index = actual.firstIndex(where: { !$0.isFinite }) {
    return "\(actual[index]) at \(index) where \(reference[index]) was expected"
  }
  let largest = reference.reduce(0) { max($0, $1.magnitude) }
  if largest <= 10 * tolerance.absolute {
    return """
      vacuous: no reference is larger than \(largest), hardly above the absolute tolerance of \
      \(tolerance.absolute)
      """
  }
  func excess(_ i: Int) -> Double {
    (actual[i] - reference[i]).magnitude - tolerance.allowed(at: reference[i])
  }
  guard let worst = actual.indices.max(by: { excess($0) < excess($1) }), excess(worst) > 0 else {
    return nil
  }
  let beyond = actual.indices.count { excess($0) > 0 }
  let error = (actual[worst] - reference[worst]).magnitude
  return """
    \(beyond) of \(actual.count) values are out of tolerance, worst at \(worst): \(actual[worst]) \
    where \(reference[worst]) was expected, an error of \(error) where \
    \(tolerance.allowed(at: reference[worst])) is allowed (\(tolerance.reason))
    """
}
