// What a linear classifier reads from a model's frozen sentence vectors.
import RetortEvaluation
import RetortText
import RetortTransformers

/// Logistic regression on frozen sentence vectors of labelled examples, and its accuracy on others.
public struct LinearProbe: Sendable {
  public var pooling: SentencePooling
  /// C of the penalty: the larger, the weaker it is.
  public var inversePenalty: Double

  /// Numbers of the training examples' vectors: 2^28 are 1 GiB.
  public static let mostNumbers = 1 << 28

  public init(_ pooling: SentencePooling, inversePenalty: Double) {
    (self.pooling, self.inversePenalty) = (pooling, inversePenalty)
  }

  /// - Parameters:
  ///   - training, testing: examples with classes.
  ///   - classCount: at least 2.
  /// - Returns: of each test example whether its class is found.
  public func accuracy(
    of model: TransformerModel, training: LabelledSequences, testing: LabelledSequences,
    classCount: Int, engine: Engine, observer: (any RecordingObserver)? = nil
  ) throws(MeasureError) -> Estimate {
    guard let labels = training.labels, let wanted = testing.labels else {
      preconditionFailure("a probe needs classes")
    }
    let vectors = SentenceVectors(of: model, pooling, engine: engine)
    guard training.count * vectors.columns <= Self.mostNumbers else {
      throw .tooMany(
        what: "training examples of a probe on \(vectors.columns) features", found: training.count,
        most: Self.mostNumbers / vectors.columns,
        advice: "name a part of the task: tasks: { few: { of: …, labels: { count: … } } }")
    }
    let features = try vectors.all(of: training.sequences, observer: observer)
    let regression: LogisticRegression
    do throws(LogisticRegression.Failure) {
      regression = try LogisticRegression(
        features: features, columns: vectors.columns, labels: labels, classCount: classCount,
        inversePenalty: inversePenalty, stopIsRequested: { observer?.stopIsRequested ?? false })
    } catch {
      switch error {
      case .notConverged(let iterations, let gradient):
        throw .noOptimum(iterations: iterations, gradient: gradient)
      case .stopped(let iterations, let most):
        throw .interrupted(done: iterations, total: most, units: "iterations of the probe's fit")
      }
    }
    let found = regression.predictions(
      of: try vectors.all(of: testing.sequences, observer: observer))
    var sums = ClusteredSums(exampleCount: found.count)
    for (example, (found, wanted)) in zip(found, wanted).enumerated() {
      sums.add(found == Int(wanted) ? 1 : 0, toExample: example)
    }
    guard let estimate = sums.estimate(isShare: true) else {
      throw .nothingMeasured(figure: "the probe's accuracy")
    }
    return estimate
  }
}
