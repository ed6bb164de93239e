// What a logistic regression minimises.
import Glibc

/// ½ ‖W‖² + C Σₙ -ln p(yₙ | xₙ) and its gradient.
struct LogisticLoss: DifferentiableFunction {
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

/// Four sums side by side, so that no addition waits for the one before it; their order is fixed.
func dot(
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
