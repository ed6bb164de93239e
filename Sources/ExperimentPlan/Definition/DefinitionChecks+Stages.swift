// What must hold for each stage, the baselines and the ablations of a definition.

extension DefinitionChecks {
  mutating func check(_ stage: StageDefinition) {
    let path = "stages.\(stage.id)"
    switch stage.work {
    case .pretrain(let options):
      let model = shape(of: options.model)
      requireHead(model, options.model, "\(path).model")
      checkFreeze(stage, model)
      checkLength(stage, [(options.model, model)])
    case .distill(let options): check(options, of: stage)
    case .finetune(let options):
      let model = shape(of: options.model)
      if stage.training.batching.groupByLength {
        report(
          "\(path).batching.group_by_length", expected: "false in a fine-tuning", found: "true",
          advice: "batches are packed, so sentences of like length save nothing")
      }
      checkFreeze(stage, model)
      checkLength(stage, [(options.model, model)])
      if let teaching = options.teaching { check(teaching, of: stage, on: options.task) }
    }
  }

  private mutating func check(
    _ teaching: TeachingOptions, of stage: StageDefinition, on task: TaskSource
  ) {
    let path = "stages.\(stage.id)"
    if teaching.softTargetWeight == 0 {
      report(
        "\(path).loss.soft_targets.weight", expected: "a number above 0", found: "0",
        advice: "leave teacher and loss out to learn from the labels alone")
    }
    if definition.random != .counter {
      report(
        "\(path).teacher", "is nothing that random: \(definition.random.rawValue) replays",
        advice: "use random: counter")
    }
    guard case .finetune(let options)? = definition.stage(id: teaching.teacher)?.work else {
      report(
        "\(path).teacher", expected: "a finetune stage, which has a classifier",
        found: "'\(teaching.teacher)'", advice: "fine-tune it on \(task.name) in a stage before")
      return
    }
    if options.task != task {
      report(
        "\(path).teacher", expected: "a model fine-tuned on \(task.name)",
        found: "one fine-tuned on \(options.task.name)")
    }
  }

  private mutating func check(_ options: DistillOptions, of stage: StageDefinition) {
    let path = "stages.\(stage.id)"
    let loss = options.loss
    let (teacher, student) = (shape(of: options.teacher), shape(of: options.student))
    if options.teacher == options.student {
      report("\(path).student", "is the teacher itself", advice: "name another model")
    }
    if loss.softTargetWeight == 0, loss.maskedLMWeight == 0, loss.cosineWeight == 0 {
      report(
        "\(path).loss", expected: "at least one weight above 0", found: "none",
        advice: "the recipe has 5, 2 and 1")
    }
    if loss.softTargetWeight > 0 { requireHead(teacher, options.teacher, "\(path).teacher") }
    if loss.softTargetWeight > 0 || loss.maskedLMWeight > 0 {
      requireHead(student, options.student, "\(path).student")
    }
    if loss.cosineWeight > 0, let a = teacher.hiddenSize, let b = student.hiddenSize, a != b {
      report(
        "\(path).loss.cosine", expected: "hidden sizes that are equal",
        found: "\(a) in \(options.teacher), \(b) in \(options.student)",
        advice: "set the weight to 0, or give the student the teacher's hidden size")
    }
    if let a = teacher.vocabularySize, let b = student.vocabularySize, a != b {
      report(
        "\(path).student", expected: "the teacher's vocabulary of \(a)", found: "one of \(b)",
        advice: "teacher and student read the same token ids")
    }
    checkFreeze(stage, student)
    checkLength(stage, [(options.teacher, teacher), (options.student, student)])
  }

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
    for stage in definition.stages {
      guard case .finetune = stage.work else {
        report(
          "random", "\(replay.rawValue) replays fine-tunings, and stages.\(stage.id) is none",
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

  private mutating func requireHead(_ model: ModelShape, _ name: String, _ path: String) {
    guard !model.hasMaskedLMHead else { return }
    report(
      path, "needs a masked_lm head, which \(name) has not",
      advice: definition.model(named: name) != nil
        ? "write head: {kind: masked_lm, init: …} under models.\(name)"
        : "a fine-tuned model has a classifier in its place; name a stage before it")
  }

  private mutating func checkFreeze(_ stage: StageDefinition, _ model: ModelShape) {
    for (place, group) in stage.training.freeze.enumerated() {
      let path = "stages.\(stage.id).freeze.\(place)"
      if case .layer(let index) = group, let count = model.layerCount, index >= count {
        report(
          path, expected: "layers.0 to layers.\(count - 1)", found: "\(group)",
          advice: "the model has \(count) layers, counted from 0")
      }
      if group == .tokenTypeEmbeddings, model.architecture == .distilbert {
        report(path, "does not exist: a DistilBERT has no token types", advice: "leave it out")
      }
    }
  }

  private mutating func checkLength(
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
    guard !chains.isEmpty else {
      report(
        "baselines", "have nothing to be compared with",
        expected: "a finetune stage whose model is a distill stage",
        advice: "add the stage, or leave baselines out")
      return
    }
    for (place, baseline) in definition.baselines.enumerated() {
      if definition.baselines.prefix(place).contains(baseline) {
        report("baselines.\(place)", "'\(baseline.rawValue)' is given twice", advice: "keep one")
      }
    }
    for chain in chains {
      if definition.baselines.contains(.mlmOnly), chain.options.loss.maskedLMWeight == 0 {
        report(
          "baselines",
          "mlm_only has nothing to train on: stages.\(chain.distill.id) has no masked_lm",
          advice: "give masked_lm a weight, or leave mlm_only out")
      }
      if definition.baselines.contains(.randomInit) {
        let student = definition.model(named: chain.options.student)
        if case .layers = student?.source { continue }
        report(
          "baselines", "random_init needs a student made with init_from",
          found: "'\(chain.options.student)'", advice: "leave random_init out")
      }
    }
  }

  mutating func checkAblations() {
    guard !definition.ablate.isEmpty else { return }
    let distills = definition.stages.compactMap { stage -> DistillOptions? in
      if case .distill(let options) = stage.work { return options }
      return nil
    }
    guard !distills.isEmpty else {
      report("ablate", "has nothing to leave out", expected: "a distill stage")
      return
    }
    for (place, ablation) in definition.ablate.enumerated() {
      if definition.ablate.prefix(place).contains(ablation) {
        report("ablate.\(place)", "'\(ablation.rawValue)' is given twice", advice: "keep one")
      }
      let isThere = distills.contains { options in
        switch ablation {
        case .softTargets: options.loss.softTargetWeight > 0
        case .cosine: options.loss.cosineWeight > 0
        case .maskedLM: options.loss.maskedLMWeight > 0
        case .initialization:
          if case .layers = definition.model(named: options.student)?.source { true } else { false }
        }
      }
      if !isThere {
        report(
          "ablate.\(place)", "'\(ablation.rawValue)' is not in the experiment to be left out",
          advice: "leave it out of 'ablate', or give it a weight")
      }
    }
  }
}
