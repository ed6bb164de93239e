// What classifiers answer to sentences: how far they are from a teacher's answers, and how sure and how right they are.
import Glibc
import RetortEvaluation
import RetortText
import RetortTransformers

public enum ClassMeasurement {
  /// KL(softmax(t/T) ‖ softmax(s/T)) a sentence, in nats and without a factor T², and the share of sentences to which both
  /// models give the same class.
  /// - Parameters:
  ///   - model, teacher: classifiers with the same classes.
  ///   - observer: hears how many sequences are done, and may ask to stop.
  public static func agreement(
    of model: TransformerModel, with teacher: TransformerModel, on text: any SequenceSource,
    temperature: Double, engine: Engine, observer: (any RecordingObserver)? = nil
  ) throws(MeasureError) -> (divergence: Estimate, agreement: Estimate) {
    let classes = model.configuration.labels.count
    precondition(
      teacher.configuration.labels.count == classes, "classifiers with other numbers of classes")
    let scopes = (0..<2).map { _ in ComputeScope(engine: engine, recording: false) }
    var divergences = ClusteredSums(exampleCount: text.count)
    var agreements = divergences
    try SentenceVectors.forEachGroup(of: text, observer) { batch throws(MeasureError) in
      let s = try logits(of: model, batch, in: scopes[0])
      let t = try logits(of: teacher, batch, in: scopes[1])
      for (row, example) in batch.examples.enumerated() {
        let range = row * classes..<(row + 1) * classes
        let (p, q) = (LogSoftmax(s[range], temperature), LogSoftmax(t[range], temperature))
        let divergence = zip(q.values, p.values).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
        divergences.add(max(0, divergence), toExample: example)
        agreements.add(p.largest == q.largest ? 1 : 0, toExample: example)
      }
    }
    guard let divergence = divergences.estimate(),
      let agreement = agreements.estimate(isShare: true)
    else { throw .nothingMeasured(figure: "the agreement of classes") }
    return (divergence, agreement)
  }

  /// The probability of the predicted class of each example, and whether it is the right one.
  /// - Parameter examples: with classes.
  public static func confidences(
    of model: TransformerModel, on examples: LabelledSequences, engine: Engine,
    observer: (any RecordingObserver)? = nil
  ) throws(MeasureError) -> (confidences: [Double], correct: [Bool]) {
    guard let labels = examples.labels else {
      preconditionFailure("a calibration needs classes")
    }
    let classes = model.configuration.labels.count
    let scope = ComputeScope(engine: engine, recording: false)
    var found: (confidences: [Double], correct: [Bool]) = ([], [])
    try SentenceVectors.forEachGroup(of: examples.sequences, observer) {
      batch throws(MeasureError) in
      let s = try logits(of: model, batch, in: scope)
      for (row, example) in batch.examples.enumerated() {
        let p = LogSoftmax(s[row * classes..<(row + 1) * classes], 1)
        found.confidences.append(min(1, exp(p.values[p.largest])))
        found.correct.append(p.largest == Int(labels[example]))
      }
    }
    guard !found.correct.isEmpty else { throw .nothingMeasured(figure: "a calibration") }
    return found
  }

  private static func logits(
    of model: TransformerModel, _ batch: PackedBatch, in scope: ComputeScope
  ) throws(MeasureError) -> [Float] {
    scope.reset()
    let values = model.classify(
      tokenIDs: batch.tokenIDs, layout: SequenceLayout(batch), mode: .inference, in: scope
    ).copyValues()
    guard values.allSatisfy(\.isFinite) else { throw .notFinite(figure: "a class logit") }
    return values
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
