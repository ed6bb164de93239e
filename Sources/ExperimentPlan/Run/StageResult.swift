// What a stage leaves, and its part of the record.
import RetortDistillation
import RetortEvaluation
import RetortFormatting
import RetortRecords
import RetortTransformers

/// What a stage leaves: the trained model and its part of the record.
struct StageResult {
  let model: TransformerModel
  let record: StageRecord
  /// Labels predicted for the test split, in GLUE's form; nil for stages without a task.
  let testPredictions: String?
}

extension StageExecution {
  /// - Parameters:
  ///   - totalSteps: as planned: those of the learning-rate schedule.
  ///   - targets: where a teacher's outputs came from if not from a live one, in words.
  ///   - breakdownSteps: from one breakdown of the gradient to the next; nil for none.
  ///   - further: the kept weights on each of the stage's `furtherNames`.
  func result(
    _ model: TransformerModel, _ progress: TrainingProgress, objective: Objective,
    totalSteps: Int, window: Int, targets: String? = nil, selectBest: SelectionRule = .last,
    earlyStop: EarlyStop? = nil, further: [ClassificationResult] = [],
    breakdownSteps: Int? = nil
  ) -> StageResult {
    let devName = planned.evaluatedName
    let epochs = devName == nil ? [] : progress.epochs.compactMap(RunRecord.Epoch.init)
    let best = RunRecord.Best(
      of: epochs, kept: selectBest.best(of: progress.epochs)?.number, rule: selectBest.name)
    let clock = progress.clock
    let stage = RunRecord.Stage(
      id: planned.id, kind: planned.kind,
      variant: planned.role.variant,
      inputs: planned.inputNames, trainedRole: type(of: planned.stage.work).trainedRole,
      targets: targets, classifier: planned.stage.work.classifierOrigin, digest: digest,
      data: planned.dataNames, seed: training.seed,
      parameters: model.parameterCounts,
      steps: progress.step,
      earlyStop: earlyStop.map {
        RunRecord.EarlyStop(
          plannedSteps: totalSteps, metric: $0.metric, patience: $0.patience,
          threshold: $0.threshold)
      },
      sequences: progress.sequences, tokens: progress.tokens,
      budget: training.limit.recorded,
      learningRate: training.learningRateText(totalSteps: totalSteps, planned.stage.work.rates),
      loss: objective.formula,
      curve: RunRecord.LossCurve(
        window: window,
        scales: objective.terms.compactMap { weighted in
          weighted.term.scale.map {
            .init(
              term: weighted.name, factor: $0.factor, option: $0.option, value: $0.value,
              changes: $0.changes)
          }
        },
        points: progress.curve.map { point in
          RunRecord.LossCurve.Point(
            step: point.step,
            terms: NamedValues(zip(objective.names, point.terms)),
            total: point.total)
        }),
      accounting: breakdownSteps.map {
        RunRecord.GradientBreakdowns(
          every: $0, of: objective, totalSteps: totalSteps, progress.breakdowns)
      }, epochs: epochs, best: best,
      evaluations: progress.epochs.compactMap { row in
        row.evaluation.flatMap { evaluation in
          devName.map { name in
            RunRecord.Evaluation(
              evaluation, on: name, epoch: row.passes == nil ? row.epoch : nil,
              step: row.passes == nil ? nil : row.step)
          }
        }
      } + zip(planned.furtherNames, further).map { RunRecord.Evaluation($1, on: $0) })
    let trainingSeconds = clock.seconds - clock.evaluationSeconds
    let measured = RunRecord.StageMeasurement(
      wallSeconds: clock.seconds,
      tokensPerSecond: trainingSeconds > 0 ? Double(progress.tokens) / trainingSeconds : 0,
      peakMemoryBytes: max(clock.peakMemoryBytes, ProcessMemory.peakBytes),
      resumes: clock.resumes, epochSeconds: devName == nil ? [] : clock.epochSeconds,
      evaluationSeconds: clock.evaluationSeconds)
    return StageResult(
      model: model, record: StageRecord(stage: stage, measured: measured), testPredictions: nil)
  }
}

extension RunRecord.GradientBreakdowns {
  /// - Parameter totalSteps: as planned, by which weights change.
  init(
    every steps: Int, of objective: Objective, totalSteps: Int, _ breakdowns: [GradientBreakdown]
  ) {
    let first = objective.weights(step: 0, of: totalSteps)
    let changes = objective.terms.contains { $0.weight.constant == nil }
    let scales = objective.scales(step: 0, of: totalSteps)
    let changesScale = objective.terms.contains { !$0.term.schedules.isEmpty }
    self.init(
      every: steps,
      terms: zip(zip(objective.terms, scales), first).map { entry, weight in
        let (weighted, scale) = entry
        let measures = weighted.term.measures.map { objective.name(ofMeasure: $0, by: weighted) }
        return Term(
          name: weighted.name, weight: weight, scale: scale?.factor ?? 1,
          scaledBy: scale.map { Term.Option(name: $0.option, value: $0.value) },
          measures: measures.isEmpty ? nil : measures,
          readsKeptLogits: weighted.keptLogits != nil)
      },
      points: breakdowns.map {
        Point(
          step: $0.step, values: $0.terms,
          weights: changes ? objective.weights(step: $0.step - 1, of: totalSteps) : nil,
          scales: changesScale
            ? objective.scales(step: $0.step - 1, of: totalSteps).map { $0?.factor ?? 1 } : nil,
          gradientNorms: $0.gradientNorms,
          gradientCosines: $0.cosines,
          measurements: $0.measurements)
      })
  }
}

extension RunRecord.Epoch {
  init?(_ result: EpochResult) {
    guard let evaluation = result.evaluation else { return nil }
    let further = evaluation.metrics.filter { $0.name != Accuracy.name }
    self.init(
      epoch: result.epoch, step: result.step, passes: result.passes,
      trainingLoss: result.windowLoss,
      epochTrainingLoss: result.meanLoss, validationLoss: evaluation.loss,
      correct: evaluation.correct, count: evaluation.count,
      metrics: further.isEmpty ? nil : NamedValues(further.map { ($0.name, $0.value) }))
  }
}

extension ClassificationResult {
  /// `validation loss 0.3103, accuracy 0.9037 (788 of 872)`, then the other metrics.
  public var words: String {
    var parts = ["validation loss \(loss.fixed(4))"]
    if let correct, let accuracy {
      parts.append("accuracy \(accuracy.fixed(4)) (\(correct.grouped) of \(count.grouped))")
    }
    for metric in metrics where metric.name != Accuracy.name {
      parts.append("\(metric.name) \(metric.value.fixed(4))")
    }
    return parts.joined(separator: ", ")
  }
}

extension RunRecord.Evaluation {
  init(
    _ result: ClassificationResult, on data: String, epoch: Int? = nil, step: Int? = nil
  ) {
    self.init(
      data: data, epoch: epoch, step: step, loss: result.loss, correct: result.correct,
      predictions: result.isRegression ? nil : LabelSequence(result.predictions),
      logits: result.logits)
  }
}

extension StageRole {
  /// `main`, or the baseline's name.
  var variant: String {
    switch self {
    case .main: "main"
    case .baseline(let baseline, _): baseline.rawValue
    }
  }
}

extension TransformerModel {
  var parameterCounts: RunRecord.ParameterCounts {
    RunRecord.ParameterCounts(
      encoder: encoder.parameterCount, head: parameterCount - encoder.parameterCount)
  }
}
