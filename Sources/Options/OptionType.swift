// How one value is read, written and described.

/// The type of an option's value: how it is read from a definition, written canonically and described.
public struct OptionType<Value: Sendable>: Sendable {
  /// Nil after a report. The key names the value in messages.
  public typealias Reading =
    @Sendable (_ node: DefinitionNode, _ key: String, _ map: MapReader) -> Value?

  public let schema: OptionSchema
  /// What a message says is expected.
  public let words: String
  /// A value as one would write it.
  public let example: String
  /// Stands for a value that was refused, so that what stands beside it is looked at too; nil where none can be made.
  /// A definition with a report is never used.
  public let standIn: Value?
  public let read: Reading
  public let write: @Sendable (Value) -> CanonicalValue
  /// Whether the value is a name of something stored (a model, a text, a file), of which a digest has the contents
  /// instead.
  public private(set) var namesContents = false

  public init(
    schema: OptionSchema, words: String? = nil, example: String, standIn: Value? = nil,
    read: @escaping Reading, write: @escaping @Sendable (Value) -> CanonicalValue
  ) {
    self.schema = schema
    self.words = words ?? schema.words
    self.example = example
    self.standIn = standIn
    self.read = read
    self.write = write
  }

  /// The same, refusing values that are read and are still not right.
  /// - Parameters:
  ///   - standIn: for a value that was refused.
  ///   - isRight: false after a report.
  public func checked(
    standIn: Value? = nil,
    _ isRight: @escaping @Sendable (Value, DefinitionNode, _ key: String, MapReader) -> Bool
  ) -> OptionType {
    var type = OptionType(
      schema: schema, words: words, example: example, standIn: standIn,
      read: { node, key, map in
        guard let value = read(node, key, map), isRight(value, node, key, map) else { return nil }
        return value
      }, write: write)
    type.namesContents = namesContents
    return type
  }

  /// The same type under other words or with another example.
  public func described(as words: String? = nil, example: String? = nil) -> OptionType {
    var type = OptionType(
      schema: schema, words: words ?? self.words, example: example ?? self.example,
      standIn: standIn, read: read, write: write)
    type.namesContents = namesContents
    return type
  }

  /// The same type for names of something stored.
  public var ofContents: OptionType {
    var type = self
    type.namesContents = true
    return type
  }
}

extension OptionType where Value == Double {
  /// - Parameter advice: what to do about a number that is not accepted.
  public static func number(_ rule: NumberRule, advice: String? = nil, example: String = "1.0")
    -> OptionType
  {
    OptionType(
      schema: .number(rule), example: example, standIn: rule.standIn,
      read: { node, key, map in
        if case .plain(let text) = node.content, let number = Scalars.number(text),
          rule.accepts(number)
        {
          return number
        }
        map.reportWrong(
          node, key, expected: rule.words(inPlaceOf: node.scalar ?? ""), advice: advice)
        return nil
      }, write: { .number($0) })
  }
}

extension OptionType where Value == Int {
  /// - Parameter most: 2^31 - 1 unless said otherwise, so that the product of any two fits into 64 bits.
  public static func integer(
    atLeast least: Int, atMost most: Int = Int(Int32.max), example: String = "1"
  ) -> OptionType {
    whole(least...most, example: example, make: { $0 }, take: { $0 })
  }
}

extension OptionType where Value == UInt64 {
  /// A seed of random numbers.
  public static var seed: OptionType {
    whole(0...Int.max, example: "42", make: { UInt64($0) }, take: { Int(clamping: $0) })
  }
}

extension OptionType {
  private static func whole(
    _ range: ClosedRange<Int>, example: String, make: @escaping @Sendable (Int) -> Value,
    take: @escaping @Sendable (Value) -> Int
  ) -> OptionType {
    let schema = OptionSchema.integer(range)
    return OptionType(
      schema: schema, example: example, standIn: make(range.lowerBound),
      read: { node, key, map in
        if case .plain(let text) = node.content, let number = Scalars.integer(text),
          range.contains(number)
        {
          return make(number)
        }
        map.reportWrong(node, key, expected: schema.words)
        return nil
      }, write: { .integer(take($0)) })
  }
}

extension OptionType where Value == Bool {
  public static var truth: OptionType {
    OptionType(
      schema: .truth, example: "true", standIn: false,
      read: { node, key, map in
        if case .plain(let text) = node.content, let truth = Scalars.truth(text) { return truth }
        map.reportWrong(
          node, key, expected: "true or false",
          advice: Scalars.truthMeant(by: node.scalar ?? "").map { "write \($0)" })
        return nil
      }, write: { .truth($0) })
  }
}

extension OptionType where Value == String {
  /// - Parameter words: which text it is: "a path".
  public static func text(_ words: String = "text", example: String = "…") -> OptionType {
    OptionType(
      schema: .text(words: words), example: example, standIn: "",
      read: { node, key, map in
        if let text = node.text { return text }
        map.reportWrong(
          node, key, expected: "text",
          advice: node.scalar.map { _ in "put it in quotes if it is meant as text" })
        return nil
      }, write: { .text($0) })
  }
}

extension OptionType
where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  public static var choice: OptionType {
    choice(among: Array(Value.allCases), name: \.rawValue)
  }
}

