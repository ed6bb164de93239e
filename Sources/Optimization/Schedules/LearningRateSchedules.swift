// The schedules that a definition can name.

public enum LearningRateSchedules {
  public static let all: [any LearningRateSchedule.Type] = [
    LinearSchedule.self,
    ConstantSchedule.self,
    CosineSchedule.self,
  ]
}
