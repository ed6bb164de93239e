// The optimizer and the learning-rate schedule of a stage.
import RetortOptimization
import RetortOptions

/// One of the registered optimizers with its numbers.
public struct OptimizerOptions: Sendable, Equatable {
  public var rule: any OptimizerRule

  static let options = OptionList(
    OptimizerOptions.init(rule:),
    OptionField(
      choosing: "name", \.rule, among: Optimizers.all.map { variant($0) }, "Which optimizer."))

  private static func variant<Rule: OptimizerRule>(
    _ type: Rule.Type
  ) -> OptionVariant<any OptimizerRule> {
    OptionVariant(
      Rule.name, Rule.about, Rule.options, make: { $0 }, take: { $0 as? Rule })
  }

  public static func == (a: OptimizerOptions, b: OptimizerOptions) -> Bool {
    options.write(a).map(\.0) == options.write(b).map(\.0)
      && options.write(a).map(\.1) == options.write(b).map(\.1)
  }
}

/// One of the registered schedules, after a warm-up.
public struct ScheduleOptions: Sendable, Equatable {
  public var shape: any LearningRateSchedule
  /// Share of all steps, rounded up, in which the rate rises linearly from 0.
  public var warmup: Double

  static let options = OptionList(
    ScheduleOptions.init(shape:warmup:),
    OptionField(
      choosing: "name", \.shape, among: LearningRateSchedules.all.map { variant($0) },
      "What the rate does after the warm-up."),
    OptionField(
      "warmup", \.warmup,
      .number(.fraction, example: "0.05").described(
        as: NumberRule.fraction.words + ", the share of all steps"),
      "Share of all steps, rounded up, in which the rate rises linearly from 0."))

  private static func variant<Shape: LearningRateSchedule>(
    _ type: Shape.Type
  ) -> OptionVariant<any LearningRateSchedule> {
    OptionVariant(
      Shape.name, Shape.about, Shape.options, make: { $0 }, take: { $0 as? Shape })
  }

  public static func == (a: ScheduleOptions, b: ScheduleOptions) -> Bool {
    options.write(a).map(\.0) == options.write(b).map(\.0)
      && options.write(a).map(\.1) == options.write(b).map(\.1)
  }
}
