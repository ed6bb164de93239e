// A distillation and the fine-tunings that its baselines are made of.

struct DistillationChain {
  let distill: StageDefinition
  let distillation: Distillation
  /// Those that put its student to use. Of a student that none does, and that is evaluated without having seen a label, the one
  /// that its teacher was made by, under the distillation's name: what the labels alone give the same student.
  let finetunes: [StageDefinition]
  /// Whether the student is evaluated as it comes out of the distillation.
  let isWithoutLabels: Bool

  /// Every distillation that there is something to compare with, in order.
  static func all(in definition: ResolvedDefinition) -> [DistillationChain] {
    definition.stages.compactMap { stage in
      guard let distillation = stage.work.distillation else { return nil }
      let finetunes = definition.stages.filter {
        $0.work.task != nil && $0.work.trained == stage.id
      }
      if !finetunes.isEmpty {
        return DistillationChain(
          distill: stage, distillation: distillation, finetunes: finetunes, isWithoutLabels: false)
      }
      guard let task = stage.work.evaluated,
        var finetune = distillation.teachers.models.lazy.compactMap({ definition.stage(id: $0) })
          .first(where: { $0.work.task == task && $0.work.teacherInputs.isEmpty })
      else { return nil }
      finetune.id = stage.id
      return DistillationChain(
        distill: stage, distillation: distillation, finetunes: [finetune], isWithoutLabels: true)
    }
  }
}
