// A figure that a measure has of every model, and what it is called.

/// Which figure it is: the name in a definition, the name in records, and what it can be.
struct FigureKind: Sendable, Equatable {
  /// What a hypothesis calls it: `cosine`, `entropy_at_2`.
  let key: String
  /// What records, tables and kept figures call it. Kept figures are found by it: it never changes.
  let title: String
  /// All values that it can have.
  let range: ClosedRange<Double>

  init(_ key: String, _ title: String, in range: ClosedRange<Double>) {
    (self.key, self.title, self.range) = (key, title, range)
  }

  /// In nats.
  static func nats(_ key: String, _ title: String) -> FigureKind {
    FigureKind(key, title, in: 0...Double.infinity)
  }

  static func share(_ key: String, _ title: String) -> FigureKind {
    FigureKind(key, title, in: 0...1)
  }

  static func correlation(_ key: String, _ title: String) -> FigureKind {
    FigureKind(key, title, in: -1...1)
  }
}
