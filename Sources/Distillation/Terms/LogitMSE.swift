// The teacher's logits themselves, without a softmax.
import RetortOptions
import RetortTensorEngine

/// (1/V) Σ (s - t)² over the vocabulary, mean over the positions it is taken on: torch's MSELoss of the logits.
/// DistilBERT's `alpha_mse` sums over the vocabulary: V times this.
/// Source: Kim, Oh, Kim, Cho, Yun 2021 (arXiv 2105.08919), section 3.
public struct LogitMSE: VocabularyTerm {
  public static let key = "logit_mse"
  public static let title = "logit MSE"
  public static let about = "The mean squared difference between the models' logits."
  public static let batchKinds: Set<BatchKind> = [.maskedText]
  public static let options = OptionList(
    { LogitMSE(positions: $0) },
    OptionField.positions(\.positions))

  public var positions: TokenPositions

  public init(positions: TokenPositions) { self.positions = positions }

  public var readsTeacher: Bool { true }
  public var formula: String { "MSE(student's logits, teacher's logits), mean over \(rows.words)" }

  public func objective(of rows: VocabularyRows, gradientScale: Double) -> any VocabularyObjective {
    LogitMSEObjective(gradientScale: gradientScale)
  }
}

/// One row. Gradient: 2 (s - t) / V · gradientScale.
private struct LogitMSEObjective: VocabularyObjective {
  let gradientScale: Double
  let readsTeacher = true

  func applies(toRow row: Int) -> Bool { true }

  func evaluate(_ row: VocabularyRow) -> Double {
    guard let teacher = row.teacher else {
      preconditionFailure("logits are compared with the teacher's")
    }
    let scale = 2 * gradientScale / Double(row.count)
    var total = 0.0
    for i in 0..<row.count {
      let difference = Double(row.student[i]) - Double(teacher[i])
      total += difference * difference
      if let gradient = row.gradient {
        let new = Float(scale * difference)
        gradient[i] = row.adds ? gradient[i] + new : new
      }
    }
    return total / Double(row.count)
  }
}
