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
  public let read: Reading
  public let write: @Sendable (Value) -> CanonicalValue

  public init(
    schema: OptionSchema, words: String? = nil, example: String, read: @escaping Reading,
    write: @escaping @Sendable (Value) -> CanonicalValue
  ) {
    self.schema = schema
    self.words = words ?? schema.words
    self.example = example
    self.read = read
    self.write = write
  }

  /// The same, refusing values that are read and are still not right.
  /// - Parameter isRight: false after a report.
  public func checked(
    _ isRight: @escaping @Sendable (Value, DefinitionNode, _ key: String, MapReader) -> Bool
  ) -> OptionType {
    OptionType(
      schema: schema, words: words, example: example,
      read: { node, key, map in
        guard let value = read(node, key, map), isRight(value, node, key, map) else { return nil }
        return value
      }, write: write)
  }

  /// The same type under other words or with another example.
  public func described(as words: String? = nil, example: String? = nil) -> OptionType {
    OptionType(
      schema: schema, words: words ?? self.words, example: example ?? self.example, read: read,
      write: write)
  }
}

extension OptionType where Value == Double {
  /// - Parameter advice: what to do about a number that is not accepted.
  public static func number(_ rule: NumberRule, advice: String? = nil, example: String = "1.0")
    -> OptionType
  {
    OptionType(
      schema: .number(rule), example: example,
      read: { node, key, map in
        if case .plain(let text) = node.content, let number = Scalars.number(text),
          rule.accepts(number)
        {
          return number
        }
        map.reportWrong(node, key, expected: rule.words, advice: advice)
        return nil
      }, write: { .number($0) })
  }
}

extension OptionType where Value == Int {
  public static func integer(atLeast least: Int, example: String = "1") -> OptionType {
    OptionType(
      schema: .integer(atLeast: least), example: example,
      read: { node, key, map in map.integer(node, key, atLeast: least) },
      write: { .integer($0) })
  }
}

extension OptionType where Value == UInt64 {
  /// A seed of random numbers.
  public static var seed: OptionType {
    OptionType(
      schema: .integer(atLeast: 0), example: "42",
      read: { node, key, map in map.integer(node, key, atLeast: 0).map { UInt64($0) } },
      write: { .seed($0) })
  }
}

extension OptionType where Value == Bool {
  public static var truth: OptionType {
    OptionType(
      schema: .truth, example: "true",
      read: { node, key, map in
        if case .plain(let text) = node.content, let truth = Scalars.truth(text) { return truth }
        map.reportWrong(node, key, expected: "true or false")
        return nil
      }, write: { .truth($0) })
  }
}

extension OptionType where Value == String {
  /// - Parameter words: which text it is: "a path".
  public static func text(_ words: String = "text", example: String = "…") -> OptionType {
    OptionType(
      schema: .text(words: words), example: example,
      read: { node, key, map in
        switch node.content {
        case .quoted(let text): return text
        case .plain(let text):
          if Scalars.number(text) == nil, Scalars.truth(text) == nil { return text }
          map.reportWrong(
            node, key, expected: "text", advice: "put it in quotes if it is meant as text")
          return nil
        case .list, .map:
          map.reportWrong(node, key, expected: "text")
          return nil
        }
      }, write: { .text($0) })
  }
}

extension OptionType
where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  public static var choice: OptionType {
    let names = Value.allCases.map(\.rawValue)
    return OptionType(
      schema: .choice(names), example: names.first ?? "",
      read: { node, key, map in map.choice(node, key, Value.self) },
      write: { .text($0.rawValue) })
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
      schema: .choice(names), example: names.first ?? "",
      read: { node, key, map in
        map.choice(node, key, among: names).flatMap { chosen in
          values.first { name($0) == chosen }
        }
      }, write: { .text(name($0)) })
  }

  /// - Parameter words: what a message says of a list that is too short, and of a value that is no list.
  public static func list<Item>(
    of item: OptionType<Item>, _ rule: ListRule = .any, words: String? = nil
  ) -> OptionType where Value == [Item] {
    OptionType(
      schema: .list(item.schema, rule), words: words,
      example: "["
        + Array(repeating: item.example, count: max(1, rule.least)).joined(separator: ", ") + "]",
      read: { node, key, map in
        guard let nodes = node.items ?? (rule.oneAlone ? [node] : nil), nodes.count >= rule.least,
          nodes.count <= rule.most ?? nodes.count
        else {
          map.reportWrong(node, key, expected: words ?? "a list")
          return nil
        }
        let items = nodes.map { item.read($0, key, map) }
        guard items.allSatisfy({ $0 != nil }) else { return nil }
        guard rule.isDistinct else { return items.compactMap { $0 } }
        let texts = items.compactMap { $0 }.map { CanonicalText.line(item.write($0)) }
        var isRight = true
        for (index, text) in texts.enumerated() where texts.prefix(index).contains(text) {
          isRight = false
          map.collector.report(
            Diagnostic(
              nodes[index].origin, "\(map.pathOf(key)).\(index) '\(text)' is given twice",
              advice: "keep one"))
        }
        return isRight ? items.compactMap { $0 } : nil
      }, write: { .list($0.map(item.write)) })
  }

  /// A map with keys of its own, closed against unknown ones.
  /// - Parameter oneOf: keys of which exactly one is given; `options` checks it.
  public static func map(
    _ options: OptionList<Value>, words: String? = nil, oneOf: [String] = []
  ) -> OptionType {
    OptionType(
      schema: .map(options.descriptions, oneOf: oneOf), words: words, example: options.example,
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
      read: { node, key, map in
        guard let below = MapReader(node, at: map.pathOf(key), map.collector) else { return nil }
        defer { below.finish() }
        let given = alternatives.filter { below.has($0.description.key) }
        if given.count == 1, let value = below.node(given[0].description.key) {
          return given[0].read(value, given[0].description.key, below)
        }
        // Unknown keys are reported by themselves; then nothing is missing as well.
        if given.isEmpty, node.entries?.isEmpty == false { return nil }
        map.collector.report(
          Diagnostic(
            node.origin, below.path, expected: "one of \(keys.joined(separator: ", "))",
            found: given.isEmpty
              ? "none of them" : given.map(\.description.key).joined(separator: " and ")))
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
      key: key, schema: type.schema, about: about, presence: .optional, example: type.example)
    read = { node, key, map in type.read(node, key, map).map(make) }
    write = { take($0).map(type.write) }
  }
}
