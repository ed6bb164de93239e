// A distillation and the fine-tunings that put its student to use.

struct DistillationChain {
  let distill: StageDefinition
  let options: DistillStage
  let finetunes: [StageDefinition]

  /// Every distill stage whose student some finetune stage takes up, in order.
  static func all(in definition: ResolvedDefinition) -> [DistillationChain] {
    definition.stages.compactMap { stage in
      guard let options = stage.work as? DistillStage else { return nil }
      let finetunes = definition.stages.filter {
        ($0.work as? FinetuneStage)?.model == stage.id
      }
      guard !finetunes.isEmpty else { return nil }
      return DistillationChain(distill: stage, options: options, finetunes: finetunes)
    }
  }
}
