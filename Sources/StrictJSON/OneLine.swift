// Texts that others wrote, on one line.

extension JSONTree {
  /// The same with every text and key on one line.
  public var onOneLine: JSONTree {
    switch self {
    case .object(let members):
      .object(members.map { Member(key: $0.key.onOneLine, value: $0.value.onOneLine) })
    case .array(let values): .array(values.map(\.onOneLine))
    case .string(let text): .string(text.onOneLine)
    case .number, .bool, .null: self
    }
  }
}

extension String {
  /// The text on one line, without control characters: a space in the place of each, and none at the end.
  public var onOneLine: String {
    guard unicodeScalars.contains(where: \.isControl) else { return self }
    var view = String.UnicodeScalarView()
    for scalar in unicodeScalars { view.append(scalar.isControl ? " " : scalar) }
    while view.last == " " { view.removeLast() }
    return String(view)
  }
}

extension String {
  /// The same lines, each without control characters.
  public var withoutControls: String {
    guard unicodeScalars.contains(where: { $0.isControl && $0 != "\n" }) else { return self }
    return split(separator: "\n", omittingEmptySubsequences: false).map { String($0).onOneLine }
      .joined(separator: "\n")
  }
}

extension Unicode.Scalar {
  /// Controls, ends of lines and of paragraphs, and what is no character: nothing that a page or a picture can show.
  fileprivate var isControl: Bool {
    if (0x20..<0x7F).contains(value) { return false }
    return switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: properties.isNoncharacterCodePoint
    }
  }
}
