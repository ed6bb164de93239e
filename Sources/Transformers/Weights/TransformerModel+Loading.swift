// Filling a model from stored weights, strictly.

/// Where a part's values come from.
public enum PartOrigin: Sendable, Equatable {
  /// From the file; missing there is an error.
  case stored
  /// From the file if it has any of the part, else new values.
  case storedOrNew
  /// New values, whatever the file has.
  case new
}

/// What became of a file's tensors.
public struct WeightReport: Sendable, Equatable {
  /// Parts read from the file.
  public var loaded: [ModelPart] = []
  /// Parts with new values.
  public var new: [ModelPart] = []
  /// Names that were passed over: of parts the caller allowed to ignore, and arrays that are not weights.
  public var ignored: [String] = []
}

extension TransformerModel {
  /// Reads all values of the model.
  /// - Parameters:
  ///   - source: stored tensors.
  ///   - names: how they are called there.
  ///   - origins: where parts come from; a part that is not named must be stored.
  ///   - ignoring: parts the source may have and the model does not want.
  ///   - mapping: whether values stay a view of the source's file where they can. A model that only
  ///     computes starts sooner so; one that is trained is better off in memory of its own.
  ///   - seed: for parts with new values.
  /// - Throws: all tensors that are missing, unexpected, misshapen, unequal where they are tied, or not
  ///   finite; the model's values are undefined then.
  @discardableResult
  public func load(
    from source: some TensorSource, names: WeightNames,
    origins: [ModelPart: PartOrigin] = [:], ignoring: Set<ModelPart> = [],
    mapping: Bool = false, seed: UInt64
  ) throws(WeightError) -> WeightReport {
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

    // Which stored names each parameter is read from.
    var namesOfPath: [String: [String]] = [:]
    for (name, meaning) in sorting.known {
      if loaded.contains(meaning.part), let path = meaning.path {
        namesOfPath[path, default: []].append(name)
      } else if ignorable.contains(meaning.part) {
        report.ignored.append(name)
      } else {
        differences.unexpected.append(
          "\(name) (of the \(meaning.part.rawValue) part, not asked for)")
      }
    }
    report.ignored += sorting.buffers
    differences.unexpected += sorting.unknown

    let wanted = report.loaded.compactMap { module(of: $0) }.flatMap { $0.parameters }
    let expectedNames = names.namesByPath(prefixed: sorting.hasPrefix)
    for parameter in wanted {
      guard let stored = namesOfPath[parameter.path] else {
        differences.missing.append(expectedNames[parameter.path] ?? parameter.path)
        continue
      }
      for name in stored {
        let shape = source.shape(ofTensor: name) ?? []
        if shape != parameter.shape {
          differences.misshapen.append(
            .init(name: name, expected: parameter.shape, found: shape))
        }
      }
    }
    guard differences.isEmpty else {
      throw .different(source: source.sourceDescription, differences)
    }
    for parameter in wanted {
      let stored = namesOfPath[parameter.path] ?? []
      if try !fill(parameter, from: source, names: stored, mapping: mapping) {
        differences.unequal.append(stored)
      }
      let count = UnsafeBufferPointer(parameter.values).nonFiniteCount
      if count > 0 { differences.notFinite.append(.init(name: stored[0], count: count)) }
    }
    guard differences.isEmpty else {
      throw .different(source: source.sourceDescription, differences)
    }
    initialize(Set(report.new), seed: seed)
    return report
  }

  /// Reads a parameter; false if its names have different values.
  private func fill(
    _ parameter: Parameter, from source: some TensorSource, names: [String], mapping: Bool
  ) throws(WeightError) -> Bool {
    do {
      if mapping {
        try source.map(tensor: names[0], into: parameter.values)
      } else {
        try source.read(tensor: names[0], into: parameter.values)
      }
      guard names.count > 1 else { return true }
      let other = AlignedBuffer(count: parameter.count)
      for name in names.dropFirst() {
        try source.read(tensor: name, into: other.values)
        guard zip(parameter.values, other.values).allSatisfy(==) else { return false }
      }
      return true
    } catch {
      throw .unreadable(source: source.sourceDescription, reason: "\(error)")
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
