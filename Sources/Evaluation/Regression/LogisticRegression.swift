// A linear classifier on fixed features, fitted to its optimum.

/// Logistic regression with an L2 penalty on its weights and none on its biases:
///
///     ½ ‖W‖² + C Σₙ -ln p(yₙ | xₙ)      p = softmax(W x + b), of two classes σ(w·x + b) with one weight vector
///
/// The minimum is unique but for a shift of all biases. Sums are taken in double and in the order of the examples.
/// - Source: scikit-learn's `LogisticRegression(C=C)`; the minimiser is `LBFGS`.
public struct LogisticRegression: Sendable {
  /// [outputs][columns + 1], the bias last; one output for two classes.
  public let weights: [Double]
  public let columns: Int
  public let classCount: Int
  public let iterations: Int

  public enum Failure: Error, Equatable {
    /// - Parameter gradient: its largest component, over C times the number of examples.
    case notConverged(iterations: Int, gradient: Double)
    /// Somebody asked to stop.
    case stopped(iterations: Int, most: Int)
  }

  /// The gradient's largest component at the end, over C times the number of examples.
  static let tolerance = 1e-8

  /// - Parameters:
  ///   - features: x [N, columns], row by row.
  ///   - labels: y [N], each in 0..<classCount.
  ///   - inversePenalty: C.
  ///   - stopIsRequested: asked before each iteration.
  public init(
    features: [Float], columns: Int, labels: [Int32], classCount: Int, inversePenalty: Double,
    mostIterations: Int = 5_000, stopIsRequested: () -> Bool = { false }
  ) throws(Failure) {
    precondition(
      features.count == labels.count * columns && classCount > 1 && inversePenalty > 0
        && !labels.isEmpty,
      "\(features.count) features of \(labels.count) examples, \(classCount) classes")
    let loss = LogisticLoss(
      features: features, columns: columns, labels: labels,
      outputs: classCount == 2 ? 1 : classCount, inversePenalty: inversePenalty)
    let scale = inversePenalty * Double(labels.count)
    var minimiser = LBFGS(at: [Double](repeating: 0, count: loss.outputs * (columns + 1)), loss)
    while minimiser.largestGradient / scale > Self.tolerance {
      if stopIsRequested() {
        throw .stopped(iterations: minimiser.iterations, most: mostIterations)
      }
      guard minimiser.iterations < mostIterations, minimiser.step(loss) else {
        throw .notConverged(
          iterations: minimiser.iterations, gradient: minimiser.largestGradient / scale)
      }
    }
    weights = minimiser.point
    iterations = minimiser.iterations
    (self.columns, self.classCount) = (columns, classCount)
  }

  /// The most probable class of each row; of equals the first.
  public func predictions(of features: [Float]) -> [Int] {
    let width = columns + 1
    return (0..<features.count / columns).map { row in
      let scores = (0..<weights.count / width).map { output in
        features.withUnsafeBufferPointer { x in
          weights.withUnsafeBufferPointer { w in
            dot(x, row * columns, w, output * width, columns) + w[output * width + columns]
          }
        }
      }
      if classCount == 2 { return scores[0] > 0 ? 1 : 0 }
      return scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
    }
  }
}
