// When a fine-tuning is evaluated, and when it ends because that finds nothing better.
import RetortDistillation
import RetortFormatting
import RetortOptions

extension EvaluationInterval {
  static let type = OptionType<EvaluationInterval>.oneKey([
    OptionAlternative(
      "epochs", .integer(atLeast: 1, example: "1"), "Epochs from one evaluation to the next.",
      make: { .epochs($0) }, take: { if case .epochs(let count) = $0 { count } else { nil } }),
    OptionAlternative(
      "steps", .integer(atLeast: 1, example: "500"),
      "Optimizer steps from one evaluation to the next, as the Trainer's eval_steps.",
      make: { .steps($0) }, take: { if case .steps(let count) = $0 { count } else { nil } }),
  ]).described(as: "one of {epochs: n}, {steps: n}")

  /// After "evaluation".
  var words: String {
    switch self {
    case .epochs(let count): count == 1 ? "after each epoch" : "every \(count.grouped) epochs"
    case .steps(let count): count == 1 ? "after each step" : "every \(count.grouped) steps"
    }
  }
}

extension EarlyStopping {
  static let options = OptionList(
    EarlyStopping.init(patience:threshold:),
    OptionField(
      "patience", \.patience, .integer(atLeast: 1, example: "3"),
      "Evaluations in a row without an improvement after which the stage ends."),
    OptionField(
      "threshold", \.threshold, .number(.notNegative, example: "0.001"), otherwise: 0,
      "An evaluation improves if it is better than the best before it by more than this, in the unit of the metric."
    ))

  /// - Parameter metric: what it looks at.
  func words(_ metric: String) -> String {
    "early stopping: after \(patience.grouped) evaluation\(patience == 1 ? "" : "s") "
      + (patience == 1 ? "" : "in a row ") + "in which \(metric) does not improve"
      + (threshold > 0 ? " by more than \(PlainNumber.text(threshold))" : "")
      + "; the schedule is that of all planned steps"
  }
}
