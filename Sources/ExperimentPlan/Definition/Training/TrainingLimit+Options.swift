// When a stage ends, and how often it is saved before.
import RetortDistillation
import RetortFormatting
import RetortOptions

extension TrainingLimit {
  /// Up to there a float64 tells neighbouring numbers apart.
  private static let mostTokens = 1 << 53

  static let type = OptionType<TrainingLimit>.oneKey([
    OptionAlternative(
      "epochs", .integer(atLeast: 1, example: "3"), "Passes over the data.",
      make: { .epochs($0) }, take: { if case .epochs(let count) = $0 { count } else { nil } }),
    OptionAlternative(
      "steps", .integer(atLeast: 1, example: "1000"),
      "Optimizer steps, as max_steps of Hugging Face's Trainer: the schedule ends with them, and epochs begin anew until "
        + "then. With accumulate above 1 the Trainer lets the batches that an epoch leaves over count in the next one; here "
        + "they make the epoch's last step.",
      make: { .steps($0) }, take: { if case .steps(let count) = $0 { count } else { nil } }),
    OptionAlternative(
      "tokens", .integer(atLeast: 1, atMost: mostTokens, example: "3_000_000"),
      "Tokens seen, [CLS] and [SEP] counted. The stage ends with the step that reaches them.",
      make: { .tokens($0) }, take: { if case .tokens(let count) = $0 { count } else { nil } }),
  ]).described(as: "one of {epochs: n}, {steps: n}, {tokens: n}")

  /// For people.
  var words: String {
    switch self {
    case .epochs(let count): "\(count.grouped) epoch\(count == 1 ? "" : "s")"
    case .steps(let count): "\(count.grouped) step\(count == 1 ? "" : "s")"
    case .tokens(let count): "\(count.grouped) tokens"
    }
  }

  /// As records have it.
  var recorded: String {
    switch self {
    case .epochs(let count): "\(count) epoch\(count == 1 ? "" : "s")"
    case .steps(let count): "\(count) steps"
    case .tokens(let count): "\(count) tokens"
    }
  }
}

/// A definition always says one; `.never` is for programs that use the library.
extension CheckpointInterval {
  private static let minutes = NumberRule(
    words: "a number from 0.001 to 1000000", lowest: .init(value: 0.001, isIncluded: true),
    highest: .init(value: 1_000_000, isIncluded: true))

  static let type = OptionType<CheckpointInterval>.oneKey([
    OptionAlternative(
      "minutes", .number(minutes, example: "10"), "Minutes between checkpoints.",
      make: { .minutes($0) }, take: { if case .minutes(let minutes) = $0 { minutes } else { nil } }),
    OptionAlternative(
      "steps", .integer(atLeast: 1, example: "500"), "Optimizer steps between checkpoints.",
      make: { .steps($0) }, take: { if case .steps(let count) = $0 { count } else { nil } }),
  ]).described(as: "one of {minutes: n}, {steps: n}")

  /// After "a checkpoint".
  var words: String {
    switch self {
    case .never: "at the end of each epoch"
    case .minutes(let minutes): "every \(PlainNumber.text(minutes)) minutes"
    case .steps(let steps): steps == 1 ? "every step" : "every \(steps) steps"
    }
  }
}
