// Linear centred kernel alignment of two sets of layers, summed over chunks of tokens.
import RetortTensorEngine

/// The products that the alignment of every layer of one model with every layer of another is made of:
///
///     CKA = ‖Xᵀ Y‖² / (‖Xᵀ X‖ · ‖Yᵀ Y‖),  Frobenius norms, X [T, C] and Y [T, D] less the means of their columns
///
/// Sums over the tokens of a chunk are float32, those over chunks double.
struct AlignmentSums {
  /// Of the two models: layers, and the width of each.
  private let sides: [(layers: Int, width: Int)]
  /// Xᵀ X, of each model and layer.
  private var own: [[ProductSum]]
  /// Xᵀ Y, of each layer of the first and each of the second.
  private var cross: [[ProductSum]]

  init(_ sides: [(layers: Int, width: Int)]) {
    self.sides = sides
    own = sides.map { side in
      [ProductSum](repeating: ProductSum(count: side.width * side.width), count: side.layers)
    }
    let pair = ProductSum(count: sides[0].width * sides[1].width)
    cross = [[ProductSum]](
      repeating: [ProductSum](repeating: pair, count: sides[1].layers), count: sides[0].layers)
  }

  /// - Parameter centred: by model and layer, [rows, width] less the means over all tokens, or less any other row that all chunks
  ///   have in common: then `recentre` is called before the end.
  mutating func add(_ centred: [[[Float]]], rows: Int, on engine: Engine) {
    let widths = sides.map(\.width)
    for side in 0...1 {
      for layer in 0..<sides[side].layers {
        let values = centred[side][layer]
        own[side][layer].add(
          engine.crossProduct(values, widths[side], values, widths[side], rows: rows))
      }
    }
    for a in 0..<sides[0].layers {
      for b in 0..<sides[1].layers {
        cross[a][b].add(
          engine.crossProduct(centred[0][a], widths[0], centred[1][b], widths[1], rows: rows))
      }
    }
  }

  /// Takes the part of all products out that is owed to columns whose means were not 0.
  /// - Parameters:
  ///   - means: by model and layer, of what was added.
  ///   - rows: all that were added.
  mutating func recentre(_ means: [[[Double]]], rows: Int) {
    for side in 0...1 {
      for layer in own[side].indices {
        own[side][layer].subtract(means[side][layer], means[side][layer], times: Double(rows))
      }
    }
    for a in cross.indices {
      for b in cross[a].indices {
        cross[a][b].subtract(means[0][a], means[1][b], times: Double(rows))
      }
    }
  }

  /// A layer with states that are infinite or no numbers; nil if there is none.
  var notFinite: (side: Int, layer: Int)? { layer { !$0.isFinite } }

  /// A layer that has the same state for every token, which aligns with nothing; nil if there is none.
  var constant: (side: Int, layer: Int)? { layer { $0 == 0 } }

  /// The first layer of which the squared norm of its products with itself is of some kind.
  private func layer(where isMeant: (Double) -> Bool) -> (side: Int, layer: Int)? {
    for side in 0...1 {
      for layer in 0..<sides[side].layers where isMeant(own[side][layer].squaredNorm) {
        return (side, layer)
      }
    }
    return nil
  }

  /// [layers of the first][layers of the second]
  var alignment: [[Double]] {
    let norms = own.map { $0.map { $0.squaredNorm.squareRoot() } }
    return (0..<sides[0].layers).map { a in
      (0..<sides[1].layers).map { b in cross[a][b].squaredNorm / (norms[0][a] * norms[1][b]) }
    }
  }
}

/// The sum of each column over rows that come in chunks.
struct ColumnSums {
  private var values: [Double]

  init(width: Int) { values = [Double](repeating: 0, count: width) }

  /// - Parameter states: [rows, width]
  mutating func add(_ states: [Float]) {
    let width = values.count
    for row in 0..<states.count / width {
      for column in 0..<width { values[column] += Double(states[row * width + column]) }
    }
  }

  func means(rows: Int) -> ColumnMeans {
    ColumnMeans(values: exactMeans(rows: rows).map { Float($0) })
  }

  func exactMeans(rows: Int) -> [Double] { values.map { $0 / Double(rows) } }
}

/// The mean of each column over some rows.
struct ColumnMeans {
  fileprivate let values: [Float]

  /// - Parameter states: [rows, width]
  func centre(_ states: [Float]) -> [Float] {
    var states = states
    let width = values.count
    for row in 0..<states.count / width {
      for column in 0..<width { states[row * width + column] -= values[column] }
    }
    return states
  }
}

/// A product summed over chunks of rows, in double precision.
private struct ProductSum {
  private var values: [Double]

  init(count: Int) { values = [Double](repeating: 0, count: count) }

  mutating func add(_ product: [Float]) {
    for index in values.indices { values[index] += Double(product[index]) }
  }

  /// Less `times` x yᵀ.
  mutating func subtract(_ x: [Double], _ y: [Double], times factor: Double) {
    for row in x.indices {
      for column in y.indices { values[row * y.count + column] -= factor * x[row] * y[column] }
    }
  }

  var squaredNorm: Double { values.reduce(0) { $0 + $1 * $1 } }
}

extension Engine {
  fileprivate func crossProduct(
    _ x: [Float], _ width: Int, _ y: [Float], _ otherWidth: Int, rows: Int
  ) -> [Float] {
    x.withUnsafeBufferPointer { x in
      y.withUnsafeBufferPointer { y in
        crossProduct(of: x, columns: width, with: y, columns: otherWidth, rows: rows)
      }
    }
  }
}
