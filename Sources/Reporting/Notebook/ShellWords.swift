// A line of words split as a POSIX shell splits it; nothing is expanded.

/// Quotes and backslashes have a shell's meaning. Variables, command substitution, pipes, lists,
/// background jobs and output files need a shell, and are told as such; patterns and `~` stay as they are.
/// - Source: POSIX.1-2017, Shell Command Language, 2.2 and 2.3; `<<<` is bash's.
struct ShellWords {
  enum Token: Equatable {
    case word(String)
    /// `<`
    case inputFile
    /// `<<<`
    case inputText
    /// Characters that mean something only to a shell.
    case needsShell(String)
  }

  private(set) var tokens: [Token] = []
  private var rest: Substring
  /// The word that is being read; nil between words.
  private var word: String?

  init(_ text: String) throws(WordError) {
    rest = text[...]
    while let character = rest.popFirst() { try read(character) }
    endWord()
  }

  private mutating func read(_ character: Character) throws(WordError) {
    switch character {
    case " ", "\t": endWord()
    case "#" where word == nil: rest = ""
    case "'":
      guard let end = rest.firstIndex(of: "'") else { throw .openQuote(character) }
      word = (word ?? "") + rest[..<end]
      rest = rest[rest.index(after: end)...]
    case "\"": try readDoubleQuoted()
    case "\\":
      guard let next = rest.popFirst() else { throw .trailingBackslash }
      word = (word ?? "") + String(next)
    case "<": readInput()
    case "|", "&", ";", ">", "(", ")", "$", "`":
      endWord()
      tokens.append(.needsShell(String(character)))
    default: word = (word ?? "") + String(character)
    }
  }

  private mutating func readDoubleQuoted() throws(WordError) {
    var text = ""
    while let character = rest.popFirst() {
      switch character {
      case "\"":
        word = (word ?? "") + text
        return
      case "\\":
        // Within double quotes a backslash is one, but before these.
        guard let next = rest.first, "\\\"$`".contains(next) else {
          text.append(character)
          continue
        }
        text.append(rest.removeFirst())
      case "$", "`": tokens.append(.needsShell(String(character)))
      default: text.append(character)
      }
    }
    throw .openQuote("\"")
  }

  private mutating func readInput() {
    endWord()
    if rest.hasPrefix("<<") {
      rest.removeFirst(2)
      tokens.append(.inputText)
    } else if rest.hasPrefix("<") || rest.hasPrefix("&") || rest.hasPrefix(">") {
      tokens.append(.needsShell("<\(rest.removeFirst())"))
    } else {
      tokens.append(.inputFile)
    }
  }

  private mutating func endWord() {
    if let word { tokens.append(.word(word)) }
    word = nil
  }
}

/// What makes a line no words.
enum WordError: Error, Equatable, CustomStringConvertible {
  case openQuote(Character)
  case trailingBackslash
  case missingInput
  case secondInput

  var description: String {
    switch self {
    case .openQuote(let quote): "the quotation that \(quote) begins does not end on its line"
    case .trailingBackslash: "a backslash at the end, and no line after it"
    case .missingInput: "< and <<< need a word after them"
    case .secondInput: "a second < or <<<; a command has one standard input"
    }
  }
}