extension OptionType {
  /// One of a few values by its name.
  /// - Parameter values: with names that differ.
  public static func choice(
    among values: [Value], name: @escaping @Sendable (Value) -> String
  ) -> OptionType {
    let names = values.map(name)
    return OptionType(
      schema: .choice(names), example: names.first ?? "", standIn: values.first,
      read: { node, key, map in
        if let value = values.first(where: { name($0) == node.scalar }) { return value }
        map.reportWrong(
          node, key, expected: names.joined(separator: " or "),
          advice: node.scalar.flatMap { Spelling.nearest(to: $0, among: names) }
            .map { "did you mean '\($0)'?" })
        return nil
      }, write: { .text(name($0)) })
  }

  /// Items that were refused have their stand-ins, so that the others keep their places.
  /// - Parameters:
  ///   - words: what a message expects in the place of a value that is no list.
  ///   - tooFew: what it expects in the place of a list that is too short; `words`, if not given.
  ///   - standIn: for a list that was refused; if not given, a list as short as the rule allows, as far as its items
  ///     have stand-ins.
  public static func list<Item>(
    of item: OptionType<Item>, _ rule: ListRule = .any, words: String? = nil,
    tooFew: String? = nil, standIn: [Item]? = nil
  ) -> OptionType where Value == [Item] {
    let schema = OptionSchema.list(item.schema, rule)
    let words = words ?? schema.words
    return OptionType(
      schema: schema, words: words,
      example: "["
        + Array(repeating: item.example, count: max(1, rule.least)).joined(separator: ", ") + "]",
      standIn: standIn ?? (rule.least == 0 ? [] : nil)
        ?? (rule.isDistinct ? nil : item.standIn.map { Array(repeating: $0, count: rule.least) }),
      read: { node, key, map in
        if let count = node.items?.count, count < rule.least || count > rule.most ?? count {
          map.reportWrong(node, key, expected: count < rule.least ? tooFew ?? words : words)
          return nil
        }
        guard let nodes = node.items else {
          guard rule.oneAlone else {
            map.reportWrong(
              node, key, expected: words,
              advice: node.scalar.map { "write \(key): [\($0)]" })
            return nil
          }
          return item.read(node, key, map).map { [$0] }
        }
        var read: [CanonicalValue] = []
        return nodes.enumerated().compactMap { index, node in
          let place = "\(key).\(index)"
          guard let value = item.read(node, place, map) else { return item.standIn }
          if rule.isDistinct, !map.collector.mistakes.touch(map.pathOf(place)) {
            let written = item.write(value)
            if read.contains(written) {
              map.report(
                Diagnostic(
                  node.origin,
                  "\(map.pathOf(place)): \(CanonicalText.line(written)) is given twice",
                  advice: "keep one"), place)
            }
            read.append(written)
          }
          return value
        }
      }, write: { .list($0.map(item.write)) })
  }

  /// A map with keys of its own, closed against unknown ones.
  /// - Parameter oneOf: keys of which exactly one is given; `options` checks it.
  public static func map(
    _ options: OptionList<Value>, words: String? = nil, oneOf: [String] = []
  ) -> OptionType {
    OptionType(
      schema: .map(options.descriptions, oneOf: oneOf), words: words, example: options.example,
      standIn: options.standIn,
      read: { node, key, map in
        guard let below = MapReader(node, at: map.pathOf(key), map.collector) else { return nil }
        defer { below.finish() }
        return options.read(below)
      }, write: { .map(options.write($0)) })
  }

  /// A map of which exactly one key is given.
  public static func oneKey(_ alternatives: [OptionAlternative<Value>]) -> OptionType {
    let keys = alternatives.map(\.description.key)
    return OptionType(
      schema: .oneKey(alternatives.map(\.description)),
      example: alternatives.first.map { "{ \($0.description.key): \($0.description.example) }" }
        ?? "{}",
      standIn: alternatives.lazy.compactMap(\.standIn).first,
      read: { node, key, map in
        guard let below = MapReader(node, at: map.pathOf(key), map.collector) else { return nil }
        defer { below.finish() }
        let given = alternatives.filter { below.has($0.description.key) }
        if given.count == 1, let value = below.node(given[0].description.key) {
          return given[0].read(value, given[0].description.key, below)
        }
        // Unknown keys are reported by themselves; then nothing is missing as well.
        if given.isEmpty, node.entries?.isEmpty == false { return nil }
        map.report(
          Diagnostic(
            node.origin, below.path, expected: "one of \(keys.joined(separator: ", "))",
            found: given.isEmpty
              ? "none of them" : given.map(\.description.key).joined(separator: " and ")), key)
        return nil
      },
      write: { value in
        for alternative in alternatives {
          if let written = alternative.write(value) {
            return .map([(alternative.description.key, written)])
          }
        }
        preconditionFailure("no key of \(keys) writes \(value)")
      })
  }
}

/// One key of a map of which exactly one key is given.
public struct OptionAlternative<Value: Sendable>: Sendable {
  let description: OptionDescription
  let standIn: Value?
  let read: OptionType<Value>.Reading
  /// Nil for a value that another key stands for.
  let write: @Sendable (Value) -> CanonicalValue?

  /// - Parameters:
  ///   - make: the value of the map, from what stands under the key.
  ///   - take: the reverse; nil for a value of another key.
  public init<Content>(
    _ key: String, _ type: OptionType<Content>, _ about: String,
    make: @escaping @Sendable (Content) -> Value, take: @escaping @Sendable (Value) -> Content?
  ) {
    description = OptionDescription(
      key: key, schema: type.schema, about: about, presence: .optional, example: type.example,
      namesContents: type.namesContents)
    standIn = type.standIn.map(make)
    read = { node, key, map in type.read(node, key, map).map(make) }
    write = { take($0).map(type.write) }
  }
}
