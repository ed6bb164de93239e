// Typed, strict access to one map of a definition: every mistake is reported, reading goes on.

/// What is collected while a definition is read. A reader of whole definitions adds what it knows of the names in it.
open class DiagnosticCollector {
  public private(set) var diagnostics: [Diagnostic] = []
  /// Where something was reported: what depends on it is not reported as well.
  public private(set) var mistakes = MistakenPaths()
  /// Maps in which keys may be missing because of a mistake that was reported: a recipe that does not exist.
  private var unfilled: [String] = []

  public init() {}

  /// - Parameter path: of the value that is wrong.
  public func report(_ diagnostic: Diagnostic, at path: String) {
    diagnostics.append(diagnostic)
    mistakes.insert(path)
  }

  /// Counts the value at `path` as wrong because of a mistake that is reported elsewhere.
  func note(mistakeAt path: String) { mistakes.insert(path) }

  /// What is missing in a map, or below it, is not reported from here on.
  public func forgiveMissing(in path: String) { unfilled.append(path) }

  func forgivesMissing(in path: String) -> Bool {
    unfilled.contains { path == $0 || path.hasPrefix("\($0).") }
  }
}

/// Key paths of a definition at which mistakes were reported.
public struct MistakenPaths: Sendable {
  private var paths: Set<String> = []
  /// All that these are below.
  private var above: Set<String> = []

  public init() {}

  public mutating func insert(_ path: String) {
    if paths.insert(path).inserted { above.formUnion(Self.above(path)) }
  }

  private static func above(_ path: String) -> some Sequence<String> {
    path.indices.lazy.filter { path[$0] == "." }.map { String(path[..<$0]) }
  }

  public var isEmpty: Bool { paths.isEmpty }

  /// Whether something at `path`, above it or below it was reported.
  public func touch(_ path: String) -> Bool {
    paths.contains(path) || above.contains(path) || Self.above(path).contains(where: paths.contains)
  }

  /// Whether something at `path` itself was reported.
  public func contains(_ path: String) -> Bool { paths.contains(path) }
}

/// Reads the keys of one map. A key that no reader asked for is unknown, and reported by `finish`.
public final class MapReader {
  public let collector: DiagnosticCollector
  /// Key path of the map, for messages: `stages.distil.optimizer`.
  public let path: String
  public let node: DefinitionNode
  private let entries: [DefinitionEntry]
  private var askedFor: [String] = []
  /// The same, for looking up.
  private var asked: Set<String> = []
  /// Keys that must be there and are not, to be reported at the end.
  private var missing: [(key: String, diagnostic: Diagnostic)] = []
  /// Right spellings that no reader asks for under their own name: short forms.
  public var otherSpellings: [String] = []
  /// Keys of something else that the map could have been, and what is to be said of each.
  public var misplaced: [String: (problem: String, advice: String)] = [:]

  /// - Returns: nil, after a report, when `node` is not a map.
  public init?(_ node: DefinitionNode, at path: String, _ collector: DiagnosticCollector) {
    guard let entries = node.entries else {
      collector.report(
        Diagnostic(
          node.origin, path.isEmpty ? "the definition" : path, expected: "a map of key: value",
          found: node.kindInWords), at: path)
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
    let unknown = entries.filter { !asked.contains($0.key) }
    let meant = unknown.compactMap {
      Spelling.nearest(to: $0.key, among: askedFor + otherSpellings)
    }
    for (key, diagnostic) in missing {
      if meant.contains(key) || collector.forgivesMissing(in: path) {
        collector.note(mistakeAt: pathOf(key))
      } else {
        collector.report(diagnostic, at: pathOf(key))
      }
    }
    missing = []
    for entry in unknown {
      let place = path.isEmpty ? "" : " in \(path)"
      let diagnostic =
        if let known = misplaced[entry.key] {
          Diagnostic(
            entry.keyOrigin, "\(pathOf(entry.key)) \(known.problem)", advice: known.advice)
        } else {
          Diagnostic(
            entry.keyOrigin, "unknown key '\(entry.key)'\(place)",
            advice: Spelling.advice(for: entry.key, among: askedFor + otherSpellings))
        }
      collector.report(diagnostic, at: pathOf(entry.key))
    }
  }

  /// Whether something is wrong with the map or below it, as far as it was read.
  /// - Parameter keys: only these are looked at; nil for all.
  func hasMistakes(at keys: [String]?) -> Bool {
    guard let keys else { return !missing.isEmpty || collector.mistakes.touch(path) }
    return keys.contains { key in
      missing.contains { $0.key == key } || collector.mistakes.touch(pathOf(key))
    }
  }

  /// The value under `key`; nil when it is absent or empty.
  public func node(_ key: String) -> DefinitionNode? {
    ask(for: key)
    guard let value = node[key], !value.isNull else { return nil }
    return value
  }

  public func has(_ key: String) -> Bool { node(key) != nil }

  public func pathOf(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// Every key of the map, for maps whose keys are the user's own names.
  public var ownNames: [DefinitionEntry] {
    for entry in entries { ask(for: entry.key) }
    return entries
  }

  private func ask(for key: String) {
    if asked.insert(key).inserted { askedFor.append(key) }
  }

  /// Reports, at the end, that `key` must be there and is not.
  public func reportMissing(_ key: String, expected: String, advice: String? = nil) {
    missing.append(
      (
        key,
        Diagnostic(
          node.origin, "\(path.isEmpty ? "the definition" : path) has no '\(key)'",
          expected: expected, advice: advice)
      ))
  }

  /// Reports the value under `key`.
  public func reportWrong(
    _ node: DefinitionNode, _ key: String, expected: String, advice: String? = nil
  ) {
    report(
      Diagnostic(
        node.origin, pathOf(key), expected: expected, found: node.kindInWords, advice: advice), key)
  }

  /// Reports something of the value under `key`.
  public func report(_ diagnostic: Diagnostic, _ key: String) {
    collector.report(diagnostic, at: pathOf(key))
  }

  // MARK: Values

  /// The value under `key`; nil when it is absent, and after a report.
  public func value<Value>(_ key: String, _ type: OptionType<Value>) -> Value? {
    node(key).flatMap { type.read($0, key, self) }
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
}
