// What pages call the models of a run, and who taught whom.
import RetortOptions
import RetortRecords

extension RunRecord {
  /// What a row of the comparison is called. No two models on one task are called alike.
  func title(of stage: Stage) -> String {
    let name = name(of: stage)
    let alike = stages.filter { $0.isEvaluated && self.name(of: $0) == name }
    // Of the definition's own, all have their stages' names or none has.
    let same = stage.variant == "main" ? alike : alike.filter { $0.task == stage.task }
    return same.count > 1 ? "\(name) \(stage.id)" : name
  }

  private func name(of stage: Stage) -> String {
    switch stage.variant {
    case "main": ownName(of: stage)
    case "teacher":
      stages.contains { $0.variant == "main" && $0.isEvaluated && teaches($0) }
        ? "teacher, fine-tuned as the student" : "teacher"
    case "no_distillation": "student, not distilled"
    case "mlm_only": "student, masked LM only"
    case "random_init": "student, random weights"
    default: stage.variant.replacing("_", with: " ")
    }
  }

  /// Of the definition's own models.
  private func ownName(of stage: Stage) -> String {
    if teaches(stage) { return "teacher" }
    if stage.isDistillation { return "student without labels" }
    return comesFromDistillation(stage) ? "distilled student" : "fine-tuned model"
  }

  // MARK: Teachers

  /// Whether another stage of this run learned from the stage's answers or states.
  func teaches(_ stage: Stage) -> Bool {
    stages.contains { $0.teachers.contains(stage.id) && $0.variant == "main" }
  }

  /// Whether another stage of this run learned from the stage, or an evaluated one went on from it.
  func isSource(_ stage: Stage) -> Bool {
    teaches(stage) || stages.contains { $0.isEvaluated && $0.trainedInput == stage.id }
  }

  /// The stages that the model of a stage has gone through, the latest first, itself included.
  private func history(of stage: Stage) -> [Stage] {
    var found = [stage]
    while let parent = stages.first(where: { $0.id == found.last?.trainedInput }),
      !found.contains(where: { $0.id == parent.id })
    {
      found.append(parent)
    }
    return found
  }

  private func comesFromDistillation(_ stage: Stage) -> Bool {
    history(of: stage).contains(where: \.isDistillation)
  }

  /// The teachers of a model that are among `candidates`: those that it learned from last; of a baseline those of the
  /// definition's own stage that it stands beside. Of a model without one, the `teacher` baseline or whatever taught others.
  func teachers(of stage: Stage, among candidates: [Stage]) -> [Stage] {
    let own = stages.first { $0.variant == "main" && stage.id == "\($0.id).\(stage.variant)" }
    for step in history(of: own ?? stage) {
      let found = candidates.filter { step.teachers.contains($0.id) }
      if !found.isEmpty { return found }
    }
    let baselines = candidates.filter { $0.variant == "teacher" }
    return baselines.isEmpty ? candidates.filter(teaches) : baselines
  }
}

extension RunRecord.Stage {
  /// Behind the model's name: from whom it learned, and whether it saw labels.
  var teachingText: String {
    teachers.isEmpty
      ? "" : ", taught \(isDistillation ? "without labels " : "")by \(teachers.listed)"
  }
}
