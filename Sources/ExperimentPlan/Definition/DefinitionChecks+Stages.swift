// What must hold for each stage, the baselines and the ablations of a definition.
import RetortDistillation
import RetortOptions

extension DefinitionChecks {
  /// A replay repeats what Hugging Face's Trainer draws, which fine-tunes.
  mutating func checkReplay() {
    let replay = RandomSource.torch24CPU
    guard definition.random == replay else { return }
    for model in definition.models {
      switch model.source {
      case .folder, .layers: continue
      case .randomWeights, .scratch, .randomStudent:
        report(
          "models.\(model.name)",
          "begins from random values, which \(replay.rawValue) does not replay",
          advice: "begin from a folder that transformers can read too")
      }
    }
    for stage in definition.texts {
      report(
        "random",
        "\(replay.rawValue) can only replay fine-tuning stages; stages.\(stage.id) is not one",
        advice: "use random: counter, or make the text in a definition of its own")
    }
    for stage in definition.stages {
      guard type(of: stage.work).canReplay else {
        report(
          "random",
          "\(replay.rawValue) can only replay fine-tuning stages; stages.\(stage.id) is not one",
          advice: "use random: counter, or fine-tune that stage's model in a definition of its own")
        continue
      }
      if stage.training.batching.accumulate != 1 {
        report(
          "stages.\(stage.id).batching.accumulate", expected: "1 under random: \(replay.rawValue)",
          found: "\(stage.training.batching.accumulate)",
          advice:
            "the Trainer takes the mean of the batches' means, this program that of the examples")
      }
    }
  }

  mutating func requireHead(_ model: ModelShape, _ name: String, _ path: String) {
    guard !model.hasMaskedLMHead else { return }
    report(
      path, "needs a masked_lm head, but \(name) has none",
      advice: definition.model(named: name) != nil
        ? "write head: {kind: masked_lm, init: …} under models.\(name)"
        : "a fine-tuned model has a classifier in its place; name a stage before it")
  }

  mutating func checkFreeze(_ stage: StageDefinition, _ model: ModelShape) {
    for (place, group) in stage.training.freeze.enumerated() {
      let path = "stages.\(stage.id).freeze.\(place)"
      if case .layer(let index) = group, let count = model.layerCount, index >= count {
        report(
          path, expected: "layers.0 to layers.\(count - 1)", found: "\(group)",
          advice: "the model has \(count) layers, counted from 0")
      }
      if group == .tokenTypeEmbeddings, let family = model.family, !family.structure.hasTokenTypes {
        report(path, "does not exist: a \(family.title) has no token types", advice: "leave it out")
      }
    }
  }

  mutating func checkLength(
    _ stage: StageDefinition, _ models: [(name: String, shape: ModelShape)]
  ) {
    for (name, shape) in models {
      guard let most = shape.maximumPositions, stage.training.sequenceLength > most else {
        continue
      }
      report(
        "stages.\(stage.id).sequence_length", expected: "at most \(most), the positions of \(name)",
        found: "\(stage.training.sequenceLength)")
      return
    }
  }

  mutating func checkBaselines() {
    guard !definition.baselines.isEmpty else { return }
    let chains = DistillationChain.all(in: definition)
    guard !chains.isEmpty || !isWhole else {
      report(
        "baselines", "have nothing to be compared with",
        expected:
          "a finetune stage whose model is a distill stage, or a distill stage with validate_on and a teacher "
          + "fine-tuned on that task",
        advice: "add the stage, or leave baselines out")
      return
    }
    func place(_ baseline: Baseline) -> String {
      "baselines" + (definition.baselines.firstIndex(of: baseline).map { ".\($0)" } ?? "")
    }
    if definition.baselines.contains(.teacher), !chains.isEmpty,
      chains.allSatisfy(\.isWithoutLabels)
    {
      report(
        place(.teacher),
        "teacher is a stage already, fine-tuned on the task that the student is evaluated on",
        advice: "leave teacher out")
    }
    for chain in chains {
      if definition.baselines.contains(.mlmOnly), !chain.distillation.loss.hasTermWithoutTeacher,
        !mistakes.touch("stages.\(chain.distill.id).loss")
      {
        report(
          place(.mlmOnly),
          "mlm_only has nothing to train on: every term of stages.\(chain.distill.id) needs the teacher",
          advice:
            "give a term without a teacher, such as masked_lm, a weight, or leave mlm_only out")
      }
      if definition.baselines.contains(.randomInit), !unknown.contains(chain.distillation.student) {
        let student = definition.model(named: chain.distillation.student)
        if case .layers = student?.source { continue }
        report(
          place(.randomInit), "random_init needs a student made with init_from",
          found: "'\(chain.distillation.student)'", advice: "leave random_init out")
      }
    }
  }

  mutating func checkAblations() {
    guard !definition.ablate.isEmpty else { return }
    guard definition.stages.contains(where: { $0.work.statedLoss != nil }) || !isWhole else {
      report("ablate", "has nothing to leave out", expected: "a stage that states its loss")
      return
    }
    for (place, ablation) in definition.ablate.enumerated() {
      let isThere =
        switch ablation {
        case .term(let name): !definition.stages(withTerm: name).isEmpty
        case .initialization: !definition.studentsOfLayers.isEmpty
        }
      if !isThere, isWhole {
        report(
          "ablate.\(place)", "'\(ablation.rawValue)' is not in the experiment to be left out",
          advice: Spelling.nearest(to: ablation.rawValue, among: definition.termNames)
            .map { "did you mean '\($0)'?" } ?? "leave it out of 'ablate', or give it a weight")
      }
    }
  }
}
