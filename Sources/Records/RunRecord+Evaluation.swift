// What a model answered to the examples of a split.
import Foundation

extension RunRecord {
  /// A model evaluated on one split.
  public struct Evaluation: Codable, Sendable, Equatable {
    /// Name in `RunRecord.data`: `glue/sst2 dev`.
    public var data: String
    /// After which epoch; nil for an evaluation that is not an epoch's end.
    public var epoch: Int?
    /// After which step, of an evaluation that is counted by steps; nil for any other. Without either it is one of the
    /// weights that were kept.
    public var step: Int?
    /// Whether it is one of the weights that were kept, on another set than those that chose them.
    public var isFurther: Bool { epoch == nil && step == nil }
    public var loss: Double
    /// Nil of a regression.
    public var correct: Int?
    /// One predicted label per example, in the order of the split; nil of a regression.
    public var predictions: LabelSequence?
    /// `[examples, classes]`, row by row, rounded to six significant digits; may be left out. Of a regression the number
    /// predicted for each example, which is always there.
    public var logits: [Float]?
    public var count: Int { predictions?.labels.count ?? logits?.count ?? 0 }
    /// Nil of a regression.
    public var accuracy: Double? { correct.map { Double($0) / Double(max(count, 1)) } }

    public init(
      data: String, epoch: Int? = nil, step: Int? = nil, loss: Double, correct: Int?,
      predictions: LabelSequence?,
      logits: [Float]? = nil
    ) {
      self.data = data
      self.epoch = epoch
      self.step = step
      self.loss = loss
      self.correct = correct
      self.predictions = predictions
      self.logits = logits?.map(Self.rounded)
    }

    /// Six significant digits: enough for any figure here, and half the size of nine.
    static func rounded(_ value: Float) -> Float {
      guard value.isFinite, value != 0 else { return value }
      let exponent = Int(log10(Double(abs(value))).rounded(.down)) - 5
      // A power of ten and its reciprocal: 10^-n is not exact, dividing by 10^n is right rounded.
      let scale = pow(10, Double(abs(exponent)))
      let digits =
        (exponent < 0 ? Double(value) * scale : Double(value) / scale)
        .rounded(.toNearestOrEven)
      return Float(exponent < 0 ? digits / scale : digits * scale)
    }
  }
}
