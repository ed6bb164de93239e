// From a definition's options to the settings of the training loops, which never see YAML.
import RetortDistillation
import RetortOptimization
import RetortText

extension TrainingOptions {
  var optimization: OptimizationSettings {
    OptimizationSettings(
      optimizer: optimizer.rule, warmup: .fraction(schedule.warmup), schedule: schedule.shape)
  }

  var trainingLimit: TrainingLimit {
    switch limit {
    case .epochs(let count): .epochs(count)
    case .steps(let count): .steps(count)
    case .tokens(let count): .tokens(count)
    }
  }

  var checkpointInterval: RetortDistillation.CheckpointInterval {
    switch checkpointEvery {
    case .minutes(let minutes): .minutes(minutes)
    case .steps(let steps): .steps(steps)
    }
  }

  /// The limit in words.
  var budget: String {
    switch limit {
    case .epochs(let count): "\(count) epoch\(count == 1 ? "" : "s")"
    case .steps(let count): "\(count) steps"
    case .tokens(let count): "\(count) tokens"
    }
  }

  /// The schedule in words.
  func learningRateText(totalSteps: Int) -> String {
    let warmup = Warmup.fraction(schedule.warmup).steps(of: totalSteps)
    return "\(optimizer.rule.learningRate), \(schedule.shape.words) over \(totalSteps) steps, "
      + (warmup == 0 ? "no warm-up" : "\(warmup) steps of warm-up")
  }
}

extension MaskingOptions {
  var rule: MaskingRule {
    MaskingRule(
      probability: probability, smoothing: smoothing, mask: mask, keep: keep, random: random)
  }
}

extension DistillStage {
  /// The terms that are computed; a definition without any is refused before.
  var objective: Objective {
    guard let objective = loss.objective else { preconditionFailure("a loss without terms") }
    return objective
  }
}

extension FinetuneStage {
  /// The terms that are computed; a definition without any is refused before.
  var objective: Objective {
    guard let objective = loss.objective else { preconditionFailure("a loss without terms") }
    return objective
  }
}

extension TrainingOptions {
  func settings(
    _ objective: Objective, curve: CurveSpacing, breakdownSteps: Int? = nil
  ) -> TrainingSettings {
    TrainingSettings(
      objective: objective, optimization: optimization, batchSize: batching.batchSize,
      accumulation: batching.accumulate, limit: trainingLimit, seed: seed, curve: curve,
      breakdownSteps: breakdownSteps)
  }

  /// The masked batches of a corpus that was cut for this stage.
  func batches(
    of corpus: TokenizedCorpus, masking: MaskingRule, vocabulary: Vocabulary
  ) -> MaskedCorpus {
    MaskedCorpus(
      corpus: corpus, tokenCounts: corpus.tokenCounts, vocabulary: vocabulary, masking: masking,
      batchSize: batching.batchSize, groupsByLength: batching.groupByLength, seed: seed)
  }
}

extension CurveSpacing {
  /// Some sixty points draw a curve; a run of a few steps keeps them all.
  static let maskedLanguage = CurveSpacing.points(60)
  /// The Trainer's `logging_steps`: what its epoch table shows is the mean over the last window of 500.
  static let fineTuning = CurveSpacing.steps(500)
}

extension RandomSource {
  var ofFineTuning: FineTuning.RandomSource { self == .torch24CPU ? .torch : .counter }
}
