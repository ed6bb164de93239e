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
  /// Of the stages, right or wrong.
  private(set) var stageNames: (trainings: [String], texts: [String]) = ([], [])

  init(context: DefinitionContext) { self.context = context }

  /// The definition, with stand-ins for what is wrong; whole if nothing was reported.
  /// - Returns: nil for a tree that is no map.
  func definition(of tree: DefinitionNode) -> ResolvedDefinition? {
    guard let top = MapReader(tree, at: "", self) else { return nil }
    modelNames = tree["models"]?.entries?.map(\.key) ?? []
    stageNames = DefinedStages.names(in: tree)
    var definition = ResolvedDefinition.options.read(top)
    top.finish()
    if definition?.sweep.contains(where: { $0.path == "seed" }) == true {
      definition?.inheritedSeeds = inheritedSeeds
    }
    return definition
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
}

extension ModelAddress {
  static let type = OptionType<ModelAddress>(
    schema: .text(
      words: form,
      pattern:
        "(?!hub:).+|hub:[A-Za-z0-9._-]+/[A-Za-z0-9._-]+(@[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*)?"),
    example: "hub:google-bert/bert-base-uncased", standIn: .path(""),
    read: { node, key, map in
      if let text = node.text, let address = ModelAddress(text) { return address }
      map.reportWrong(
        node, key, expected: form,
        advice: node.scalar.flatMap(meant).map { "did you mean \($0)?" })
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
          key: "seed", schema: OptionType.seed.schema,
          about: about + " Default: the experiment's seed.", presence: .optional, example: "1")
      ],
      standIn: 0,
      read: { map in
        if map.has("seed") { return map.value("seed", .seed) }
        let decoding = map.collector as? DefinitionDecoding
        decoding?.inheritedSeeds.insert(map.path)
        return decoding?.defaultSeed
      },
      write: { [("seed", .seed($0[keyPath: path]))] })
  }
}
