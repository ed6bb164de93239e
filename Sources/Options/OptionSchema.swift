// What an option may hold, as data: the reference and the JSON Schema are written from it.

/// The form of a value.
public indirect enum OptionSchema: Sendable {
  case number(NumberRule)
  /// Both ends included.
  case integer(ClosedRange<Int>)
  /// This number alone.
  case exactly(Int)
  case truth
  /// - Parameters:
  ///   - words: which text: "a name", "a path".
  ///   - pattern: a regular expression that all of it matches; nil for any text.
  case text(words: String, pattern: String?)
  case choice([String])
  /// Any scalar, list or map.
  case anything(words: String)
  case list(OptionSchema, ListRule)
  /// A map whose keys are declared.
  /// - Parameter oneOf: keys of which exactly one is given, each also as a path: `files.dev`. Empty for no such rule.
  case map([OptionDescription], oneOf: [String])
  /// A map whose keys are the user's own.
  /// - Parameter pattern: a regular expression that all of a key matches; nil for any text.
  case named(OptionSchema, pattern: String?)
  /// A map of which exactly one key is given.
  case oneKey([OptionDescription])
  /// Any of these types.
  case any([OptionSchema])
  /// A map that has one of several forms.
  case forms([OptionForm])
}

extension OptionSchema {
  public static func text(words: String) -> OptionSchema { .text(words: words, pattern: nil) }
  public static func map(_ options: [OptionDescription]) -> OptionSchema {
    .map(options, oneOf: [])
  }
}

/// One form of a map.
public struct OptionForm: Sendable {
  /// What it makes, in a few words.
  public let title: String
  /// A map's.
  public let schema: OptionSchema

  public init(_ title: String, _ schema: OptionSchema) {
    self.title = title
    self.schema = schema
  }
}

/// How many items a list may have.
public struct ListRule: Sendable, Equatable {
  public let least: Int
  /// Nil for any number.
  public let most: Int?
  /// Whether no item may be there twice.
  public let isDistinct: Bool
  /// Whether a single value may stand for a list of one.
  public let oneAlone: Bool

  public init(least: Int = 0, most: Int? = nil, isDistinct: Bool = false, oneAlone: Bool = false) {
    self.least = least
    self.most = most
    self.isDistinct = isDistinct
    self.oneAlone = oneAlone
  }

  public static let any = ListRule()
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
  /// Whether its value is a name of something stored, of which a digest has the contents instead.
  public let namesContents: Bool
  /// Which other value of the map the key needs; nil where it always holds.
  public var condition: Condition?
  /// When it is required and what stands for it, where that depends on more than the key; nil where `presence` says it.
  public var presenceWords: String?

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
    namesContents: Bool = false, condition: Condition? = nil
  ) {
    self.key = key
    self.schema = schema
    self.about = about
    self.presence = presence
    self.example = example
    self.namesContents = namesContents
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
    case .exactly(let number): "\(number)"
    case .truth: "true or false"
    case .text(let words, _), .anything(let words): words
    case .choice(let names): names.joined(separator: " or ")
    case .list(let item, let rule):
      rule.most.map { "a list of \($0), each \(item.words)" } ?? "a list, each item \(item.words)"
    case .map(let options, _):
      "{" + options.filter { $0.presence == .required }.map(\.key).joined(separator: ", ") + "}"
    case .named(let value, _): "a map of names, each \(value.words)"
    case .oneKey(let options):
      "one of " + options.map { "{\($0.key): \($0.example)}" }.joined(separator: ", ")
    case .any(let types): types.map(\.words).joined(separator: ", or ")
    case .forms(let forms): forms.map(\.schema.words).joined(separator: ", or ")
    }
  }
}
