// What must hold between the loss of a fine-tuning, its student and its teacher.
import RetortDistillation

extension FinetuneStage {
  /// - Parameter student: what is trained, under its classifier.
  func checkLoss(
    _ stage: StageDefinition, _ student: ModelShape, in checks: inout DefinitionChecks
  ) {
    let path = "stages.\(stage.id)"
    if learned != .unknown {
      let kind = learned.kind
      for name in loss.namesNotTaken(on: kind.batchKind) {
        checks.report(
          "\(path).loss.\(name)",
          "cannot be used with \(learned.name), whose labels are \(kind.answerWords)",
          advice: "use \(type(of: kind.labelTerm).key), or leave the loss out")
      }
    }
    if learned.classWeights != nil, !loss.readsClassWeights {
      checks.report(
        "\(path).loss",
        "has no term that reads the class_weights of \(learned.name)",
        advice: "give \(CrossEntropy.key) a weight, or take class_weights out of the task")
    }
    if storePath != nil, !loss.readsTeacher {
      checks.report(
        "\(path).targets", expected: "live, where no term reads a teacher", found: "a store",
        advice: "leave it out")
    }
    let replays = checks.definition.random != .counter
    for (key, isThere) in [
      (TeacherNames.role(nil), teachers != nil), ("account_every", breakdownSteps != nil),
    ]
    where isThere && replays {
      checks.report(
        "\(path).\(key)", "cannot be used with random: \(checks.definition.random.rawValue)",
        advice: "use random: counter")
    }
    guard let teachers else {
      for name in loss.namesReadingTeacher {
        checks.report(
          "\(path).loss.\(name)", "reads a teacher, and the stage has none",
          advice: "write teacher: NAME in the stage, or leave the term out")
      }
      if !loss.readsTeacher {
        loss.check(teachers: nil, student: ("model", model, student), at: path, in: &checks)
      }
      return
    }
    if statedLoss == nil {
      checks.report(
        "\(path).teacher", expected: "a loss that reads it", found: "no 'loss' in the stage",
        advice: "write loss: { soft_targets: { weight: 0.5, temperature: 2.0 }, "
          + "cross_entropy: { weight: 0.5 } }, for example")
    } else if !loss.readsTeacher {
      checks.report(
        "\(path).loss", expected: "a term that reads the teacher with a weight above 0",
        found: "none", advice: "leave the teacher out to learn without one")
    }
    for entry in teachers.entries {
      let reads =
        entry.name.flatMap { loss.objective?.reads(ofTeacher: $0) }
        ?? loss.objective?.readsOfTeacher
      guard statedLoss == nil || reads?.classLogits ?? false else { continue }
      checkAnswers(
        of: entry.model, at: "\(path).\(TeacherNames.role(entry.name))", in: &checks)
    }
    guard loss.readsTeacher else { return }
    for weighted in loss.objective?.terms ?? [] where weighted.term.rows.positions == .masked {
      checks.report(
        "\(path).loss.\(weighted.name).positions", expected: "all, first or inner",
        found: "masked", advice: "no word is masked in a finetune stage")
    }
    loss.check(teachers: teachers, student: ("model", model, student), at: path, in: &checks)
  }

  /// Whether a teacher answers in the classes of the task.
  /// - Parameter path: of its key.
  private func checkAnswers(
    of teacher: String, at path: String, in checks: inout DefinitionChecks
  ) {
    let task = learned
    guard checks.isKnown(teacher), task != .unknown else { return }
    if let teacherTask = checks.definition.stage(id: teacher)?.work.task {
      // A teacher may have learned from more examples of it.
      if teacherTask.root != task.root {
        checks.report(
          path, expected: "a model fine-tuned on \(task.name)",
          found: "one fine-tuned on \(teacherTask.name)")
        return  // its classes are not compared: they are another task's
      }
    } else if let classifier = checks.shape(of: teacher).classifier {
      if let classNames = task.classNames, !classifier.fits(classNames) {
        let wanted = ClassifierShape(classes: classNames, hiddenSize: classifier.hiddenSize)
        checks.report(
          path, expected: "a classifier \(wanted.words), as \(task.name) has",
          found: "\(classifier.words), stored with \(teacher)")
        return
      }
      for problem in checks.classifierProblems(of: teacher) {
        checks.report(path, "cannot be used: \(problem)")
      }
      checks.checkOrder(of: classifier, of: teacher, on: task, at: path)
    } else {
      checks.report(
        path,
        expected: "a finetune stage, which has a classifier, or a model with a stored one",
        found: "'\(teacher)'", advice: "fine-tune it on \(task.name) in a stage before")
    }
  }
}
