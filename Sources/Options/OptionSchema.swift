// What an option may hold, as data: the reference and the JSON Schema are written from it.

/// The form of a value.
public indirect enum OptionSchema: Sendable {
  case number(NumberRule)
  /// Both ends included.
  case integer(ClosedRange<Int>)
  case truth
  /// - Parameter words: which text: "a name", "a path".
  case text(words: String)
  case choice([String])
  /// Any scalar, list or map.
  case anything(words: String)
  /// - Parameters:
  ///   - count: how many items there must be; nil for any number.
  ///   - oneAlone: whether a single value may stand for a list of one.
  case list(OptionSchema, count: Int?, oneAlone: Bool)
  /// A map whose keys are declared.
  case map([OptionDescription])
  /// A map whose keys are the user's own names.
  case named(OptionSchema)
  /// A map of which exactly one key is given.
  case oneKey([OptionDescription])
  /// Any of these forms.
  case any([OptionSchema])
}

/// One key of a map.
public struct OptionDescription: Sendable {
  public let key: String
  public let schema: OptionSchema
  /// What it does, in a sentence; units are said here.
  public internal(set) var about: String
  public let presence: OptionPresence
  /// A value as one would write it.
  public let example: String
  /// Which other value of the map the key needs; nil where it always holds.
  public var condition: Condition?

  public struct Condition: Sendable, Equatable {
    /// `name` of `{name: adamw, betas: …}`.
    public let key: String
    public var values: [String]

    public init(key: String, values: [String]) {
      self.key = key
      self.values = values
    }
  }

  public init(
    key: String, schema: OptionSchema, about: String, presence: OptionPresence, example: String,
    condition: Condition? = nil
  ) {
    self.key = key
    self.schema = schema
    self.about = about
    self.presence = presence
    self.example = example
    self.condition = condition
  }
}

/// What happens when a key is not written.
public enum OptionPresence: Sendable, Equatable {
  /// A mistake, unless a recipe or the program fills it in first.
  case required
  case optional
  /// This value stands for it.
  case standard(String)
}

extension OptionSchema {
  /// The form in words, for the reference and for messages.
  public var words: String {
    switch self {
    case .number(let rule): rule.words
    case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .truth: "true or false"
    case .text(let words), .anything(let words): words
    case .choice(let names): names.joined(separator: " or ")
    case .list(let item, let count, _):
      count.map { "a list of \($0), each \(item.words)" } ?? "a list, each item \(item.words)"
    case .map(let options):
      "{" + options.filter { $0.presence == .required }.map(\.key).joined(separator: ", ") + "}"
    case .named(let value): "a map of names, each \(value.words)"
    case .oneKey(let options):
      "one of " + options.map { "{\($0.key): \($0.example)}" }.joined(separator: ", ")
    case .any(let forms): forms.map(\.words).joined(separator: ", or ")
    }
  }
}
