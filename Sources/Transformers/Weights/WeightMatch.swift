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
    for (path, expected) in names.shapes(of: loaded) {
      guard let stored = namesByPath[path] else {
        differences.missing.append(expectedNames[path] ?? path)
        continue
      }
      for name in stored {
        let shape = source.shape(ofTensor: name) ?? []
        if shape != expected {
          differences.misshapen.append(.init(name: name, expected: expected, found: shape))
        }
      }
    }
    guard differences.isEmpty else {
      throw .different(source: source.sourceDescription, differences)
    }
    self.report = report
    self.namesByPath = namesByPath
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
