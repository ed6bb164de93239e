// Stages in words, in the order in which they run.
import RetortDistillation
import RetortFormatting
import RetortRecords
import RetortStorage
import RetortStrictJSON
import RetortText

extension PlanExplanation {
  func describe(_ step: PlanStep, number: Int) -> [String] {
    switch step {
    case .training(let planned): describe(planned, number: number)
    case .text(let planned): describe(planned, number: number)
    }
  }

  private func describe(_ planned: PlannedText, number: Int) -> [String] {
    let work = planned.stage.work
    var lines = ["\(number). \(planned.id): \(work.title)"] + indented(work.details)
    var read = work.taskRead.flatMap { tasks[$0]?.size ?? $0.generatedSize }?.sequences
    if let source = work.sentences, let counts = sentences[source] {
      lines += indented(indented([counts.words(source.rule)]))
      read = source.part == .heldOut ? counts.heldOut : counts.kept
    }
    if let read {
      lines += indented([
        "\(read.grouped) sentences, at most "
          + "\(read.multipliedClamping(by: work.mostLines).grouped) lines"
      ])
    }
    let known = filled.filter { $0.path.hasPrefix("stages.\(planned.id).") }
    return lines + indented(FilledValues.summary(known, dropping: "stages.\(planned.id)."))
  }

  private func describe(_ planned: PlannedStage, number: Int) -> [String] {
    let stage = planned.stage
    let training = stage.training
    var lines: [String]
    let role =
      switch planned.role {
      case .main: ""
      case .baseline(let baseline, _): "  (baseline \(baseline.rawValue))"
      }
    lines = ["\(number). \(stage.id): \(stage.work.title)\(role)"]
    lines += indented(formula(of: stage.work) + stage.work.details)
    lines += indented(indented(stage.work.task.flatMap { tasks[$0]?.lines } ?? []))
    if let source = stage.work.sentences, let counts = sentences[source] {
      lines += indented(indented([counts.words(source.rule)]))
    }
    if case .baseline(_, let original) = planned.role {
      return Array(lines.prefix(1)) + baselineLines(stage, original: original)
    }
    lines += indented(StageOptionsText.lines(training))
    lines += indented(describeSteps(stage))
    lines += indented(describeStore(planned))
    lines += indented(
      stage.work.rates.lines(
        over: training.optimizer.rule.learningRate,
        of: stage.work.shape(after: shape(of: stage.work.trained), shape(of:)),
        frozen: training.freeze))
    let known = filled.filter { $0.path.hasPrefix("stages.\(stage.id).") }
    lines += indented(FilledValues.summary(known, dropping: "stages.\(stage.id)."))
    return lines
  }

  /// What a baseline's stage does otherwise than the stage it is made from.
  private func baselineLines(_ stage: StageDefinition, original: String) -> [String] {
    let loss =
      stage.work.formula == plan.definition.stage(id: original)?.work.formula
      ? [] : stage.work.formula
    return indented(loss + ["everything else as in \(original)"])
  }

  private func describeSteps(_ stage: StageDefinition) -> [String] {
    let training = stage.training
    let size: DataSize? =
      sizes[stage.id] ?? stage.work.task.flatMap { tasks[$0]?.size ?? $0.generatedSize }
    guard let size, let counts = StepCounts(training, data: size) else {
      let unknown: String
      if case .steps = training.limit {
        unknown = "how many are an epoch is not known: "
      } else {
        unknown = "the number of steps is not known: "
      }
      return [
        "limit: \(training.limit.words); \(unknown)"
          + (stage.work.task.map { "the training file of \($0.name) is not at hand" }
            ?? (stage.work.textStages.isEmpty
              ? "the text has not been read" : "a stage makes the text")),
        LearningRateCurve.line(training, counts: nil),
      ] + stage.trainingNotes()
    }
    let sizeText = size.tokens.map { "\(size.sequences.grouped) sequences, \($0.grouped) tokens" }
    let total = counts.isEstimate ? "about " : counts.isAtMost ? "at most " : ""
    return [
      "steps: \(total)\(counts.total.grouped) (\(counts.stepsPerEpoch.grouped) "
        + "an epoch of \(size.isAtMost ? "at most " : "")"
        + "\(sizeText ?? "\(size.sequences.grouped) examples"))",
      LearningRateCurve.line(training, counts: counts),
    ] + stage.trainingNotes(totalSteps: counts.total)
  }

  /// What a store that the stage reads takes, where it is one by example: as `retort activations` writes it.
  private func describeStore(_ planned: PlannedStage) -> [String] {
    let work = planned.stage.work
    guard work.storePath != nil, work.corpus?.masking == nil else { return [] }
    let loss = work.loss.resolved(student: shape(of: work.trained).dimensions) { name in
      work.input(TeacherNames.role(name)).map { shape(of: $0).dimensions } ?? ModelDimensions()
    }
    guard let objective = loss.objective, !objective.leavesLayersOpen else { return [] }
    var models: [ModelOutputs] = []
    for (name, input) in planned.readTeachers {
      let dimensions = shape(of: input.name).dimensions
      guard let layerCount = dimensions.layerCount, dimensions.hiddenSize != nil else { return [] }
      let outputs = objective.reads(of: name).outputs(layerCount: layerCount)
      guard !outputs.contains(.classLogits) || dimensions.classCount != nil else { return [] }
      models.append(
        ModelOutputs(
          outputs, topLogits: nil, name: name, dimensions: dimensions, precision: nil))
    }
    let size = sizes[planned.id].flatMap { size in
      size.tokens.map {
        ExampleActivationLayout(models: models).byteCount(tokens: $0, sequences: size.sequences)
          .memoryText
      }
    }
    return [
      "a store as `retort activations` writes it: \(models.words)" + (size.map { "; \($0)" } ?? "")
    ]
  }
}
