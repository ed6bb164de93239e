// A learning rate that stays.
import RetortOptions

/// 1 from the end of the warm-up on.
/// - Source: transformers 4.44.2 `get_constant_schedule_with_warmup`.
public struct ConstantSchedule: LearningRateSchedule {
  public static let name = "constant"
  public static let about = "After the warm-up the rate stays at its peak."
  public static let options = OptionList.none(ConstantSchedule())

  public init() {}

  public func factor(step: Int, warmupSteps: Int, totalSteps: Int) -> Double { 1 }

  public var words: String { "constant" }
}
