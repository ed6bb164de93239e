// A distillation and the fine-tunings that put its student to use.

struct DistillationChain {
  let distill: StageDefinition
  let distillation: Distillation
  let finetunes: [StageDefinition]

  /// Every distillation whose student some stage with a task takes up, in order.
  static func all(in definition: ResolvedDefinition) -> [DistillationChain] {
    definition.stages.compactMap { stage in
      guard let distillation = stage.work.distillation else { return nil }
      let finetunes = definition.stages.filter {
        $0.work.task != nil && $0.work.trained == stage.id
      }
      guard !finetunes.isEmpty else { return nil }
      return DistillationChain(distill: stage, distillation: distillation, finetunes: finetunes)
    }
  }
}
