/// What is taught on a row of logits: a divergence from the teacher's at a temperature T, and the factor that makes up for T.
public struct SoftTargetLoss: Sendable, Equatable {
  /// What the divergence is multiplied by.
  public enum Scale: String, Sendable, CaseIterable {
    /// T², which keeps the gradient of KL about as large at every T.
    /// Source: Hinton, Vinyals, Dean 2015 (arXiv 1503.02531), section 2.
    case tSquared = "t_squared"
    case none
  }

  /// What of the teacher is taught.
  public enum Targets: String, Sendable, CaseIterable {
    case soft
    /// The outcome of its largest logit alone, of equal ones the first. KL is then the cross-entropy with it.
    case hard
  }

  public let divergence: any LogitDivergence
  /// T. Logits are float32, and so is what they are divided by.
  public let temperature: Float
  public let scale: Scale
  public let targets: Targets

  /// - Parameters:
  ///   - temperature: T > 0.
  ///   - targets: `hard` for forward KL alone.
  public init(
    _ divergence: any LogitDivergence, temperature: Float, scale: Scale, targets: Targets
  ) {
    precondition(temperature > 0, "a temperature must be positive")
    precondition(targets == .soft || divergence is ForwardKL, "hard targets are for forward KL")
    (self.divergence, self.temperature) = (divergence, temperature)
    (self.scale, self.targets) = (scale, targets)
  }

  /// T² · KL( softmax(t/T) ‖ softmax(s/T) ), as in Hinton, Vinyals, Dean 2015 and in DistilBERT.
  public static func hinton(temperature: Float) -> SoftTargetLoss {
    SoftTargetLoss(ForwardKL(), temperature: temperature, scale: .tSquared, targets: .soft)
  }

  /// The same at another temperature.
  func at(temperature: Float) -> SoftTargetLoss {
    SoftTargetLoss(divergence, temperature: temperature, scale: scale, targets: targets)
  }

  public static func == (a: SoftTargetLoss, b: SoftTargetLoss) -> Bool {
    a.temperature == b.temperature && a.scale == b.scale && a.targets == b.targets
      && a.divergence.isSame(as: b.divergence)
  }

  /// What the value is multiplied by.
  var factor: Double {
    scale == .tSquared ? Double(temperature) * Double(temperature) : 1
  }

  /// What the gradient with respect to s/T is multiplied by to be that of the loss with respect to s: factor / T.
  func gradientFactor(_ gradientScale: Double) -> Double {
    scale == .tSquared
      ? gradientScale * Double(temperature) : gradientScale / Double(temperature)
  }

  /// The loss of one row.
  /// - Parameter gradientScale: what its gradient is multiplied by.
  func evaluate(
    count: Int, student: UnsafePointer<Float>, teacher: UnsafePointer<Float>, label: Int,
    gradient: UnsafeMutablePointer<Float>?, gradientScale: Double, adds: Bool,
    scratch: UnsafeMutablePointer<Float>
  ) -> Double {
    let row = LogitRow(
      count: count, student: student, teacher: teacher, label: label, temperature: temperature,
      gradient: gradient, gradientFactor: gradientFactor(gradientScale), adds: adds,
      scratch: scratch)
    return switch targets {
    case .soft: factor * divergence.evaluate(row)
    case .hard:
      factor * row.crossEntropy(with: RowKernels.placeOfMaximum(teacher, count))
    }
  }
}

extension LogitRow {
  /// - ln p at an outcome. Gradient with respect to s/T: p less 1 at the outcome.
  func crossEntropy(with outcome: Int) -> Double {
    precondition((0..<count).contains(outcome), "outcome \(outcome) of \(count)")
    let p = SoftenedRow(student, count, inverseTemperature: 1 / temperature, into: scratch)
    if let gradient {
      RowKernels.contributeScaled(
        p.powers, by: Float(gradientFactor / p.total), to: gradient, adds: adds, count)
      gradient[outcome] -= Float(gradientFactor)
    }
    return p.logTotal + (Double(p.highest) - Double(student[outcome])) / Double(temperature)
  }
}

extension RowKernels {
  /// Where a row is largest, of equal places the first; the first place of a row with a not-a-number.
  static func placeOfMaximum(_ x: UnsafePointer<Float>, _ count: Int) -> Int {
    let highest = maximum(x, count)
    return (0..<count).first { x[$0] == highest } ?? 0
  }
}
