import Glibc

/// α KL( q_y, 1 - q_y ‖ p_y, 1 - p_y ) + β KL( q̂ ‖ p̂ ), in nats: the right outcome y against all others together, and the
/// others among themselves, with p̂ and q̂ the softmaxes over the others alone. KL( q ‖ p ) is the first part plus (1 - q_y)
/// times the second.
///
/// Gradient with respect to s/T: α (p_y - q_y) at y, and elsewhere  β (p̂ - q̂) - α (p_y - q_y) p̂. With two outcomes the
/// second part is 0.
/// Source: Zhao, Cui, Song, Qiu, Liang 2022 (arXiv 2203.08679), equation 7. The right outcome is left out exactly, where the
/// authors' code subtracts 1000 from its logit.
public struct DecoupledKL: LogitDivergence {
  public static let key = "decoupled"
  public static let about =
    "DKD: the KL of the right outcome against all others, and the KL of the others among themselves, each with a weight. It "
    + "needs labels."
  public static let numbers = [
    DivergenceNumber(
      key: "target", .notNegative, example: "1.0",
      about: "α, the weight of KL between the right outcome and all others together."),
    DivergenceNumber(
      key: "others", .notNegative, example: "8.0",
      about:
        "β, the weight of KL among the others; with two classes there is only one and it teaches nothing."
    ),
  ]

  /// α
  public let target: Double
  /// β
  public let others: Double

  /// - Parameters: weights of at least 0.
  public init(target: Double, others: Double) {
    precondition(target >= 0 && others >= 0, "weights \(target) and \(others)")
    (self.target, self.others) = (target, others)
  }

  public init(numbers: [Double]) { self.init(target: numbers[0], others: numbers[1]) }
  public var numbers: [Double] { [target, others] }

  public func formula(_ words: DivergenceWords) -> String {
    "\(words.factor)(\(words.text(target)) · KL(q_y, 1 - q_y ‖ p_y, 1 - p_y) + \(words.text(others)) · "
      + "KL(q without y ‖ p without y)) with y the label, \(words.definitions)"
  }

  public var needsLabels: Bool { true }
  public var deadOnTwoOutcomes: [String?] { others > 0 ? ["others"] : [] }

  public func evaluate(_ row: LogitRow) -> Double {
    precondition(
      row.count > 1 && (0..<row.count).contains(row.label),
      "label \(row.label) of \(row.count) outcomes")
    let (p, q) = (
      SplitRow(row.student, row, into: row.scratch),
      SplitRow(row.teacher, row, into: row.scratch + row.count)
    )
    let inverse = Vector(repeating: 1 / row.temperature)
    let (highestS, highestT) = (Vector(repeating: p.highest), Vector(repeating: q.highest))
    // The label's power is 0, its logit may be anything finite.
    let weighted = RowKernels.sum(row.count) { part in
      let u = (load(row.teacher, part) - highestT) * inverse
      let z = (load(row.student, part) - highestS) * inverse
      return load(q.powers, part) * (u - z)
    }
    let among = weighted / q.total - log(q.total) + log(p.total)
    let (own, rest) = (exp(q.logLabel), exp(q.logRest))
    let against =
      (own > 0 ? own * (q.logLabel - p.logLabel) : 0)
      + (rest > 0 ? rest * (q.logRest - p.logRest) : 0)
    if let gradient = row.gradient {
      // p_y - q_y, from whichever of the two is small.
      let excess =
        own < 0.5 ? exp(p.logLabel) - own : rest - exp(p.logRest)
      let factor = row.gradientFactor
      RowKernels.contributeDifference(
        p.powers, by: Float(factor * (others - target * excess) / p.total), q.powers,
        by: Float(factor * others / q.total), to: gradient, adds: row.adds, row.count)
      gradient[row.label] += Float(factor * target * excess)
    }
    return target * against + others * among
  }
}

/// A row of logits with the label by itself.
private struct SplitRow {
  /// exp((x - highest)/T), 0 at the label.
  let powers: UnsafeMutablePointer<Float>
  /// Of the logits that are not the label's.
  let highest: Float
  /// Of the powers.
  let total: Double
  /// ln of the label's softmax, and of all others' together.
  let logLabel: Double
  let logRest: Double

  init(_ logits: UnsafePointer<Float>, _ row: LogitRow, into powers: UnsafeMutablePointer<Float>) {
    self.powers = powers
    powers.update(from: logits, count: row.count)
    powers[row.label] = -.infinity
    highest = RowKernels.maximum(powers, row.count)
    total = Double(
      RowKernels.exponentials(
        of: powers, minus: highest, times: 1 / row.temperature, into: powers, row.count))
    let temperature = Double(row.temperature)
    let label = (Double(logits[row.label]) - Double(highest)) / temperature
    let rest = log(total)
    // ln(eˡ + eʳ), l and r the label's and the others' logarithms.
    let both = Swift.max(label, rest) + log1p(exp(-(label - rest).magnitude))
    (logLabel, logRest) = (label - both, rest - both)
  }
}
