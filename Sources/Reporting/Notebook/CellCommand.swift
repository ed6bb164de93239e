// A command line of a cell, split into words as a shell does, or left to one.

public struct CellCommand: Sendable, Equatable {
  /// As it stands in the notebook, continued lines joined.
  public let text: String
  /// Of the notebook, counted from 1.
  public let line: Int
  public let action: Action

  public enum Action: Sendable, Equatable {
    /// Arguments for `retort` itself.
    case program([String], Input)
    /// Only a shell can run it: why.
    case shell(String)
    /// It would run a notebook from within a notebook: never allowed, whoever trusts what.
    case notebook
  }

  /// Standard input of a command.
  public enum Input: Sendable, Equatable {
    case none
    /// `< file`
    case file(String)
    /// `<<< text`: the text and a line feed.
    case text(String)
  }

  init(_ text: String, line: Int) throws(WordError) {
    self.text = text
    self.line = line
    action = try Self.action(of: try ShellWords(text).tokens)
  }

  private static func action(of tokens: [ShellWords.Token]) throws(WordError) -> Action {
    var arguments: [String] = []
    var input = Input.none
    var rest = tokens.makeIterator()
    while let token = rest.next() {
      switch token {
      case .word(let word): arguments.append(word)
      case .needsShell(let text): return .shell("\(text) needs a shell")
      case .inputFile, .inputText:
        guard case .word(let word)? = rest.next() else { throw .missingInput }
        guard input == .none else { throw .secondInput }
        input = token == .inputFile ? .file(word) : .text(word)
      }
    }
    guard arguments.first == "retort" else {
      return .shell("\(arguments.first ?? "it") is not retort")
    }
    guard arguments.dropFirst().first != "notebook" else { return .notebook }
    return .program(Array(arguments.dropFirst()), input)
  }
}
