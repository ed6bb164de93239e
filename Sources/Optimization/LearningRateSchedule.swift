// What follows the warm-up of a learning rate.
import RetortOptions

/// The course of the learning rate after the warm-up. A new one is a file in Schedules/ and a line in
/// `LearningRateSchedules`.
public protocol LearningRateSchedule: Sendable, Equatable {
  /// What a definition calls it.
  static var name: String { get }
  /// In a sentence, for the reference.
  static var about: String { get }
  /// Its keys in a definition beside `name` and `warmup`.
  static var options: OptionList<Self> { get }
  /// Of its arithmetic. Raise it when the same numbers give another result: finished stages in the cache are then not taken
  /// for those of the new one. 1 is not written into digests.
  static var version: Int { get }

  /// Share of the peak in a step.
  /// - Parameters:
  ///   - step: steps taken before this one, at least `warmupSteps` and below `totalSteps`.
  ///   - warmupSteps: how many steps the rate rose to the peak.
  ///   - totalSteps: of the whole training.
  func factor(step: Int, warmupSteps: Int, totalSteps: Int) -> Double

  /// In a few words, for explanations and records: "linear to 0".
  var words: String { get }
}

extension LearningRateSchedule {
  public static var version: Int { 1 }

  public func isSame(as other: any LearningRateSchedule) -> Bool { other as? Self == self }
}
