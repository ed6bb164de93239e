// A distillation and the fine-tunings that put its student to use.

struct DistillationChain {
  let distill: StageDefinition
  let options: DistillOptions
  let finetunes: [StageDefinition]

  /// Every distill stage whose student some finetune stage takes up, in order.
  static func all(in definition: ResolvedDefinition) -> [DistillationChain] {
    definition.stages.compactMap { stage in
      guard case .distill(let options) = stage.work else { return nil }
      let finetunes = definition.stages.filter {
        if case .finetune(let finetune) = $0.work { return finetune.model == stage.id }
        return false
      }
      guard !finetunes.isEmpty else { return nil }
      return DistillationChain(distill: stage, options: options, finetunes: finetunes)
    }
  }
}
