// A learning rate that falls along a cosine.
import Glibc
import RetortOptions

/// max(0, (1 + cos(2π · cycles · x)) / 2)  with  x = (t - warm-up) / max(1, total - warm-up).
/// - Source: transformers 4.44.2 `get_cosine_schedule_with_warmup`.
public struct CosineSchedule: LearningRateSchedule {
  public static let name = "cosine"
  public static let about = "After the warm-up the rate follows a cosine, by half a wave to 0."
  public static let options = OptionList(
    { CosineSchedule(cycles: $0) },
    OptionField(
      "cycles", \.cycles, .number(.positive, example: "0.5"), otherwise: 0.5,
      "Waves of the cosine from the end of the warm-up to the last step; half a wave ends at 0."))

  public var cycles: Double

  public init(cycles: Double = 0.5) {
    precondition(cycles > 0, "a cosine of \(cycles) waves")
    self.cycles = cycles
  }

  public func factor(step: Int, warmupSteps: Int, totalSteps: Int) -> Double {
    let progress = Double(step - warmupSteps) / Double(max(1, totalSteps - warmupSteps))
    return max(0, 0.5 * (1 + cos(.pi * cycles * 2 * progress)))
  }

  public var words: String {
    cycles == 0.5 ? "cosine to 0" : "cosine, \(PlainNumber.text(cycles)) waves"
  }
}
