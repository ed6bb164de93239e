// Text for people, broken at words.

extension String {
  /// Lines that are longer are broken at spaces; a word that is longer than a line stays whole. What follows a break stands
  /// two columns further in than the line, or below its second column where two spaces or more make columns.
  /// - Parameter width: of a line, in characters; nil leaves the text as it is.
  public func wrapped(to width: Int?) -> String {
    guard let width else { return self }
    return split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.count > width ? $0.wrapped(to: width) : String($0) }.joined(separator: "\n")
  }
}

extension Substring {
  /// One line.
  fileprivate func wrapped(to width: Int) -> String {
    let hang = String(repeating: " ", count: hangingIndent(atMost: width / 2))
    let margin = prefix { $0 == " " }
    var lines: [String] = []
    var line = String(margin)
    var isEmpty = true
    for piece in pieces(of: dropFirst(margin.count)) {
      if !isEmpty, line.count + piece.count > width {
        while line.last == " " { line.removeLast() }
        lines.append(line)
        line = hang + piece.drop { $0 == " " }
      } else {
        line += piece
      }
      isEmpty = false
    }
    return (lines + [line]).joined(separator: "\n")
  }

  /// Words, each with the spaces before it.
  private func pieces(of text: Substring) -> [Substring] {
    var pieces: [Substring] = []
    var rest = text
    while !rest.isEmpty {
      let spaces = rest.prefix { $0 == " " }
      let word = rest.dropFirst(spaces.count).prefix { $0 != " " }
      pieces.append(rest[spaces.startIndex..<word.endIndex])
      rest = rest[word.endIndex...]
    }
    return pieces
  }

  private func hangingIndent(atMost most: Int) -> Int {
    let margin = prefix { $0 == " " }.count
    var (column, spaces) = (margin, 0)
    for character in dropFirst(margin) {
      if character == " " {
        spaces += 1
      } else {
        if spaces > 1, column <= most { return column }
        spaces = 0
      }
      column += 1
    }
    return Swift.min(margin + 2, most)
  }
}
