// The tree of a definition to its value types, and what a definition's names stand for while it is read.
import RetortOptions

/// Reads a prepared tree. Mistakes are collected; a nil result means that there are some.
final class DefinitionDecoding: DiagnosticCollector {
  let context: DefinitionContext
  /// What is declared, nil where the declaration itself is wrong: then that is the mistake, and not
  /// the name.
  var corpora: [String: CorpusSource?] = [:]
  var tasks: [String: TaskSource?] = [:]
  var defaultSeed: UInt64 = 0
  /// Paths of what takes over the experiment's seed.
  var inheritedSeeds: Set<String> = []

  /// Of the models, right or wrong.
  private(set) var modelNames: [String] = []

  init(context: DefinitionContext) { self.context = context }

  /// Models and stages that are declared with a mistake, and are not in the definition.
  private(set) var broken: Set<String> = []

  /// Everything that could be read; whole if nothing was reported.
  /// - Returns: nil for a tree that is no map.
  func definition(of tree: DefinitionNode) -> ResolvedDefinition? {
    guard let top = MapReader(tree, at: "", self) else { return nil }
    modelNames = tree["models"]?.entries?.map(\.key) ?? []
    var definition = ResolvedDefinition.options.read(top)
    top.finish()
    if definition?.sweep.contains(where: { $0.path == "seed" }) == true {
      definition?.inheritedSeeds = inheritedSeeds
    }
    return definition
  }

  /// Notes a model or stage whose declaration was reported.
  func markBroken(_ name: String) { broken.insert(name) }

  /// The seed of a model or a generated text: its own, or the experiment's.
  func seed(_ reader: MapReader) -> UInt64? {
    if reader.has("seed") { return reader.integer("seed", atLeast: 0).map { UInt64($0) } }
    inheritedSeeds.insert(reader.path)
    return defaultSeed
  }

  /// A name that can be a folder, a key path and part of a command line.
  func identifier(_ reader: MapReader, _ key: String) -> String? {
    reader.node(key).flatMap { DefinitionNames.name.read($0, key, reader) }
  }

  /// A map of the user's own names, each value read by `read`.
  /// - Returns: nil under a name whose declaration is wrong.
  func named<Value: Sendable>(
    _ top: MapReader, _ key: String, _ read: (DefinitionNode, _ name: String, MapReader) -> Value?
  ) -> [(name: String, value: Value?)] {
    guard let node = top.node(key), let map = MapReader(node, at: key, self) else { return [] }
    return map.ownNames.compactMap { entry in
      guard DefinitionNames.isName(entry.key) else {
        _ = DefinitionNames.name.read(.text(entry.key, entry.keyOrigin), entry.key, map)
        return nil
      }
      return (entry.key, read(entry.value, entry.key, map))
    }
  }

  func address(_ node: DefinitionNode, _ reader: MapReader, _ key: String) -> ModelAddress? {
    ModelAddress.type.read(node, key, reader)
  }
}

extension ModelAddress {
  static let type = OptionType<ModelAddress>(
    schema: .text(
      words: "hub:owner/name or a path",
      pattern: "(?!hub:).+|hub:[A-Za-z0-9._-]+/[A-Za-z0-9._-]+"),
    example: "hub:google-bert/bert-base-uncased",
    read: { node, key, map in
      if let text = node.scalar, let address = ModelAddress(text) { return address }
      map.reportWrong(node, key, expected: "hub:owner/name or a path")
      return nil
    }, write: { .text($0.description) })
}

extension OptionField where Value == UInt64 {
  /// The seed of a model or a generated text; the experiment's, if not written.
  static func inheritedSeed(
    _ path: any KeyPath<Root, UInt64> & Sendable, _ about: String
  ) -> OptionField {
    OptionField(
      describedAs: [
        OptionDescription(
          key: "seed", schema: .integer(atLeast: 0),
          about: about + " Default: the experiment's seed.", presence: .optional, example: "1")
      ],
      read: { map in (map.collector as? DefinitionDecoding)?.seed(map) },
      write: { [("seed", .seed($0[keyPath: path]))] })
  }
}
