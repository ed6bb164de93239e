// Typed, strict access to one map of a definition: every mistake is reported, reading goes on.

/// What is collected while a definition is read. A reader of whole definitions adds what it knows of the names in it.
open class DiagnosticCollector {
  public private(set) var diagnostics: [Diagnostic] = []
  public init() {}
  public func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }
}

/// Reads the keys of one map. A key that no reader asked for is unknown, and reported by `finish`.
public final class MapReader {
  public let collector: DiagnosticCollector
  /// Key path of the map, for messages: `stages.distil.optimizer`.
  public let path: String
  public let node: DefinitionNode
  private let entries: [DefinitionEntry]
  private var askedFor: [String] = []
  /// Keys that must be there and are not, to be reported at the end.
  private var missing: [(key: String, diagnostic: Diagnostic)] = []
  /// Right spellings that no reader asks for under their own name: short forms.
  public var otherSpellings: [String] = []

  /// - Returns: nil, after a report, when `node` is not a map.
  public init?(_ node: DefinitionNode, at path: String, _ collector: DiagnosticCollector) {
    guard let entries = node.entries else {
      collector.report(
        Diagnostic(
          node.origin, path.isEmpty ? "the definition" : path, expected: "a map of key: value",
          found: node.kindInWords))
      return nil
    }
    self.collector = collector
    self.path = path
    self.node = node
    self.entries = entries
  }

  /// Reports the keys that are missing and those that nothing asked for, each with the nearest right spelling. A key
  /// that is missing because it is misspelt is one mistake.
  public func finish() {
    let unknown = entries.filter { !askedFor.contains($0.key) }
    let meant = unknown.compactMap {
      Spelling.nearest(to: $0.key, among: askedFor + otherSpellings)
    }
    for (key, diagnostic) in missing where !meant.contains(key) { collector.report(diagnostic) }
    missing = []
    for entry in unknown {
      let place = path.isEmpty ? "" : " in \(path)"
      collector.report(
        Diagnostic(
          entry.keyOrigin, "unknown key '\(entry.key)'\(place)",
          advice: Spelling.advice(for: entry.key, among: askedFor + otherSpellings)))
    }
  }

  /// The value under `key`; nil when it is absent or empty.
  public func node(_ key: String) -> DefinitionNode? {
    if !askedFor.contains(key) { askedFor.append(key) }
    guard let value = node[key], !value.isNull else { return nil }
    return value
  }

  public func has(_ key: String) -> Bool { node(key) != nil }

  public func pathOf(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// Every key of the map, for maps whose keys are the user's own names.
  public var ownNames: [DefinitionEntry] {
    for entry in entries where !askedFor.contains(entry.key) { askedFor.append(entry.key) }
    return entries
  }

  /// Reports, at the end, that `key` must be there and is not.
  public func reportMissing(_ key: String, expected: String, advice: String? = nil) {
    missing.append(
      (
        key,
        Diagnostic(
          node.origin, "\(path.isEmpty ? "the definition" : path) has no '\(key)'",
          expected: expected, advice: advice ?? "write \(key): …")
      ))
  }

  public func reportWrong(
    _ node: DefinitionNode, _ key: String, expected: String, advice: String? = nil
  ) {
    collector.report(
      Diagnostic(
        node.origin, pathOf(key), expected: expected, found: node.kindInWords, advice: advice))
  }

  // MARK: Values that may be absent

  public func text(_ key: String) -> String? {
    guard let value = node(key) else { return nil }
    switch value.content {
    case .quoted(let text): return text
    case .plain(let text):
      if Scalars.number(text) == nil, Scalars.truth(text) == nil { return text }
      reportWrong(value, key, expected: "text", advice: "put it in quotes if it is meant as text")
      return nil
    case .list, .map:
      reportWrong(value, key, expected: "text")
      return nil
    }
  }

  public func truth(_ key: String) -> Bool? {
    guard let value = node(key) else { return nil }
    if case .plain(let text) = value.content, let truth = Scalars.truth(text) { return truth }
    reportWrong(value, key, expected: "true or false")
    return nil
  }

  public func number(_ key: String, _ rule: NumberRule) -> Double? {
    guard let value = node(key) else { return nil }
    return number(value, key, rule)
  }

  public func number(_ value: DefinitionNode, _ key: String, _ rule: NumberRule) -> Double? {
    if case .plain(let text) = value.content, let number = Scalars.number(text),
      rule.accepts(number)
    {
      return number
    }
    reportWrong(value, key, expected: rule.words)
    return nil
  }

  public func integer(_ key: String, atLeast least: Int) -> Int? {
    guard let value = node(key) else { return nil }
    return integer(value, key, atLeast: least)
  }

  public func integer(_ value: DefinitionNode, _ key: String, atLeast least: Int) -> Int? {
    if case .plain(let text) = value.content, let number = Scalars.integer(text), number >= least {
      return number
    }
    reportWrong(value, key, expected: "a whole number of at least \(least)")
    return nil
  }

  public func choice<Choice>(_ key: String, _ type: Choice.Type) -> Choice?
  where Choice: RawRepresentable & CaseIterable, Choice.RawValue == String {
    guard let value = node(key) else { return nil }
    return choice(value, key, type)
  }

  public func choice<Choice>(_ value: DefinitionNode, _ key: String, _ type: Choice.Type) -> Choice?
  where Choice: RawRepresentable & CaseIterable, Choice.RawValue == String {
    choice(value, key, among: Choice.allCases.map(\.rawValue)).flatMap(Choice.init)
  }

  /// One of `names`.
  public func choice(_ value: DefinitionNode, _ key: String, among names: [String]) -> String? {
    if let text = value.scalar, names.contains(text) { return text }
    let near = value.scalar.flatMap { Spelling.nearest(to: $0, among: names) }
    reportWrong(
      value, key, expected: names.joined(separator: " or "),
      advice: near.map { "did you mean '\($0)'?" })
    return nil
  }

  /// A list, each item read by `read`; one value alone counts as a list of one.
  public func list<Item>(_ key: String, _ read: (DefinitionNode) -> Item?) -> [Item]? {
    guard let value = node(key) else { return nil }
    var items: [Item] = []
    for item in value.items ?? [value] {
      if let read = read(item) { items.append(read) }
    }
    return items
  }

  /// A map below this one, read by `read` and then closed against unknown keys.
  /// - Parameter path: how messages call it, when not by this map's path and the key.
  public func map<Value>(
    _ key: String, at path: String? = nil, _ read: (MapReader) -> Value?
  ) -> Value? {
    guard let value = node(key), let reader = MapReader(value, at: path ?? pathOf(key), collector)
    else { return nil }
    let result = read(reader)
    reader.finish()
    return result
  }

  // MARK: Values that must be there

  /// `value()`'s result; a report when the key is absent, nil in either case of a mistake.
  public func required<Value>(
    _ key: String, expected: String, advice: String? = nil, _ value: @autoclosure () -> Value?
  ) -> Value? {
    guard has(key) else {
      reportMissing(key, expected: expected, advice: advice)
      return nil
    }
    return value()
  }

  /// The same for values that take more than one expression to read.
  public func requiring<Value>(_ key: String, expected: String, _ read: () -> Value?) -> Value? {
    required(key, expected: expected, read())
  }
}
