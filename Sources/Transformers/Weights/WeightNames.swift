// How stored weights are called: tables from names elsewhere to our parameter paths.

/// Names of a model's weights in some kind of file.
public struct WeightNames: Sendable {
  /// A row of the table.
  struct Entry: Sendable {
    let part: ModelPart
    /// Path of our parameter; nil for weights we know and have no use for.
    let path: String?
    /// The name it is written under.
    let name: String
    let shape: [Int]
    /// Other names the same values may be found under, instead or as well.
    var aliases: [String] = []
  }

  /// Stands before the names of encoder and pooler if the model has a head.
  let prefix: String
  private(set) var entries: [Entry] = []
  /// Index of the entry for every known name, without prefix, and the part the name belongs to.
  private var lookup: [String: (entry: Int, part: ModelPart)] = [:]
  /// Stored arrays that are not weights.
  private let buffers: Set<String> = ["embeddings.position_ids"]

  /// The names transformers gives them.
  public static func huggingFace(_ configuration: TransformerConfiguration) -> WeightNames {
    WeightNames(configuration)
  }

  /// Our own parameter paths, as in checkpoints.
  public static func own(_ configuration: TransformerConfiguration) -> WeightNames {
    var names = WeightNames(prefix: "")
    for entry in huggingFace(configuration).entries {
      if let path = entry.path {
        names.add(
          Entry(part: entry.part, path: path, name: path, shape: entry.shape), aliasParts: [])
      }
    }
    return names
  }

  private init(prefix: String) { self.prefix = prefix }

  private init(_ configuration: TransformerConfiguration) {
    self.init(prefix: configuration.family.weightPrefix)
    for row in configuration.family.weights {
      let layers = 0..<configuration.layerCount
      let numbers = row.name.contains("#") ? layers.map { "\($0)" } : [""]
      for number in numbers {
        for (ours, theirs, shape) in row.variants {
          func numbered(_ text: String) -> String { text.replacing("#", with: number) }
          let name = numbered(theirs)
          var aliases = row.aliases.map { $0.name }
          // Checkpoints converted from TensorFlow before 2019 have the old names.
          if name.hasSuffix("LayerNorm.weight") {
            aliases.append(name.dropLast("weight".count) + "gamma")
          } else if name.hasSuffix("LayerNorm.bias") {
            aliases.append(name.dropLast("bias".count) + "beta")
          }
          add(
            Entry(
              part: row.part, path: ours.map(numbered), name: name,
              shape: shape.map { $0.size(in: configuration) }, aliases: aliases),
            aliasParts: row.aliases)
        }
      }
    }
  }

  private mutating func add(_ entry: Entry, aliasParts: [WeightRow.Alias]) {
    lookup[entry.name] = (entries.count, entry.part)
    for alias in entry.aliases {
      let part = aliasParts.first { $0.name == alias }?.part ?? entry.part
      lookup[alias] = (entries.count, part)
    }
    entries.append(entry)
  }

  /// The parameter and part that a stored name stands for; nil if it is not known.
  public func meaning(of stored: String) -> (path: String?, part: ModelPart)? {
    guard let found = lookup[withoutPrefix(stored)] else { return nil }
    return (entries[found.entry].path, found.part)
  }

  /// Paths and shapes of the parameters that some parts consist of.
  func shapes(of parts: Set<ModelPart>) -> [(path: String, shape: [Int])] {
    entries.compactMap { entry in
      guard parts.contains(entry.part), let path = entry.path else { return nil }
      return (path, entry.shape)
    }
  }

  func isBuffer(_ stored: String) -> Bool { buffers.contains(withoutPrefix(stored)) }

  private func withoutPrefix(_ stored: String) -> String {
    !prefix.isEmpty && stored.hasPrefix(prefix) ? String(stored.dropFirst(prefix.count)) : stored
  }

  /// Names by our paths, as a file of a model with (or without) heads has them.
  public func namesByPath(prefixed: Bool) -> [String: String] {
    var names: [String: String] = [:]
    for entry in entries {
      guard let path = entry.path else { continue }
      let belongsToBase = entry.part == .encoder || entry.part == .pooler
      names[path] = prefixed && belongsToBase ? prefix + entry.name : entry.name
    }
    return names
  }
}
