// A linear classifier on fixed features, fitted to its optimum.
import Glibc

/// Logistic regression with an L2 penalty on its weights and none on its biases:
///
///     ½ ‖W‖² + C Σₙ -ln p(yₙ | xₙ)      p = softmax(W x + b), of two classes σ(w·x + b) with one weight vector
///
/// The minimum is unique but for a shift of all biases. Sums are taken in double and in the order of the examples.
/// - Source: scikit-learn's `LogisticRegression(C=C)`; the minimiser is L-BFGS (Liu, Nocedal 1989).
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
    let loss = PenalisedLoss(
      features: features, columns: columns, labels: labels,
      outputs: classCount == 2 ? 1 : classCount, inversePenalty: inversePenalty)
    let scale = inversePenalty * Double(labels.count)
    var minimiser = Minimiser(at: [Double](repeating: 0, count: loss.outputs * (columns + 1)), loss)
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

/// Four sums side by side, so that no addition waits for the one before it; their order is fixed.
private func dot(
  _ x: UnsafeBufferPointer<Float>, _ xStart: Int, _ w: UnsafeBufferPointer<Double>, _ wStart: Int,
  _ count: Int
) -> Double {
  var sums = SIMD4<Double>.zero
  let whole = count & ~3
  for i in stride(from: 0, to: whole, by: 4) {
    let a = SIMD4(
      Double(x[xStart + i]), Double(x[xStart + i + 1]), Double(x[xStart + i + 2]),
      Double(x[xStart + i + 3]))
    let b = SIMD4(w[wStart + i], w[wStart + i + 1], w[wStart + i + 2], w[wStart + i + 3])
    sums += a * b
  }
  var total = sums[0] + sums[1] + (sums[2] + sums[3])
  for i in whole..<count { total += Double(x[xStart + i]) * w[wStart + i] }
  return total
}

private struct PenalisedLoss {
  let features: [Float]
  let columns: Int
  let labels: [Int32]
  let outputs: Int
  let inversePenalty: Double

  /// The value at W, and its gradient.
  func value(at point: [Double], gradient: inout [Double]) -> Double {
    let width = columns + 1
    var data = 0.0
    for i in gradient.indices { gradient[i] = 0 }
    features.withUnsafeBufferPointer { x in
      point.withUnsafeBufferPointer { w in
        gradient.withUnsafeMutableBufferPointer { g in
          var scores = [Double](repeating: 0, count: outputs)
          for (row, label) in labels.enumerated() {
            for output in 0..<outputs {
              scores[output] =
                dot(x, row * columns, w, output * width, columns) + w[output * width + columns]
            }
            data += lossAndResiduals(&scores, Int(label))
            for output in 0..<outputs {
              let residual = scores[output]
              let (from, to) = (row * columns, output * width)
              for i in 0..<columns { g[to + i] += residual * Double(x[from + i]) }
              g[to + columns] += residual
            }
          }
        }
      }
    }
    var penalty = 0.0
    for output in 0..<outputs {
      for i in output * width..<output * width + columns {
        penalty += point[i] * point[i]
        gradient[i] = gradient[i] * inversePenalty + point[i]
      }
      gradient[output * width + columns] *= inversePenalty
    }
    return penalty / 2 + inversePenalty * data
  }

  /// - Parameter scores: become the loss's derivatives with respect to them.
  private func lossAndResiduals(_ scores: inout [Double], _ label: Int) -> Double {
    if outputs == 1 {
      let sign: Double = label == 1 ? 1 : -1
      let margin = sign * scores[0]
      // ln(1 + e^-m), without overflow.
      let small = exp(-margin.magnitude)
      scores[0] = -sign * (margin > 0 ? small : 1) / (1 + small)
      return max(0, -margin) + log1p(small)
    }
    let highest = scores.max() ?? 0
    var total = 0.0
    let score = scores[label]
    for i in scores.indices {
      scores[i] = exp(scores[i] - highest)
      total += scores[i]
    }
    for i in scores.indices { scores[i] /= total }
    scores[label] -= 1
    return log(total) + highest - score
  }
}

/// L-BFGS with a line search that halves the step until the value falls enough.
private struct Minimiser {
  private(set) var point: [Double]
  private(set) var iterations = 0
  private var value: Double
  private var gradient: [Double]
  /// The last steps s and changes of the gradient y, with 1/(s·y).
  private var history: [(s: [Double], y: [Double], inverse: Double)] = []

  private static let memory = 20
  /// Of the decrease that the slope promises, how much a step must bring (Armijo).
  private static let enough = 1e-4

  init(at point: [Double], _ loss: PenalisedLoss) {
    self.point = point
    gradient = point
    value = loss.value(at: point, gradient: &gradient)
  }

  var largestGradient: Double { gradient.reduce(0) { max($0, $1.magnitude) } }

  /// - Returns: false where no step along the direction lowers the value: rounding hides what is left.
  mutating func step(_ loss: PenalisedLoss) -> Bool {
    iterations += 1
    var direction = self.direction
    var slope = Self.dot(direction, gradient)
    if slope >= 0 {
      history = []
      direction = gradient.map { -$0 }
      slope = Self.dot(direction, gradient)
    }
    // Without a history the direction's length says nothing.
    var length = history.isEmpty ? min(1, 1 / largestGradient) : 1
    var next = point
    var nextGradient = gradient
    for _ in 0..<60 {
      for i in point.indices { next[i] = point[i] + length * direction[i] }
      let nextValue = loss.value(at: next, gradient: &nextGradient)
      if nextValue <= value + Self.enough * length * slope {
        remember(next, nextGradient)
        (point, gradient, value) = (next, nextGradient, nextValue)
        return true
      }
      length /= 2
    }
    guard !history.isEmpty else { return false }
    history = []
    return true
  }

  private mutating func remember(_ next: [Double], _ nextGradient: [Double]) {
    let s = zip(next, point).map { $0 - $1 }
    let y = zip(nextGradient, gradient).map { $0 - $1 }
    let product = Self.dot(s, y)
    guard product > 0 else { return }
    history.append((s, y, 1 / product))
    if history.count > Self.memory { history.removeFirst() }
  }

  /// -H g by the two loops over the history.
  private var direction: [Double] {
    var q = gradient.map { -$0 }
    var alphas: [Double] = []
    for (s, y, inverse) in history.reversed() {
      let alpha = inverse * Self.dot(s, q)
      for i in q.indices { q[i] -= alpha * y[i] }
      alphas.append(alpha)
    }
    if let (_, y, inverse) = history.last {
      let scale = 1 / (inverse * Self.dot(y, y))
      for i in q.indices { q[i] *= scale }
    }
    for ((s, y, inverse), alpha) in zip(history, alphas.reversed()) {
      let beta = inverse * Self.dot(y, q)
      for i in q.indices { q[i] += (alpha - beta) * s[i] }
    }
    return q
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    var total = 0.0
    for i in a.indices { total += a[i] * b[i] }
    return total
  }
}
