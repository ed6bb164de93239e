// Where a value of a definition comes from, for the head of a message.

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
