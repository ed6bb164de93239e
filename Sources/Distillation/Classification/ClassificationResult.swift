import RetortEvaluation

/// A model evaluated on examples: its classes, or the numbers of a regression.
public struct ClassificationResult: Sendable, Equatable {
  /// Mean over the examples of the cross-entropy, in nats and smoothed as in training, or of the squared error; not a number without labels.
  public var loss: Double
  /// How many predictions are right; 0 without labels, nil of a regression.
  public var correct: Int?
  /// The most probable class of each example; of equals the first. None of a regression.
  public var predictions: [Int]
  /// [examples, K], row by row; of a regression [examples], the numbers that it predicts.
  public var logits: [Float]
  /// The metrics that were asked for; none without labels.
  public var metrics: [MetricValue]

  public init(
    loss: Double, correct: Int?, predictions: [Int], logits: [Float], metrics: [MetricValue] = []
  ) {
    self.loss = loss
    self.correct = correct
    self.predictions = predictions
    self.logits = logits
    self.metrics = metrics
  }

  public var count: Int { isRegression ? logits.count : predictions.count }
  public var isRegression: Bool { correct == nil }
  /// Nil of a regression.
  public var accuracy: Double? { correct.map { Double($0) / Double(count) } }
}
