import RetortEvaluation

/// A classifier evaluated on examples.
public struct ClassificationResult: Sendable, Equatable {
  /// Mean cross-entropy over the examples, in nats; not a number without labels.
  public var loss: Double
  /// How many predictions are right; 0 without labels.
  public var correct: Int
  /// The most probable class of each example; of equals the first.
  public var predictions: [Int]
  /// [examples, K], row by row.
  public var logits: [Float]
  /// The metrics that were asked for; none without labels.
  public var metrics: [MetricValue]

  public init(
    loss: Double, correct: Int, predictions: [Int], logits: [Float], metrics: [MetricValue] = []
  ) {
    self.loss = loss
    self.correct = correct
    self.predictions = predictions
    self.logits = logits
    self.metrics = metrics
  }

  public var count: Int { predictions.count }
  public var accuracy: Double { Double(correct) / Double(count) }
}
