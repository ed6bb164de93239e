// Commands of this program as text: for records, and to be typed.

enum CommandText {
  /// The command as given.
  /// - Parameter left: options with a value that are left out.
  static func given(without left: Set<String>) -> String {
    var words: [String] = []
    var arguments = CommandLine.arguments.dropFirst().makeIterator()
    while let word = arguments.next() {
      let name = String(word.prefix { $0 != "=" })
      guard left.contains(name) else {
        words.append(word)
        continue
      }
      if name == word { _ = arguments.next() }
    }
    return written(words)
  }

  /// A command to be typed where this process was started: the program is called as it was called.
  static func typed(_ arguments: [String]) -> String {
    let program = CommandLine.arguments.first ?? "retort"
    return ([program.contains("/") ? program : "retort"] + arguments).map(quoted).joined(
      separator: " ")
  }

  static func written(_ arguments: [String]) -> String {
    (["retort"] + arguments).map(quoted).joined(separator: " ")
  }

  /// As a shell would take it back.
  private static func quoted(_ word: String) -> String {
    // A comment begins with # only at the beginning of a word.
    let isPlain = word.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "-_./=:,@%+#".contains($0))
    }
    return isPlain && !word.isEmpty && !word.hasPrefix("#")
      ? word : "'\(word.unicodeScalars.map { $0 == "'" ? "'\\''" : String($0) }.joined())'"
  }
}
