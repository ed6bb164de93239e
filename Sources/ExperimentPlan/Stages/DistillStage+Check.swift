// What must hold between the loss of a distillation, its text, its teacher's classes and its student's head.
import RetortDistillation

extension DistillStage {
  /// Reports terms that the text cannot give anything to.
  func checkTerms(at path: String, in checks: inout DefinitionChecks) {
    let isMasked = text.masking != nil
    let notTaken = loss.namesNotTaken(on: isMasked ? .maskedText : .text)
    for name in notTaken {
      checks.report(
        "\(path).loss.\(name)",
        isMasked
          ? "cannot be used on text with words masked" : "cannot be used with masking: none",
        advice: isMasked
          ? "write masking: none, or leave the term out"
          : "give the stage a masking, or leave the term out")
    }
    guard !isMasked else { return }
    for weighted in loss.terms where weighted.counts {
      for key in weighted.term.keysNeedingLabels {
        checks.report(
          "\(path).loss.\(weighted.name).\(key)",
          "needs labels, and the sentences of a distillation have none",
          advice: "use another \(key == "examples" ? "weighting" : key), or a finetune stage")
      }
    }
    for weighted in loss.terms
    where weighted.counts && weighted.term.isOfMaskedWords && !notTaken.contains(weighted.name) {
      checks.report(
        "\(path).loss.\(weighted.name).positions", expected: "all, where nothing is masked",
        found: "masked", advice: "write positions: all, or give the stage a masking")
    }
  }

  /// Reports a classifier that no term reads, one that is missing, and one that cannot be had.
  func checkHead(
    _ studentShape: ModelShape, at path: String, in checks: inout DefinitionChecks
  ) {
    // A loss with a mistake may not be all of it.
    guard let objective = loss.objective, !checks.mistakes.touch("\(path).loss") else { return }
    let reads = objective.readsOfStudent
    guard let head else {
      if reads.classLogits {
        checks.report(
          "\(path).head", expected: "a classifier, whose logits the loss reads", found: "none",
          advice: "write head: { kind: classification, like: teacher, init: new }")
      }
      return
    }
    guard reads.classLogits else {
      return checks.report(
        "\(path).head", "is read by no term of the loss",
        advice: "give soft_targets with on: classes a weight, or leave the head out")
    }
    let kind: BatchKind = text.masking == nil ? .text : .maskedText
    if reads.vocabularyLogits != nil, loss.namesNotTaken(on: kind).isEmpty {
      checks.report(
        "\(path).loss", expected: "logits of one head", found: "of the vocabulary and of classes",
        advice: "write two stages, one for each")
    }
    checkClasses(head, studentShape, at: path, in: &checks)
  }

  /// Reports a task that the student cannot be evaluated on.
  func checkValidation(at path: String, in checks: inout DefinitionChecks) {
    guard let validation, validation.task != .unknown else { return }
    let (task, place) = (validation.task, "\(path).validate_on")
    guard head != nil else {
      // That the loss needs one is said of the head.
      if loss.objective?.readsOfStudent.classLogits ?? false { return }
      return checks.report(
        place, "needs a classifier, and the student has none",
        advice: "write head: { kind: classification, like: teacher, init: new }, or leave it out")
    }
    for teacher in teachers.models {
      guard let classes = checks.shape(of: teacher).classifier, let names = task.classNames else {
        continue
      }
      if !classes.fits(names) {
        let wanted = ClassifierShape(classes: names, hiddenSize: classes.hiddenSize)
        checks.report(
          "\(place).task", expected: "the teacher's classes, \(classes.words)",
          found: "\(wanted.words)")
      } else {
        checks.checkOrder(of: classes, of: teacher, on: task, at: "\(place).task")
      }
    }
    if case .metric(let metric) = validation.keep,
      let problem = task.kind.problem(with: metric, classCount: task.classNames?.count)
    {
      checks.report("\(place).keep", problem, advice: "use \(task.kind.metricAdvice)")
    }
  }

  private func checkClasses(
    _ head: ClassifierStart, _ studentShape: ModelShape, at path: String,
    in checks: inout DefinitionChecks
  ) {
    var taught: (classes: ClassifierShape, by: String)?
    for entry in teachers.entries where checks.isKnown(entry.model) {
      let place = "\(path).\(TeacherNames.role(entry.name))"
      guard let classes = checks.shape(of: entry.model).classifier else {
        checks.report(
          place, expected: "a finetune stage, which has a classifier, or a model with a stored one",
          found: "'\(entry.model)'", advice: "fine-tune it on a task in a stage before")
        continue
      }
      for problem in checks.classifierProblems(of: entry.model) {
        checks.report(place, "cannot be used: \(problem)")
      }
      if let taught, !classes.fits(taught.classes.classes) {
        checks.report(
          place, expected: "the classes of \(taught.by), \(taught.classes.words)",
          found: classes.words)
      }
      taught = taught ?? (classes, entry.model)
    }
    guard let (classes, teacher) = taught, head == .stored, checks.isKnown(student) else { return }
    guard let own = studentShape.classifier else {
      return checks.report(
        "\(path).head", expected: "a model with a classifier",
        found: "'\(student)', which has none", advice: "write init: new")
    }
    if !own.fits(classes.classes) {
      checks.report(
        "\(path).head", expected: "a classifier \(classes.words), as \(teacher) has",
        found: "\(own.words), stored with \(student)", advice: "write init: new")
    }
  }
}
