// The lines that begin and end a fenced code block.

/// An opening fence, as CommonMark has it: three or more backticks or tildes behind at most three spaces,
/// and an info string.
/// - Source: CommonMark 0.31.2, section 4.5.
struct Fence: Equatable {
  let character: Character
  /// Of fence characters; the closing fence has at least as many.
  let length: Int
  /// Spaces before it, taken off the block's lines too.
  let indent: Int
  /// What stands behind it, without spaces at the ends.
  let info: String

  /// Nil if the line opens no block.
  init?(opening line: Substring) {
    guard let run = Self.run(in: line) else { return nil }
    let info = run.rest.trimmed
    // A line of code such as ```x``` is none.
    guard run.character == "~" || !info.contains("`") else { return nil }
    (character, length, indent) = (run.character, run.length, run.indent)
    self.info = info
  }

  /// A fence of backticks that no line of the content closes.
  init(around content: [String], info: String, indent: Int) {
    let longest =
      content.compactMap { Self.run(in: Substring($0)) }
      .filter { $0.character == "`" }.map(\.length).max() ?? 0
    (character, length) = ("`", max(3, longest + 1))
    self.indent = indent
    self.info = info
  }

  func isClosed(by line: Substring) -> Bool {
    guard let run = Self.run(in: line) else { return false }
    return run.character == character && run.length >= length && run.rest.trimmed.isEmpty
  }

  /// A line of the block without the fence's indentation.
  func content(of line: Substring) -> String {
    let spaces = line.prefix(indent).prefix { $0 == " " }.count
    return String(line.dropFirst(spaces))
  }

  var openingLine: String { margin + String(repeating: character, count: length) + info }
  var closingLine: String { margin + String(repeating: character, count: length) }
  var margin: String { String(repeating: " ", count: indent) }

  private static func run(
    in line: Substring
  ) -> (character: Character, length: Int, indent: Int, rest: Substring)? {
    let indent = line.prefix { $0 == " " }.count
    let rest = line.dropFirst(indent)
    guard indent <= 3, let first = rest.first, first == "`" || first == "~" else { return nil }
    let length = rest.prefix { $0 == first }.count
    return length >= 3 ? (first, length, indent, rest.dropFirst(length)) : nil
  }
}

extension Substring {
  /// Without spaces and tabs at its ends.
  fileprivate var trimmed: String {
    var part = self
    while let first = part.first, first == " " || first == "\t" { part.removeFirst() }
    while let last = part.last, last == " " || last == "\t" { part.removeLast() }
    return String(part)
  }
}
