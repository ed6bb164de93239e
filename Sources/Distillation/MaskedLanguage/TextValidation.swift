// How a classifier that learns from text is evaluated on labelled examples.
import RetortEvaluation
import RetortText

/// What a training on text is evaluated on, and which evaluation's weights it ends with.
public struct TextValidation: Sendable {
  public var examples: LabelledSequences
  public var interval: EvaluationInterval
  public var selection: SelectionRule
  /// What each evaluation computes.
  public var metrics: [any Metric.Type]

  /// - Parameter examples: in the classes of the model that is trained.
  public init(
    examples: LabelledSequences, interval: EvaluationInterval = .epochs(1),
    selection: SelectionRule = .last, metrics: [any Metric.Type] = [Accuracy.self]
  ) {
    self.examples = examples
    self.interval = interval
    self.selection = selection
    self.metrics = metrics
  }
}
