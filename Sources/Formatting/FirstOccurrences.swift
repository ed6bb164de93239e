// Names in the order in which they are first met, as tables and lists show them.

extension Array where Element: Equatable {
  /// The elements without later repetitions.
  public var firstOccurrences: [Element] {
    reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
