// The labelled sentences that a measure is taken on.
import RetortOptions
import RetortText

/// The development set of a task with classes.
struct LabelledSample: Sendable, Equatable {
  var task: TaskSource
  var sequenceLength: Int

  static let options = OptionList(
    LabelledSample.init(task:sequenceLength:),
    OptionField(
      "task", \.task, TaskSource.reference,
      "The labelled sentences: a built-in task, or a name of `tasks:`."),
    OptionField(
      "sequence_length", \.sequenceLength, .integer(atLeast: 3, example: "128"),
      "Longer sequences are cut; in tokens."))

  /// Its sentences, without their labels.
  var sample: MeasuredSample {
    MeasuredSample(text: .task(task), sequenceLength: sequenceLength, count: nil, seed: 0)
  }

  func check(at path: String, in checks: inout DefinitionChecks) {
    if task != .unknown, task.kind == .regression {
      checks.report(
        "\(path).task", expected: "a task with classes",
        found: "\(task.name), whose labels are numbers")
    }
  }
}
