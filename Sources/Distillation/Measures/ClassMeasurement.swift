// What classifiers answer to sentences: how far they are from a teacher's answers, and how sure and how right they are.
import Glibc
import RetortEvaluation
import RetortText
import RetortTransformers

/// How far the answers of classifiers are from those of a teacher, which answers once.
public struct ClassAgreement {
  private let teacher: ClassLogits
  private let text: any SequenceSource
  private let temperature: Double
  private let engine: Engine

  /// - Parameters:
  ///   - teacher: a classifier.
  ///   - observer: hears how many sequences are done, and may ask to stop.
  public init(
    with teacher: TransformerModel, on text: any SequenceSource, temperature: Double,
    engine: Engine, observer: (any RecordingObserver)? = nil
  ) throws(MeasureError) {
    (self.text, self.temperature, self.engine) = (text, temperature, engine)
    self.teacher = try ClassLogits(of: teacher, on: text, engine, observer)
  }

  /// KL(softmax(t/T) ‖ softmax(s/T)) a sentence, in nats and without a factor T², and the share of sentences to which both
  /// models give the same class.
  /// - Parameter model: a classifier with the teacher's classes.
  public func estimates(
    of model: TransformerModel, observer: (any RecordingObserver)? = nil
  ) throws(MeasureError) -> (divergence: Estimate, agreement: Estimate) {
    let student = try ClassLogits(of: model, on: text, engine, observer)
    precondition(student.classes == teacher.classes, "classifiers with other numbers of classes")
    var divergences = ClusteredSums(exampleCount: text.count)
    var agreements = divergences
    for example in 0..<text.count {
      let p = LogSoftmax(student[example], temperature)
      let q = LogSoftmax(teacher[example], temperature)
      let divergence = zip(q.values, p.values).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
      divergences.add(max(0, divergence), toExample: example)
      agreements.add(p.largest == q.largest ? 1 : 0, toExample: example)
    }
    guard let divergence = divergences.estimate(),
      let agreement = agreements.estimate(isShare: true)
    else { throw .nothingMeasured(figure: "the agreement of classes") }
    return (divergence, agreement)
  }
}

/// How sure a classifier is of its answers, and how often it is right.
public struct ClassConfidences {
  /// The probability of the predicted class of each example.
  public private(set) var confidences: [Double] = []
  /// Whether the predicted class is the right one.
  public private(set) var correct: [Bool] = []

  /// - Parameter examples: with classes.
  public init(
    of model: TransformerModel, on examples: LabelledSequences, engine: Engine,
    observer: (any RecordingObserver)? = nil
  ) throws(MeasureError) {
    guard let labels = examples.labels else {
      preconditionFailure("a calibration needs classes")
    }
    let logits = try ClassLogits(of: model, on: examples.sequences, engine, observer)
    for (example, label) in labels.enumerated() {
      let p = LogSoftmax(logits[example], 1)
      confidences.append(min(1, exp(p.values[p.largest])))
      correct.append(p.largest == Int(label))
    }
    guard !correct.isEmpty else { throw .nothingMeasured(figure: "a calibration") }
  }
}

/// The class logits [N, K] of all sequences of a text.
private struct ClassLogits {
  let classes: Int
  private var values: [Float] = []

  init(
    of model: TransformerModel, on text: any SequenceSource, _ engine: Engine,
    _ observer: (any RecordingObserver)?
  ) throws(MeasureError) {
    classes = model.configuration.labels.count
    let scope = ComputeScope(engine: engine, recording: false)
    var values: [Float] = []
    values.reserveCapacity(text.count * classes)
    try SentenceVectors.forEachGroup(of: text, observer) { batch throws(MeasureError) in
      scope.reset()
      let logits = model.classify(
        tokenIDs: batch.tokenIDs, layout: SequenceLayout(batch), mode: .inference, in: scope
      ).copyValues()
      guard logits.allSatisfy(\.isFinite) else { throw .notFinite(figure: "a class logit") }
      values += logits
    }
    self.values = values
  }

  subscript(example: Int) -> ArraySlice<Float> {
    values[example * classes..<(example + 1) * classes]
  }
}

/// ln softmax(x/T) of a row, in double.
private struct LogSoftmax {
  let values: [Double]
  /// The place of the largest logit; of equal ones the first.
  let largest: Int

  init(_ logits: ArraySlice<Float>, _ temperature: Double) {
    let x = logits.map { Double($0) / temperature }
    largest = x.indices.reduce(0) { x[$1] > x[$0] ? $1 : $0 }
    let highest = x[largest]
    let total = log(x.reduce(0) { $0 + exp($1 - highest) })
    values = x.map { $0 - highest - total }
  }
}
