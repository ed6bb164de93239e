// A labelled task that a distillation is evaluated on and learns nothing from.
import RetortDistillation
import RetortOptions

struct ValidationOptions: Sendable, Equatable {
  var task: TaskSource
  var every: EvaluationInterval
  var keep: SelectionRule

  static let type = OptionType<ValidationOptions>.map(
    OptionList(
      ValidationOptions.init(task:every:keep:),
      OptionField(
        "task", \.task, TaskSource.reference.ofContents,
        "The labelled sentences: a built-in task, or a name of `tasks:`. Their development set is read, and nothing else."
      ),
      OptionField(
        "every", \.every, EvaluationInterval.type, otherwise: .epochs(1),
        "When the model is evaluated."),
      OptionField(
        "keep", \.keep, .choice(among: SelectionRule.all, name: \.name), otherwise: .last,
        "Which evaluation's weights are kept, as select_best of a fine-tuning.")))

  /// In words, for an explanation.
  var words: String {
    "evaluated on the development set of \(task.name), \(every.words); "
      + (keep == .last
        ? "the weights after the last step are kept"
        : "the best weights by \(keep.name) are kept")
  }
}
