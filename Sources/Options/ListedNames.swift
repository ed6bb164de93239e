// Names in a message, as many as a reader can use.

extension Collection<String> {
  /// The first names with commas between them, and how many more there are; a name that is very long is cut. For names that
  /// come from somebody's data: a message must stay a line.
  public var listed: String {
    let (most, longest) = (20, 60)
    let shown = prefix(most).map { $0.count > longest ? "\($0.prefix(longest))…" : $0 }
    let rest = count - shown.count
    return (shown + (rest > 0 ? ["and \(rest) more"] : [])).joined(separator: ", ")
  }
}
