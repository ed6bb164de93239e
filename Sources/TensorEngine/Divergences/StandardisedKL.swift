/// KL( softmax(z(t)/T) ‖ softmax(z(s)/T) ) with z(x) = (x - mean of x) / (d + 10⁻⁷), d the standard deviation of the row with
/// K - 1 in its denominator. A softmax does not see a shift, so it is KL at a temperature of T (d + 10⁻⁷) of each row's own.
///
/// Gradient with respect to s/T, with D = d + 10⁻⁷, p and q of z and μ the mean of s:
/// (p - q) / D - (s - μ) / ((K - 1) d D) · Σ (p - q) (s - μ) / D. With two outcomes z is ±1/√2 whatever the logits are.
/// Source: Sun, Ren, Li, Wang, Cao 2024 (arXiv 2403.01427), section 4; 10⁻⁷ as in the authors' code.
public struct StandardisedKL: LogitDivergence {
  public static let key = "standardised_kl"
  public static let about =
    "KL(teacher ‖ student) after each row of logits is given mean 0 and standard deviation 1: how sure the "
    + "teacher is does not count. With two classes nothing is left."

  public init() {}
  public init(numbers: [Double]) {}

  public func formula(_ words: DivergenceWords) -> String {
    let t = words.temperature
    return "\(words.factor)KL(softmax(z(teacher) / \(t)) ‖ softmax(z(student) / \(t))) with "
      + "z(x) = (x - mean) / (standard deviation), of each row"
  }

  public var deadOnTwoOutcomes: [String?] { [nil] }

  public func evaluate(_ row: LogitRow) -> Double {
    let count = row.count
    let (s, t) = (Moments(row.student, count), Moments(row.teacher, count))
    let temperature = Double(row.temperature)
    let inverse = (
      student: Float(1 / (s.divisor * temperature)), teacher: Float(1 / (t.divisor * temperature))
    )
    let p = SoftenedRow(
      row.student, count, inverseTemperature: inverse.student, into: row.scratch)
    let q = SoftenedRow(
      row.teacher, count, inverseTemperature: inverse.teacher, into: row.scratch + count)
    if let gradient = row.gradient {
      let mean = Vector(repeating: Float(s.mean))
      let (a, b) = (Vector(repeating: Float(1 / p.total)), Vector(repeating: Float(1 / q.total)))
      let along = RowKernels.sum(count) { part in
        (load(p.powers, part) * a - load(q.powers, part) * b) * (load(row.student, part) - mean)
      }
      let factor = row.gradientFactor / s.divisor
      let (ofP, ofQ) = (
        Vector(repeating: Float(factor / p.total)), Vector(repeating: Float(-factor / q.total))
      )
      // A row of equal logits has no direction to grow in.
      let back = Vector(
        repeating: s.deviation == 0
          ? 0 : Float(-factor * along / (s.divisor * s.deviation * Double(count - 1))))
      RowKernels.contribute(to: gradient, adds: row.adds, count) { part in
        (load(p.powers, part) * ofP)
          .addingProduct(load(q.powers, part), ofQ)
          .addingProduct(load(row.student, part) - mean, back)
      }
    }
    let (highestS, highestT) = (Vector(repeating: p.highest), Vector(repeating: q.highest))
    let (ofS, ofT) = (Vector(repeating: inverse.student), Vector(repeating: inverse.teacher))
    let weighted = RowKernels.sum(count) { part in
      let u = (load(row.teacher, part) - highestT) * ofT
      let z = (load(row.student, part) - highestS) * ofS
      return load(q.powers, part) * (u - z)
    }
    return weighted / q.total - q.logTotal + p.logTotal
  }
}

/// Mean and standard deviation of a row.
private struct Moments {
  let mean: Double
  /// d
  let deviation: Double
  /// d + 10⁻⁷
  var divisor: Double { deviation + 1e-7 }

  init(_ x: UnsafePointer<Float>, _ count: Int) {
    mean = RowKernels.sum(count) { load(x, $0) } / Double(count)
    let center = Vector(repeating: Float(mean))
    // Lanes that are not in use are 0 away from the mean.
    let filler = Float(mean)
    let squares = RowKernels.sum(count) { part in
      let difference = load(x, part, filler: filler) - center
      return difference * difference
    }
    deviation = (squares / Double(Swift.max(1, count - 1))).squareRoot()
  }
}
