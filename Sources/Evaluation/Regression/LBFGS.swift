// The minimum of a smooth function.

/// A function of many numbers that has a gradient.
protocol DifferentiableFunction {
  /// The value at a point, and the gradient there.
  func value(at point: [Double], gradient: inout [Double]) -> Double
}

/// L-BFGS with a line search that halves the step until the value falls enough.
/// - Source: Liu, Nocedal 1989, Mathematical Programming 45; the line search's rule is Armijo's.
struct LBFGS<Function: DifferentiableFunction> {
  private(set) var point: [Double]
  private(set) var iterations = 0
  private var value: Double
  private var gradient: [Double]
  /// The last steps s and changes of the gradient y, with 1/(s·y).
  private var history: [(s: [Double], y: [Double], inverse: Double)] = []

  private static var memory: Int { 20 }
  /// Of the decrease that the slope promises, how much a step must bring (Armijo).
  private static var enough: Double { 1e-4 }

  init(at point: [Double], _ loss: Function) {
    self.point = point
    gradient = point
    value = loss.value(at: point, gradient: &gradient)
  }

  var largestGradient: Double { gradient.reduce(0) { max($0, $1.magnitude) } }

  /// - Returns: false where no step along the direction lowers the value: rounding hides what is left.
  mutating func step(_ loss: Function) -> Bool {
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
