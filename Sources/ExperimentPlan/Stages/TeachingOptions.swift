// A fine-tuned teacher whose answers a fine-tuning learns from.
import Distillation
import Options

public struct TeachingOptions: Sendable, Equatable {
  /// The fine-tuning that made it.
  public var teacher: String
  public var loss: LossOptions

  static let options = OptionList(
    TeachingOptions.init(teacher:loss:),
    OptionField(
      "teacher", \.teacher,
      DefinitionNames.name.described(as: "a finetune stage, whose answers are the soft targets"),
      "A finetune stage on the same task, whose answers are learned beside the labels."),
    OptionField(
      "loss", \.loss, LossOptions.teaching, "Weighted terms of the loss, where there is a teacher.")
  )

  /// Both keys, or none to learn from the labels alone.
  static func field<Root>(
    _ path: any KeyPath<Root, TeachingOptions?> & Sendable
  ) -> OptionField<Root, TeachingOptions?> {
    OptionField(
      describedAs: options.descriptions.map { description in
        OptionDescription(
          key: description.key, schema: description.schema, about: description.about,
          presence: .optional, example: description.example)
      },
      read: { map in
        guard map.has("teacher") || map.has("loss") else { return .some(nil) }
        return options.read(map).map { .some($0) }
      },
      write: { $0[keyPath: path].map(options.write) ?? [] })
  }

  func check(
    _ stage: StageDefinition, student: (name: String, shape: ModelShape), on task: TaskSource,
    in checks: inout DefinitionChecks
  ) {
    let path = "stages.\(stage.id)"
    if !loss.readsTeacher {
      checks.report(
        "\(path).loss.soft_targets.weight", expected: "a number above 0", found: "0",
        advice: "leave teacher and loss out to learn from the labels alone")
    }
    if checks.definition.random != .counter {
      checks.report(
        "\(path).teacher", "is nothing that random: \(checks.definition.random.rawValue) replays",
        advice: "use random: counter")
    }
    let stage = checks.definition.stage(id: teacher)
    guard stage != nil || checks.definition.model(named: teacher) != nil else { return }
    guard let teacherTask = stage?.work.task else {
      checks.report(
        "\(path).teacher", expected: "a finetune stage, which has a classifier",
        found: "'\(teacher)'", advice: "fine-tune it on \(task.name) in a stage before")
      return
    }
    if teacherTask != task {
      checks.report(
        "\(path).teacher", expected: "a model fine-tuned on \(task.name)",
        found: "one fine-tuned on \(teacherTask.name)")
    }
    guard loss.readsTeacher else { return }
    loss.check((teacher, checks.shape(of: teacher)), student, at: path, in: &checks)
  }
}
