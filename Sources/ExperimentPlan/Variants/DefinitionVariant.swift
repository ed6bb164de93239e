// One of the experiments that a definition's sweep and ablation ask for.
import RetortRecords

/// A whole definition, without a sweep or an ablation of its own.
public struct DefinitionVariant: Sendable, Equatable {
  /// What the sweep sets and the ablation leaves out; nil for a definition that asks for one experiment.
  public let point: RunRecord.Variant?
  public let definition: ResolvedDefinition
  /// The values that it does not state itself.
  public let filledValues: [FilledValue]
  /// That of the definition as a whole, for every point of it; nothing is found yet.
  public let hypothesis: RunRecord.Hypothesis?

  /// What its run folder is called.
  public var runName: String {
    RunRecord.name(experiment: definition.name, point: point?.point)
  }

  /// What it is called beside the others.
  public var title: String { point?.point ?? definition.name }
}
