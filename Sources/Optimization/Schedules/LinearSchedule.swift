// A learning rate that falls linearly.
import RetortOptions

/// Linear to 0 at the end:  max(0, total - t) / max(1, total - warm-up).
/// - Source: transformers 4.44.2 `get_linear_schedule_with_warmup`.
public struct LinearSchedule: LearningRateSchedule {
  public static let name = "linear"
  public static let about = "After the warm-up the rate falls linearly to 0 at the last step."
  public static let options = OptionList.none(LinearSchedule())

  public init() {}

  public func factor(step: Int, warmupSteps: Int, totalSteps: Int) -> Double {
    max(0, Double(totalSteps - step) / Double(max(1, totalSteps - warmupSteps)))
  }

  public var words: String { "linear to 0" }
}
