/// (1/K) Σ (s/T - t/T)²: the logits themselves, without a softmax. Times T² it does not depend on T.
///
/// Gradient with respect to s/T: (2/K) (s/T - t/T). DistilBERT's `alpha_mse` is the sum over the outcomes, K times this;
/// TextBrewer's `kd_mse` is this without T².
/// Source: Kim, Oh, Kim, Cho, Yun 2021 (arXiv 2105.08919), section 3; torch.nn.MSELoss of the logits.
public struct LogitMSE: LogitDivergence {
  public static let key = "logit_mse"
  public static let about =
    "The mean squared difference between the logits; with t_squared the temperature does not matter."

  public init() {}
  public init(numbers: [Double]) {}

  public func formula(_ words: DivergenceWords) -> String {
    let divided = words.scale == .tSquared ? "" : " / \(words.temperature)"
    return "MSE(student's logits\(divided), teacher's logits\(divided))"
  }

  public var isFreeOfTemperature: Bool { true }

  public func evaluate(_ row: LogitRow) -> Double {
    let temperature = Double(row.temperature)
    if let gradient = row.gradient {
      let factor = Vector(
        repeating: Float(row.gradientFactor * 2 / (temperature * Double(row.count))))
      RowKernels.contribute(to: gradient, adds: row.adds, row.count) { part in
        (load(row.student, part) - load(row.teacher, part)) * factor
      }
    }
    let squares = RowKernels.sum(row.count) { part in
      let difference = load(row.student, part) - load(row.teacher, part)
      return difference * difference
    }
    return squares / (temperature * temperature * Double(row.count))
  }
}
