import Glibc

/// β (1 - ρ(p, q))  over the outcomes of a row, and  γ (1 - mean over the outcomes k of ρ(p·k, q·k))  over the rows of a batch,
/// ρ Pearson's correlation. Where p or q is within 10⁻⁸ of being the same everywhere, ρ is 0 and has no gradient.
///
/// With u and v the vectors less their means, G = -(v / (|u| |v|) - ρ u / |u|²): the gradient with respect to s/T is
/// β p G for a row (Σ p G = 0), and  p (H - Σ p H)  with H = γ/K · G of the columns, where rows are added up in their order.
/// The second part couples the rows of a batch. With two outcomes ρ of a row is ±1, and the first part has no gradient.
/// Source: Huang, You, Wang, Qian, Xu 2022 (arXiv 2205.10536), equations 8 to 10.
public struct PearsonDistance: LogitDivergence {
  public static let key = "pearson"
  public static let about =
    "DIST: one minus the correlation of teacher and student over the outcomes of a row, and over the "
    + "sentences of a micro-batch, each with a weight."
  public static let numbers = [
    DivergenceNumber(
      key: "rows", .notNegative, example: "1.0",
      about:
        "β, the weight of the correlations over the outcomes of a row; with two classes they are always 1 "
        + "or -1 and teach nothing."),
    DivergenceNumber(
      key: "columns", .notNegative, example: "1.0",
      about:
        "γ, the weight of the correlations over the sentences of a micro-batch, one for each class; 0 over "
        + "a vocabulary."),
  ]

  /// β
  public let rows: Double
  /// γ
  public let columns: Double

  /// - Parameters: weights of at least 0.
  public init(rows: Double, columns: Double) {
    precondition(rows >= 0 && columns >= 0, "weights \(rows) and \(columns)")
    (self.rows, self.columns) = (rows, columns)
  }

  public init(numbers: [Double]) { self.init(rows: numbers[0], columns: numbers[1]) }
  public var numbers: [Double] { [rows, columns] }

  public func formula(_ words: DivergenceWords) -> String {
    "\(words.factor)(\(words.text(rows)) · (1 - ρ(p, q) of a row) + \(words.text(columns)) · "
      + "(1 - mean of ρ(p, q) of the columns of a micro-batch)) with ρ Pearson's correlation, "
      + words.definitions
  }

  public func notes(scale: SoftTargetLoss.Scale) -> [String] {
    columns > 0
      ? [
        "the correlations of the columns are taken over a micro-batch: they depend on batch_size and on the order of the "
          + "sentences"
      ] : []
  }

  public var deadOnTwoOutcomes: [String?] { rows > 0 ? ["rows"] : [] }
  public var couplingNumber: String? { columns > 0 ? "columns" : nil }

  /// Below this length a vector counts as 0.
  private static let least = 1e-8

  public func evaluate(_ row: LogitRow) -> Double {
    let (p, q) = row.softened()
    let (a, b) = (Vector(repeating: Float(1 / p.total)), Vector(repeating: Float(1 / q.total)))
    // Softmaxes add up to 1: that is their mean.
    let mean = Float(1 / Double(row.count))
    let center = Vector(repeating: mean)
    // Lanes that are not in use have a power that makes u and v 0 there.
    let (idleP, idleQ) = (mean * Float(p.total), mean * Float(q.total))
    @inline(__always) func u(_ part: VectorPart) -> Vector {
      load(p.powers, part, filler: idleP) * a - center
    }
    @inline(__always) func v(_ part: VectorPart) -> Vector {
      load(q.powers, part, filler: idleQ) * b - center
    }
    let lengths = (
      RowKernels.sum(row.count) { part in
        let u = u(part)
        return u * u
      }.squareRoot(),
      RowKernels.sum(row.count) { part in
        let v = v(part)
        return v * v
      }.squareRoot()
    )
    let product = lengths.0 * lengths.1
    let isFlat = min(lengths.0, lengths.1) <= Self.least
    let correlation = isFlat ? 0 : RowKernels.sum(row.count) { u($0) * v($0) } / product
    if let gradient = row.gradient {
      let factor = isFlat ? 0 : row.gradientFactor * rows
      let (ofU, ofV) = (
        Vector(repeating: Float(factor * correlation / (lengths.0 * lengths.0))),
        Vector(repeating: Float(-factor / product))
      )
      RowKernels.contribute(to: gradient, adds: row.adds, row.count) { part in
        load(p.powers, part) * a * (u(part) * ofU + v(part) * ofV)
      }
    }
    return rows * (1 - correlation)
  }

  public func evaluate(coupling batch: LogitBatch) -> Double {
    let (count, rowCount) = (batch.count, batch.rows)
    let (p, q) = (batch.softmax(of: batch.student), batch.softmax(of: batch.teacher))
    // ∂/∂p, first without the factor γ / K.
    var slope = [Double](repeating: 0, count: rowCount * count)
    var total = 0.0
    for k in 0..<count {
      let places = stride(from: k, to: rowCount * count, by: count)
      let means = (
        places.reduce(0) { $0 + p[$1] } / Double(rowCount),
        places.reduce(0) { $0 + q[$1] } / Double(rowCount)
      )
      var (uu, vv, uv) = (0.0, 0.0, 0.0)
      for place in places {
        let (u, v) = (p[place] - means.0, q[place] - means.1)
        uu += u * u
        vv += v * v
        uv += u * v
      }
      let lengths = (uu.squareRoot(), vv.squareRoot())
      guard min(lengths.0, lengths.1) > Self.least else {
        // A not-a-number must reach the loss.
        total += uu.isNaN || vv.isNaN ? .nan : 0
        continue
      }
      let correlation = uv / (lengths.0 * lengths.1)
      total += correlation
      for place in places {
        let (u, v) = (p[place] - means.0, q[place] - means.1)
        slope[place] = correlation * u / uu - v / (lengths.0 * lengths.1)
      }
    }
    if let gradient = batch.gradient {
      let factor = batch.gradientFactor * columns / Double(count)
      for row in 0..<rowCount {
        let places = row * count..<(row + 1) * count
        let mean = places.reduce(0) { $0 + p[$1] * slope[$1] }
        for place in places { gradient[place] += Float(factor * p[place] * (slope[place] - mean)) }
      }
    }
    return columns * (1 - total / Double(count))
  }
}

extension LogitBatch {
  /// softmax(x/T) of each row of x [N, K].
  fileprivate func softmax(of x: UnsafePointer<Float>) -> [Double] {
    var result = [Double](repeating: 0, count: rows * count)
    for row in 0..<rows {
      let places = row * count..<(row + 1) * count
      let highest = places.reduce(-Double.infinity) { max($0, Double(x[$1])) }
      for place in places {
        result[place] = exp((Double(x[place]) - highest) / Double(temperature))
      }
      let total = places.reduce(0) { $0 + result[$1] }
      for place in places { result[place] /= total }
    }
    return result
  }
}
