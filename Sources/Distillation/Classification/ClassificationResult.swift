/// A classifier held against labelled examples.
public struct ClassificationResult: Sendable, Equatable {
  /// Mean cross-entropy over the examples, in nats; not a number without labels.
  public var loss: Double
  /// How many predictions are right; 0 without labels.
  public var correct: Int
  /// The most probable class of each example; of equals the first.
  public var predictions: [Int]
  /// [examples, K], row by row.
  public var logits: [Float]

  public init(loss: Double, correct: Int, predictions: [Int], logits: [Float]) {
    self.loss = loss
    self.correct = correct
    self.predictions = predictions
    self.logits = logits
  }

  public var count: Int { predictions.count }
  public var accuracy: Double { Double(correct) / Double(count) }
}
