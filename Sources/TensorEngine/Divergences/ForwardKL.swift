/// KL( q ‖ p ) = Σ q (ln q - ln p), in nats.
///
/// Gradient with respect to s/T: p - q.
/// Source: Hinton, Vinyals, Dean 2015 (arXiv 1503.02531), section 2; with T² and the mean over rows as in DistilBERT's
/// distiller.py, lines 411-417.
public struct ForwardKL: LogitDivergence {
  public static let key = "forward_kl"
  public static let about =
    "KL(teacher ‖ student), as in Hinton et al. 2015: costly where the teacher expects something that the student does not."

  public init() {}
  public init(numbers: [Double]) {}

  public func formula(_ words: DivergenceWords) -> String {
    "\(words.factor)KL(\(words.teacher) ‖ \(words.student))"
  }

  /// With z = (s - max s)/T and u = (t - max t)/T it is  Σ q (u - z) - ln Σ eᵘ + ln Σ eᶻ.
  public func evaluate(_ row: LogitRow) -> Double {
    let (p, q) = row.softened()
    if let gradient = row.gradient {
      RowKernels.contributeDifference(
        p.powers, by: Float(row.gradientFactor / p.total), q.powers,
        by: Float(row.gradientFactor / q.total), to: gradient, adds: row.adds, row.count)
    }
    let weighted = RowKernels.sumOfBlocks(row.count) { start, count in
      RowKernels.weightedDifference(
        q.powers + start, (q.logits + start, q.highest), (p.logits + start, p.highest), count)
    }
    return weighted / Double(row.temperature) / q.total - q.logTotal + p.logTotal
  }
}

extension RowKernels {
  /// Σ w · ((x - x₀) - (y - y₀))
  fileprivate static func weightedDifference(
    _ w: UnsafePointer<Float>, _ x: (UnsafePointer<Float>, Float),
    _ y: (UnsafePointer<Float>, Float), _ count: Int
  ) -> Float {
    let (x0, y0) = (Vector(repeating: x.1), Vector(repeating: y.1))
    var total = Vector.zero
    for part in VectorParts(count) {
      total.addProduct(load(w, part), (load(x.0, part) - x0) - (load(y.0, part) - y0))
    }
    return total.laneSum
  }

  /// z (+)= x · a - y · b
  static func contributeDifference(
    _ x: UnsafePointer<Float>, by a: Float, _ y: UnsafePointer<Float>, by b: Float,
    to z: UnsafeMutablePointer<Float>, adds: Bool, _ count: Int
  ) {
    let (a, b) = (Vector(repeating: a), Vector(repeating: -b))
    for part in VectorParts(count) {
      let new = (load(x, part) * a).addingProduct(load(y, part), b)
      store(adds ? load(z, part) + new : new, z, part)
    }
  }
}
