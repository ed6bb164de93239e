// One mistake in a definition, and the error that carries all of them.

/// One mistake: where, what, expected, found, what to do.
public struct Diagnostic: Sendable, Equatable, CustomStringConvertible {
  public let origin: Origin
  /// What is wrong, beginning with the key path it concerns.
  public let problem: String
  public let expected: String?
  public let found: String?
  /// What to do about it.
  public let advice: String?

  public init(
    _ origin: Origin, _ problem: String, expected: String? = nil, found: String? = nil,
    advice: String? = nil
  ) {
    self.origin = origin
    self.problem = problem
    self.expected = expected
    self.found = found
    self.advice = advice
  }

  public var description: String {
    var text = "\(origin.label): \(problem)"
    let facts = [expected.map { "expected \($0)" }, found.map { "found \($0)" }].compactMap { $0 }
    if !facts.isEmpty { text += ": " + facts.joined(separator: ", ") }
    if let advice { text += "; \(advice)" }
    return text
  }
}

/// A definition that cannot be used: every mistake in it at once, in the order of the file.
public struct DefinitionError: Error, Sendable, Equatable, CustomStringConvertible {
  public let diagnostics: [Diagnostic]

  public init(_ diagnostics: [Diagnostic]) {
    // A sweep's variants find the same mistake again.
    var seen: Set<String> = []
    let distinct = diagnostics.filter { seen.insert($0.description).inserted }
    self.diagnostics = distinct.enumerated().sorted {
      let (a, b) = ($0.element.origin.sortKey, $1.element.origin.sortKey)
      return a == b ? $0.offset < $1.offset : a < b
    }.map(\.element)
  }

  /// One line a mistake.
  public var description: String {
    diagnostics.map(\.description).joined(separator: "\n")
  }
}
