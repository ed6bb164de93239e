// One mistake in a definition, and the error that carries all of them.

/// Where a value of a definition was written.
public enum Origin: Sendable, Equatable {
  /// A place in a YAML file; line and column count from 1, columns in Unicode scalars.
  case file(path: String, line: Int, column: Int)
  /// A `--set key.path=value` of the command line, as given.
  case option(String)
  /// Filled in by a named recipe.
  case recipe(String)
  /// The program's own value for a key that may be left out.
  case standard

  /// How the place is named at the head of a message.
  public var label: String {
    switch self {
    case .file(let path, let line, let column): "\(path):\(line):\(column)"
    case .option(let text): "--set \(text)"
    case .recipe(let name): "recipe \(name)"
    case .standard: "the default"
    }
  }

  var sortKey: (Int, Int, Int) {
    switch self {
    case .file(_, let line, let column): (0, line, column)
    case .option: (1, 0, 0)
    case .recipe: (2, 0, 0)
    case .standard: (3, 0, 0)
    }
  }
}

/// One mistake: where, what, expected, found, what to do.
public struct Diagnostic: Sendable, Equatable, CustomStringConvertible {
  public let origin: Origin
  /// What is wrong, beginning with the key path it concerns.
  public let problem: String
  public let expected: String?
  public let found: String?
  /// What to do about it.
  public let advice: String?

  init(
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

  init(_ diagnostics: [Diagnostic]) {
    self.diagnostics = diagnostics.enumerated().sorted {
      let (a, b) = ($0.element.origin.sortKey, $1.element.origin.sortKey)
      return a == b ? $0.offset < $1.offset : a < b
    }.map(\.element)
  }

  /// One line a mistake.
  public var description: String {
    diagnostics.map(\.description).joined(separator: "\n")
  }
}
