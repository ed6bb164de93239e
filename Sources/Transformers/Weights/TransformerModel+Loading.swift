// Filling a model from stored weights, strictly.
import RetortNumbers

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
  /// A model made of stored weights. Nothing is built before names and shapes have been compared, so that no size of
  /// a configuration asks for memory that the file does not answer for.
  /// - Parameter heads: as in `init(configuration:heads:)`; the rest as in `load`.
  public static func loading(
    _ configuration: TransformerConfiguration, heads: Set<ModelPart>,
    from source: some TensorSource, names: WeightNames, origins: [ModelPart: PartOrigin] = [:],
    ignoring: Set<ModelPart> = [], mapping: Bool = false, seed: UInt64
  ) throws(WeightError) -> (model: TransformerModel, report: WeightReport) {
    let match = try WeightMatch(
      parts: configuration.parts(heads: heads), in: source, names: names, origins: origins,
      ignoring: ignoring)
    let model = TransformerModel(configuration: configuration, heads: heads)
    try model.fill(match, from: source, mapping: mapping, seed: seed)
    return (model, match.report)
  }

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
    let match = try WeightMatch(
      parts: parts, in: source, names: names, origins: origins, ignoring: ignoring)
    try fill(match, from: source, mapping: mapping, seed: seed)
    return match.report
  }

  private func fill(
    _ match: WeightMatch, from source: some TensorSource, mapping: Bool, seed: UInt64
  ) throws(WeightError) {
    var differences = WeightDifferences()
    for parameter in match.report.loaded.compactMap({ module(of: $0) }).flatMap({ $0.parameters }) {
      let stored = match.namesByPath[parameter.path] ?? []
      if try !fill(parameter, from: source, names: stored, mapping: mapping) {
        differences.unequal.append(stored)
      }
      let count = UnsafeBufferPointer(parameter.values).nonFiniteCount
      if count > 0 { differences.notFinite.append(.init(name: stored[0], count: count)) }
    }
    guard differences.isEmpty else {
      throw .different(source: source.sourceDescription, differences)
    }
    initialize(Set(match.report.new), seed: seed)
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
