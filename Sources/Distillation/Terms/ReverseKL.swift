// The reverse divergence: of the teacher's softened distribution from the student's.
import Glibc
import RetortOptions
import RetortTensorEngine

/// T² · KL( softmax(s/T) ‖ softmax(t/T) ) over the vocabulary, mean over the positions it is taken on. It punishes words
/// that the student expects and the teacher does not; soft targets punish those that the teacher expects and the
/// student does not.
/// Source: Gu, Dong, Wei, Huang 2024 (arXiv 2306.08543), section 2.1; T² as in Hinton, Vinyals, Dean 2015.
public struct ReverseKL: VocabularyTerm {
  public static let key = "reverse_kl"
  public static let title = "reverse KL"
  public static let about =
    "The divergence of the teacher's softened distribution from the student's."
  public static let batchKinds: Set<BatchKind> = [.maskedText]
  public static let options = OptionList(
    { ReverseKL(temperature: $0, positions: $1) },
    OptionField("temperature", \.temperature, .temperature, OptionType.temperatureAbout),
    OptionField.positions(\.positions))

  /// Both models' logits are divided by it.
  public var temperature: Double
  public var positions: TokenPositions

  public init(temperature: Double, positions: TokenPositions) {
    precondition(temperature > 0, "a temperature must be positive")
    (self.temperature, self.positions) = (temperature, positions)
  }

  public var readsTeacher: Bool { true }
  public var scale: ValueScale? { .squareOfTemperature(temperature) }

  public var formula: String {
    let t = PlainNumber.text(temperature)
    return "\(t)² · KL(softmax(student / \(t)) ‖ softmax(teacher / \(t))), mean over \(rows.words)"
  }

  public func objective(of rows: VocabularyRows, gradientScale: Double) -> any VocabularyObjective {
    ReverseKLObjective(temperature: temperature, gradientScale: gradientScale)
  }
}

/// One row, with p = softmax(s/T) and q = softmax(t/T). Gradient: T · p (log p - log q - KL) · gradientScale.
private struct ReverseKLObjective: VocabularyObjective {
  let temperature: Double
  let gradientScale: Double
  let readsTeacher = true

  func applies(toRow row: Int) -> Bool { true }

  /// With z = (s - max s)/T and u = (t - max t)/T the divergence is  Σ p (z - u) - log Σ eᶻ + log Σ eᵘ.
  func evaluate(_ row: VocabularyRow) -> Double {
    guard let t = row.teacher else { preconditionFailure("reverse KL needs the teacher's logits") }
    let (s, count) = (row.student, row.count)
    // eᶻ and z - u of every word.
    let (powers, differences) = (row.scratch, row.scratch + count)
    let (highestS, highestT) = (highest(s, count), highest(t, count))
    let factor = Float(1 / temperature)
    var (totalS, totalT, weighted) = (0.0, 0.0, 0.0)
    for i in 0..<count {
      let (z, u) = ((s[i] - highestS) * factor, (t[i] - highestT) * factor)
      let power = exp(z)
      (powers[i], differences[i]) = (power, z - u)
      totalS += Double(power)
      totalT += Double(exp(u))
      weighted += Double(power) * Double(z - u)
    }
    let mean = weighted / totalS
    if let gradient = row.gradient {
      let scale = gradientScale * temperature / totalS
      for i in 0..<count {
        let new = Float(scale * Double(powers[i]) * (Double(differences[i]) - mean))
        gradient[i] = row.adds ? gradient[i] + new : new
      }
    }
    return temperature * temperature * (mean - log(totalS) + log(totalT))
  }

  private func highest(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
    var highest = x[0]
    for i in 1..<max(1, count) where x[i] > highest { highest = x[i] }
    return highest
  }
}
