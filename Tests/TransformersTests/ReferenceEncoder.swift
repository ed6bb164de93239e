// The encoder as the formulas have it: double precision, one token, one head, one number at a time.
import Foundation
import RetortTransformers

/// Matrices are arrays of rows. No dropout.
struct ReferenceEncoder {
  typealias Matrix = [[Double]]
  let configuration: TransformerConfiguration
  private let values: [String: [Double]]

  init(_ model: TransformerModel) {
    configuration = model.configuration
    values = model.valuesByPath.mapValues { $0.map(Double.init) }
  }

  /// Hidden states 0... of one sequence, [L, C] each.
  func hiddenStates(_ ids: [Int32]) -> [Matrix] {
    let size = configuration.hiddenSize
    var x = ids.enumerated().map { position, id in
      (0..<size).map { c in
        self["embeddings.words"][Int(id) * size + c]
          + self["embeddings.positions"][position * size + c]
          + (configuration.tokenTypeCount > 0 ? self["embeddings.token_types"][c] : 0)
      }
    }
    x = norm(x, "embeddings.norm")
    var states = [x]
    for layer in 0..<configuration.layerCount {
      x = block(x, "encoder.layer.\(layer)")
      states.append(x)
    }
    return states
  }

  private func block(_ x: Matrix, _ path: String) -> Matrix {
    let a = norm(add(x, attention(x, "\(path).attention")), "\(path).attention_norm")
    let inner = linear(a, "\(path).expansion").map {
      $0.map { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) }
    }
    return norm(add(a, linear(inner, "\(path).contraction")), "\(path).output_norm")
  }

  private func attention(_ x: Matrix, _ path: String) -> Matrix {
    let (q, k) = (linear(x, "\(path).query"), linear(x, "\(path).key"))
    let v = linear(x, "\(path).value")
    let size = configuration.headSize
    var context = x
    for head in 0..<configuration.headCount {
      let columns = head * size..<(head + 1) * size
      for i in x.indices {
        let scores = x.indices.map { j in
          columns.reduce(0) { $0 + q[i][$1] * k[j][$1] } / Double(size).squareRoot()
        }
        let exponentials = scores.map { exp($0 - (scores.max() ?? 0)) }
        let total = exponentials.reduce(0, +)
        for c in columns {
          context[i][c] = x.indices.reduce(0) { $0 + exponentials[$1] / total * v[$1][c] }
        }
      }
    }
    return linear(context, "\(path).output")
  }

  func linear(_ x: Matrix, _ path: String) -> Matrix {
    let (weight, bias) = (self["\(path).weight"], self["\(path).bias"])
    return x.map { row in
      bias.indices.map { o in
        row.indices.reduce(bias[o]) { $0 + row[$1] * weight[o * row.count + $1] }
      }
    }
  }

  func norm(_ x: Matrix, _ path: String) -> Matrix {
    let (scale, shift) = (self["\(path).scale"], self["\(path).shift"])
    return x.map { row in
      let mean = row.reduce(0, +) / Double(row.count)
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(row.count)
      let deviation = (variance + configuration.layerNormEpsilon).squareRoot()
      return row.indices.map { scale[$0] * (row[$0] - mean) / deviation + shift[$0] }
    }
  }

  private func add(_ a: Matrix, _ b: Matrix) -> Matrix {
    zip(a, b).map { zip($0, $1).map(+) }
  }

  private subscript(_ path: String) -> [Double] { values[path] ?? [] }
}
