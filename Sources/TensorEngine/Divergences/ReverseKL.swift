/// KL( p ‖ q ) = Σ p (ln p - ln q), in nats, with ln q of at least -80: what a teacher holds for all but impossible costs a
/// student 80 nats and no more.
///
/// Gradient with respect to s/T: p (ln p - ln q - KL).
/// Source: Gu, Dong, Wei, Huang 2024 (arXiv 2306.08543), section 2.1.
public struct ReverseKL: LogitDivergence {
  public static let key = "reverse_kl"
  public static let about =
    "KL(student ‖ teacher), as in MiniLLM: costly where the student expects something that the teacher does not; ln of the "
    + "teacher's softmax is at least -80."

  public init() {}
  public init(numbers: [Double]) {}

  public func formula(_ words: DivergenceWords) -> String {
    "\(words.factor)KL(\(words.student) ‖ \(words.teacher))"
  }

  /// With z = (s - max s)/T and u = (t - max t)/T it is  Σ p (z - u) - ln Σ eᶻ + ln Σ eᵘ.
  public func evaluate(_ row: LogitRow) -> Double {
    let (p, q) = row.softened()
    let inverse = Vector(repeating: 1 / row.temperature)
    let (highestS, highestT) = (Vector(repeating: p.highest), Vector(repeating: q.highest))
    let least = Vector(repeating: Float(q.logTotal - 80))
    // The teacher's exponentials have been added up; z - u takes their place.
    let differences = q.powers
    let mean =
      RowKernels.sum(row.count) { part in
        let z = (load(row.student, part) - highestS) * inverse
        let u = ((load(row.teacher, part) - highestT) * inverse).maximum(least)
        store(z - u, differences, part)
        return load(p.powers, part) * (z - u)
      } / p.total
    if let gradient = row.gradient {
      let factor = Vector(repeating: Float(row.gradientFactor / p.total))
      let mean = Vector(repeating: Float(mean))
      RowKernels.contribute(to: gradient, adds: row.adds, row.count) { part in
        load(p.powers, part) * factor * (load(differences, part) - mean)
      }
    }
    return mean - p.logTotal + q.logTotal
  }
}
