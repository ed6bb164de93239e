// One side of a weight matrix, made smaller.

/// What the places along a side of a matrix become.
enum ReducedAxis: Sendable {
  /// Some of the old places, in rising order; all of them where nothing is left out.
  case kept([Int])
  /// Coordinates along principal components of the old ones.
  case components(PrincipalComponents)

  static func all(_ count: Int) -> ReducedAxis { .kept(Array(0..<count)) }

  var count: Int {
    switch self {
    case .kept(let places): places.count
    case .components(let components): components.count
    }
  }

  /// - Parameters:
  ///   - row: of the old size.
  ///   - target: of the new one.
  fileprivate func reduce(_ row: UnsafePointer<Float>, into target: inout [Double]) {
    switch self {
    case .kept(let places):
      for (place, old) in places.enumerated() { target[place] = Double(row[old]) }
    case .components(let components):
      let count = components.count
      target.withUnsafeMutableBufferPointer { target in
        components.values.withUnsafeBufferPointer { values in
          for place in 0..<count { target[place] = 0 }
          for old in 0..<components.size {
            let factor = Double(row[old])
            for place in 0..<count { target[place] += factor * values[old * count + place] }
          }
        }
      }
    }
  }
}

extension Parameter {
  /// Takes another parameter's values with both sides made smaller, in double precision.
  /// - Parameters:
  ///   - rows: nil for a vector.
  ///   - factor: what all values are multiplied by.
  func take(
    _ other: Parameter, rows: ReducedAxis? = nil, columns: ReducedAxis, factor: Double = 1
  ) {
    let rows = rows ?? .all(1)
    precondition(
      self.rows == rows.count && self.columns == columns.count,
      "\(path) \(shape) cannot take \(rows.count) x \(columns.count) of \(other.path)")
    guard let source = other.values.baseAddress else { return }
    let width = columns.count
    var row = [Double](repeating: 0, count: width)
    switch rows {
    case .kept(let places):
      for (place, old) in places.enumerated() {
        columns.reduce(source + old * other.columns, into: &row)
        for column in 0..<width { values[place * width + column] = Float(factor * row[column]) }
      }
    case .components(let components):
      var sums = [Double](repeating: 0, count: values.count)
      for old in 0..<other.rows {
        columns.reduce(source + old * other.columns, into: &row)
        for place in 0..<components.count {
          let share = components.values[old * components.count + place]
          for column in 0..<width { sums[place * width + column] += share * row[column] }
        }
      }
      for place in sums.indices { values[place] = Float(factor * sums[place]) }
    }
  }

  /// Takes the scale of a norm: along components the diagonal of Pᵀ · diag(γ) · P.
  func takeScale(_ other: Parameter, columns: ReducedAxis, factor: Double) {
    guard case .components(let components) = columns else {
      return take(other, columns: columns, factor: factor)
    }
    var sums = [Double](repeating: 0, count: components.count)
    for old in 0..<components.size {
      for place in sums.indices {
        let share = components.values[old * components.count + place]
        sums[place] += share * share * Double(other.values[old])
      }
    }
    for place in sums.indices { values[place] = Float(factor * sums[place]) }
  }
}
