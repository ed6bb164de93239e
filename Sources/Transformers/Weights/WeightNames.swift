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
    /// What each length of the shape is.
    let dimensions: [WeightDimension]
    /// Other names the same values may be found under, instead or as well.
    var aliases: [String] = []
  }

  /// Stands before the names of encoder and pooler if the model has a head.
  let prefix: String
  private(set) var entries: [Entry] = []
  /// What stands before a layer's number, and how many tensors a layer has.
  private let layers: (stem: String, tensors: Int)
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
    let rows = configuration.family.weights
    var names = WeightNames(prefix: "", layers: Self.layers(of: rows) { $0.path ?? "" })
    for entry in huggingFace(configuration).entries {
      if let path = entry.path {
        names.add(
          Entry(
            part: entry.part, path: path, name: path, shape: entry.shape,
            dimensions: entry.dimensions),
          aliasParts: [])
      }
    }
    return names
  }

  private init(prefix: String, layers: (stem: String, tensors: Int)) {
    (self.prefix, self.layers) = (prefix, layers)
  }

  private init(_ configuration: TransformerConfiguration) {
    let rows = configuration.family.weights
    self.init(
      prefix: configuration.family.weightPrefix, layers: Self.layers(of: rows) { $0.name })
    for row in rows {
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
              shape: shape.map { $0.size(in: configuration) }, dimensions: shape,
              aliases: aliases),
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

  /// The parameters that some parts consist of, by path.
  func entries(of parts: Set<ModelPart>) -> [(path: String, entry: Entry)] {
    entries.compactMap { entry in
      guard parts.contains(entry.part), let path = entry.path else { return nil }
      return (path, entry)
    }
  }

  /// How many layers the model has.
  var layerCount: Int { layerCount(in: entries.map(\.name)) }

  /// How many layers stored names tell of: up to the last one of which at least half is there.
  func layerCount(in stored: [String]) -> Int {
    let numbers = stored.compactMap { name -> Int? in
      let name = withoutPrefix(name)
      guard name.hasPrefix(layers.stem) else { return nil }
      return Int(name.dropFirst(layers.stem.count).prefix { $0 != "." })
    }
    let counts = Dictionary(numbers.map { ($0, 1) }, uniquingKeysWith: +)
    let last = counts.filter { 2 * $0.value >= layers.tensors }.keys.max()
    return last.map { $0 < .max ? $0 + 1 : $0 } ?? 0
  }

  private static func layers(
    of rows: [WeightRow], name: (WeightRow) -> String
  ) -> (stem: String, tensors: Int) {
    let repeated = rows.filter { name($0).contains("#") }
    let stem = repeated.first.map { name($0).prefix { $0 != "#" } } ?? ""
    return (String(stem), repeated.reduce(0) { $0 + $1.variants.count })
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
