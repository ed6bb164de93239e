// Command lines split into words as a shell does.

import Testing

@testable import RetortReporting

@Suite("Shell words")
struct ShellWordsTests {
  private func words(_ text: String) throws -> [String] {
    try ShellWords(text).tokens.map { if case .word(let word) = $0 { word } else { "\($0)" } }
  }

  // Each as `printf '%s\n' …` prints it in dash and bash.
  @Test(
    "words, quotes and backslashes",
    arguments: [
      ("retort run a.yaml", ["retort", "run", "a.yaml"]),
      ("  a \t b  ", ["a", "b"]),
      ("'a  b' c", ["a  b", "c"]),
      (#"'a\b' "c\d" e\ f"#, [#"a\b"#, #"c\d"#, "e f"]),
      (#""a \"b\" \\ \$x" c"#, [#"a "b" \ $x"#, "c"]),
      (#"a'b c'"d e"f"#, ["ab cd ef"]),
      (#"it\'s 'it'\''s'"#, ["it's", "it's"]),
      (#"'' "" a"#, ["", "", "a"]),
      ("a # b", ["a"]), ("a#b '#c' \\#d", ["a#b", "#c", "#d"]),
      ("--set 'x={steps: 1}' y=[0,2] ~ *.md", ["--set", "x={steps: 1}", "y=[0,2]", "~", "*.md"]),
      ("'$x `y` | z'", ["$x `y` | z"]), ("ä 'ö ü'", ["ä", "ö ü"]), ("", []),
    ])
  func splits(text: String, expected: [String]) throws {
    #expect(try words(text) == expected)
  }

  @Test(
    "what needs a shell is told",
    arguments: [
      ("retort a | head", "|"), ("a > b", ">"), ("a && b", "&"), ("a; b", ";"), ("a $HOME", "$"),
      ("a \"$HOME\"", "$"), ("a `b`", "`"), ("a \"`b`\"", "`"), ("(a)", "("), ("a <<EOF", "<<"),
      ("a <(b)", "("), ("a <&3", "<&"),
    ])
  func needsShell(text: String, character: String) throws {
    #expect(try ShellWords(text).tokens.contains(.needsShell(character)))
  }

  @Test(
    "what does not end is no line",
    arguments: [
      ("a 'b", WordError.openQuote("'")), ("a \"b", .openQuote("\"")),
      ("a \"b\\\"", .openQuote("\"")),
      ("a \\", .trailingBackslash),
    ])
  func refuses(text: String, error: WordError) {
    #expect(throws: error) { try ShellWords(text) }
  }

  @Test("a command has a standard input of one file or text")
  func input() throws {
    let file = try CellCommand("retort tokenize < 'a b.txt' --ids", line: 1)
    #expect(file.action == .program(["tokenize", "--ids"], .file("a b.txt")))
    let text = try CellCommand("retort predict <<<'it is good'", line: 1)
    #expect(text.action == .program(["predict"], .text("it is good")))
    #expect(throws: WordError.missingInput) { try CellCommand("retort a <", line: 1) }
    #expect(throws: WordError.secondInput) { try CellCommand("retort a < b <<< c", line: 1) }
  }

  @Test(
    "only retort is run without a shell",
    arguments: ["ls", "./retort a", "X=1 retort a", "retort a | b"])
  func others(text: String) throws {
    let command = try CellCommand(text, line: 7)
    guard case .shell(let reason) = command.action else {
      Issue.record("\(text) was taken for \(command.action)")
      return
    }
    #expect(!reason.isEmpty)
  }
}
