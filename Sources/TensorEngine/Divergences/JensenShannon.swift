import Glibc

/// β KL( q ‖ m ) + (1 - β) KL( p ‖ m ) with m = β q + (1 - β) p, in nats; at most  -β ln β - (1 - β) ln(1 - β).
///
/// Gradient with respect to s/T: (1 - β) p (ln(p/m) - KL(p ‖ m)). It goes to 0 with β: forward KL is the limit of the
/// divergence over β, not of the divergence.
/// Source: the generalised form of Agarwal et al. 2024 (arXiv 2306.13649), section 2, equation 1; β = ½ is symmetric.
public struct JensenShannon: LogitDivergence {
  public static let key = "jensen_shannon"
  public static let about =
    "β · KL(teacher ‖ m) + (1 - β) · KL(student ‖ m) with m = β · teacher + (1 - β) · student, as in "
    + "GKD; 0.5 is symmetric."
  public static let numbers = [
    DivergenceNumber(
      .betweenZeroAndOne, example: "0.5",
      about:
        "β, the teacher's share of the mixture m and the weight of its KL; the gradient goes to 0 as "
        + "β goes to 0 or 1.")
  ]

  public let beta: Double

  /// - Parameter beta: above 0 and below 1.
  public init(beta: Double) {
    precondition(beta > 0 && beta < 1, "a share of \(beta)")
    self.beta = beta
  }

  public init(numbers: [Double]) { self.init(beta: numbers[0]) }
  public var numbers: [Double] { [beta] }

  public func formula(_ words: DivergenceWords) -> String {
    let (b, rest) = (words.text(beta), words.text(1 - beta))
    return "\(words.factor)(\(b) · KL(q ‖ m) + \(rest) · KL(p ‖ m)) with m = \(b) q + \(rest) p, "
      + words.definitions
  }

  /// With d = ln(β q) - ln((1 - β) p) it is  H(β) - β Σ q ln(1 + e⁻ᵈ) - (1 - β) Σ p ln(1 + eᵈ), H(β) its largest value, and
  /// ln(p/m) = -ln(1 - β) - ln(1 + eᵈ). An error in d that is the same everywhere changes nothing, to first order.
  public func evaluate(_ row: LogitRow) -> Double {
    let (p, q) = row.softened()
    let rest = 1 - beta
    let inverse = Vector(repeating: 1 / row.temperature)
    let shift = Vector(
      repeating: Float(log(beta) - log(rest) - q.logTotal + p.logTotal)
    ).addingProduct(Vector(repeating: p.highest - q.highest), inverse)
    // ln(1 + eᵈ) takes the place of the teacher's exponentials.
    let softpluses = q.powers
    let (ofTeacher, ofStudent) = (
      Vector(repeating: Float(beta / q.total)), Vector(repeating: Float(rest / p.total))
    )
    let both = RowKernels.sum(row.count) { part in
      let d = shift.addingProduct(load(row.teacher, part) - load(row.student, part), inverse)
      let softplus = softplus(d)
      let student = load(p.powers, part) * ofStudent * softplus
      let teacher = load(q.powers, part) * ofTeacher * (softplus - d)
      store(softplus, softpluses, part)
      return student + teacher
    }
    if let gradient = row.gradient {
      let mean = RowKernels.sum(row.count) { load(p.powers, $0) * load(softpluses, $0) } / p.total
      let factor = Vector(repeating: Float(-row.gradientFactor * rest / p.total))
      let center = Vector(repeating: Float(mean))
      RowKernels.contribute(to: gradient, adds: row.adds, row.count) { part in
        load(p.powers, part) * factor * (load(softpluses, part) - center)
      }
    }
    return -beta * log(beta) - rest * log(rest) - both
  }
}
