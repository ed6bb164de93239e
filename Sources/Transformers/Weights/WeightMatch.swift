// Stored tensors beside what a model needs, by names and shapes alone: nothing is built or read.

/// Which stored tensors a model with some parts is made of.
public struct WeightMatch: Sendable {
  /// What will be read, what made anew, what passed over.
  public let report: WeightReport
  /// Stored names of each parameter that is read, by its path; more than one where values are tied.
  let namesByPath: [String: [String]]

  /// - Parameters:
  ///   - parts: of the model.
  ///   - source: stored tensors.
  ///   - names: how they are called there, and their shapes.
  ///   - origins: where parts come from; a part that is not named must be stored.
  ///   - ignoring: parts the source may have and the model does not want.
  /// - Throws: all tensors that are missing, unexpected or misshapen.
  public init(
    parts: Set<ModelPart>, in source: some TensorSource, names: WeightNames,
    origins: [ModelPart: PartOrigin] = [:], ignoring: Set<ModelPart> = []
  ) throws(WeightError) {
    var differences = WeightDifferences()
    var report = WeightReport()
    let sorting = StoredNames(source.tensorNames, names: names)
    for part in parts.sorted() {
      let origin = origins[part] ?? .stored
      let isNew =
        origin == .new || (origin == .storedOrNew && !sorting.presentParts.contains(part))
      if isNew { report.new.append(part) } else { report.loaded.append(part) }
    }
    let loaded = Set(report.loaded)
    let ignorable = ignoring.union(report.new)

    var namesByPath: [String: [String]] = [:]
    for (name, meaning) in sorting.known {
      if loaded.contains(meaning.part), let path = meaning.path {
        namesByPath[path, default: []].append(name)
      } else if ignorable.contains(meaning.part) {
        report.ignored.append(name)
      } else {
        differences.unexpected.append(
          "\(name) (of the \(meaning.part.rawValue) part, not asked for)")
      }
    }
    report.ignored += sorting.buffers
    differences.unexpected += sorting.unknown

    let expectedNames = names.namesByPath(prefixed: sorting.hasPrefix)
    var sizes = StoredSizes()
    for (path, entry) in names.entries(of: loaded) {
      guard let stored = namesByPath[path] else {
        differences.missing.append(expectedNames[path] ?? path)
        continue
      }
      for name in stored {
        let shape = source.shape(ofTensor: name) ?? []
        sizes.add(shape, of: entry)
        if shape != entry.shape {
          differences.misshapen.append(.init(name: name, expected: entry.shape, found: shape))
        }
      }
    }
    differences.sizes = sizes.differences
    if loaded.contains(.encoder) {
      let (expected, found) = (names.layerCount, names.layerCount(in: source.tensorNames))
      if found > 0, found != expected {
        differences.sizes.append(.init(name: "layers", expected: expected, found: found))
      }
    }
    guard differences.isEmpty else {
      throw .different(source: source.sourceDescription, differences)
    }
    self.report = report
    self.namesByPath = namesByPath
  }
}

/// The sizes that shapes tell of.
private struct StoredSizes {
  private var order: [WeightDimension] = []
  private var sizes: [WeightDimension: (expected: Int, found: Set<Int>)] = [:]

  mutating func add(_ shape: [Int], of entry: WeightNames.Entry) {
    guard shape.count == entry.shape.count else { return }
    for (dimension, (expected, found)) in zip(entry.dimensions, zip(entry.shape, shape)) {
      if sizes[dimension] == nil { order.append(dimension) }
      sizes[dimension, default: (expected, [])].found.insert(found)
    }
  }

  /// Those of which all tensors say the same other number; where they disagree, some are damaged.
  var differences: [WeightDifferences.Size] {
    order.compactMap { dimension in
      guard let (expected, all) = sizes[dimension], all.count == 1, let found = all.first,
        found != expected
      else { return nil }
      return .init(name: dimension.rawValue, expected: expected, found: found)
    }
  }
}

/// The names of a file, sorted by what they mean.
private struct StoredNames {
  var known: [(name: String, meaning: (path: String?, part: ModelPart))] = []
  var unknown: [String] = []
  var buffers: [String] = []
  var presentParts: Set<ModelPart> = []
  /// Whether encoder names carry the family's prefix.
  let hasPrefix: Bool

  init(_ stored: [String], names: WeightNames) {
    hasPrefix = !names.prefix.isEmpty && stored.contains { $0.hasPrefix(names.prefix) }
    for name in stored.sorted() {
      if names.isBuffer(name) {
        buffers.append(name)
      } else if let meaning = names.meaning(of: name) {
        known.append((name, meaning))
        presentParts.insert(meaning.part)
      } else {
        unknown.append(name)
      }
    }
  }
}
