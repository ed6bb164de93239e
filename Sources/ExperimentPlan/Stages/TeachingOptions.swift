// A fine-tuned teacher whose answers a fine-tuning learns from.
import RetortDistillation
import RetortOptions

struct TeachingOptions: Sendable, Equatable {
  /// The fine-tuning that made it, or a model whose folder or checkpoint has a classifier.
  var teacher: String
  var loss: LossOptions

  static let options = OptionList(
    TeachingOptions.init(teacher:loss:),
    OptionField(
      "teacher", \.teacher,
      DefinitionNames.name.ofContents.described(
        as: "a finetune stage or a model with a classifier, whose logits are the soft targets",
        example: "teacher_sst2"),
      "A finetune stage on the same task, or a model with a stored classifier of its classes; its "
        + "logits are learned as well as the labels."),
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
          presence: .optional, example: description.example,
          namesContents: description.namesContents)
      },
      read: { map in
        guard map.has("teacher") || map.has("loss") else { return .some(nil) }
        return options.read(map).map { .some($0) }
      },
      write: { $0[keyPath: path].map(options.write) ?? [] })
  }

  func check(
    _ stage: StageDefinition, student: (role: String, name: String, shape: ModelShape),
    on task: TaskSource,
    in checks: inout DefinitionChecks
  ) {
    let path = "stages.\(stage.id)"
    if !loss.readsTeacher {
      checks.report(
        "\(path).loss", expected: "a term that reads the teacher with a weight above 0",
        found: "none", advice: "leave teacher and loss out to learn from the labels alone")
    }
    if checks.definition.random != .counter {
      checks.report(
        "\(path).teacher", "cannot be used with random: \(checks.definition.random.rawValue)",
        advice: "use random: counter")
    }
    checkTeacher(path, on: task, in: &checks)
    guard loss.readsTeacher else { return }
    loss.check(("teacher", teacher, checks.shape(of: teacher)), student, at: path, in: &checks)
  }

  /// Whether the teacher answers in the classes of the task.
  private func checkTeacher(
    _ path: String, on task: TaskSource, in checks: inout DefinitionChecks
  ) {
    guard checks.isKnown(teacher), task != .unknown else { return }
    if let teacherTask = checks.definition.stage(id: teacher)?.work.task {
      if teacherTask != task {
        checks.report(
          "\(path).teacher", expected: "a model fine-tuned on \(task.name)",
          found: "one fine-tuned on \(teacherTask.name)")
        return  // its classes are not compared: they are another task's
      }
    } else if let classifier = checks.shape(of: teacher).classifier {
      if let classNames = task.classNames, !classifier.fits(classNames) {
        let wanted = ClassifierShape(classes: classNames, hiddenSize: classifier.hiddenSize)
        checks.report(
          "\(path).teacher", expected: "a classifier \(wanted.words), as \(task.name) has",
          found: "\(classifier.words), stored with \(teacher)")
        return
      }
      for problem in checks.classifierProblems(of: teacher) {
        checks.report("\(path).teacher", "cannot be used: \(problem)")
      }
    } else {
      checks.report(
        "\(path).teacher",
        expected: "a finetune stage, which has a classifier, or a model with a stored one",
        found: "'\(teacher)'", advice: "fine-tune it on \(task.name) in a stage before")
    }
  }
}
