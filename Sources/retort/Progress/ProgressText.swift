// The progress of a stage as one line of text.
import RetortFormatting

/// Where a stage's training, or other work, stands.
struct StageProgress: Equatable {
  var stage: String
  /// `2/5`; nil of one stage alone.
  var place: String?
  /// What is counted.
  var unit = "step"
  /// Counted from 1; nil where nothing is trained.
  var epoch: Int?
  /// Steps done, of all steps of the stage.
  var step: Int
  var totalSteps: Int
  /// Means over the last moments: the weighted sum, and its terms unweighted; nil where nothing is trained.
  var loss: Double?
  var terms: [(name: String, value: Double)]
  /// Real tokens, no padding.
  var tokensPerSecond: Double
  /// Nil before there is anything to judge by.
  var secondsLeft: Double?
  /// Of all stages, this one included; nil where it is not known, and in the last.
  var runSecondsLeft: Double?
  /// Whether it may take fewer steps.
  var mayStopEarly = false

  static func == (left: StageProgress, right: StageProgress) -> Bool { left.text == right.text }

  /// `distil 2/5  step 120/4,210  12 min 3 s left, 40 min in all  loss 3.214  epoch 1  1,234 tokens/s  (soft_targets 0.412, …)`:
  /// what is looked for most comes first, since a narrow terminal cuts the end off.
  var text: String {
    var parts =
      [stage + (place.map { " \($0)" } ?? ""), "\(unit) \(step.grouped)/\(totalSteps.grouped)"]
    if let secondsLeft {
      parts.append(
        "\(mayStopEarly ? "at most " : "")\(secondsLeft.durationText) left"
          + (runSecondsLeft.map { ", \($0.durationText) in all" } ?? ""))
    }
    if let loss { parts.append("loss \(Self.short(loss))") }
    if let epoch { parts.append("epoch \(epoch)") }
    // Nothing is read as tokens where words are masked.
    if tokensPerSecond > 0 || loss != nil {
      parts.append("\(Int(tokensPerSecond.rounded()).grouped) tokens/s")
    }
    if loss != nil, terms.count > 1 {
      let texts = terms.map { "\($0.name) \(Self.short($0.value))" }
      parts.append("(\(texts.joined(separator: ", ")))")
    }
    return parts.joined(separator: "  ")
  }

  /// Four significant digits, as many as a loss of the moment is worth.
  private static func short(_ value: Double) -> String {
    let magnitude = abs(value)
    return value.fixed(magnitude >= 100 ? 1 : magnitude >= 10 ? 2 : magnitude >= 0.1 ? 3 : 5)
  }
}
