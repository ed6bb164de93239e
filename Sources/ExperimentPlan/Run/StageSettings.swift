// From a definition's options to the settings of the training loops, which never see YAML.
import RetortDistillation
import RetortOptimization
import RetortText

extension TrainingOptions {
  var optimization: OptimizationSettings {
    OptimizationSettings(
      optimizer: optimizer.rule, warmup: .fraction(schedule.warmup), schedule: schedule.shape)
  }

  /// The schedule in words.
  /// - Parameter rates: of groups that have other peaks.
  func learningRateText(totalSteps: Int, _ rates: LayerRates) -> String {
    let warmup = Warmup.fraction(schedule.warmup).steps(of: totalSteps)
    return
      "\(optimizer.rule.learningRate)\(rates.words), \(schedule.shape.words) over \(totalSteps) steps, "
      + (warmup == 0 ? "no warm-up" : "\(warmup) steps of warm-up")
  }
}

extension TrainingOptions {
  func settings(
    _ objective: Objective, curve: CurveSpacing, breakdownSteps: Int? = nil,
    rates: LayerRates = LayerRates()
  ) -> TrainingSettings {
    var optimization = optimization
    optimization.rates = rates
    return TrainingSettings(
      objective: objective, optimization: optimization, batchSize: batching.batchSize,
      accumulation: batching.accumulate, limit: limit, seed: seed, curve: curve,
      breakdownSteps: breakdownSteps)
  }

  /// The batches of a corpus that was cut for this stage.
  /// - Parameter masking: nil for text as it is.
  func batches(
    of corpus: TokenizedCorpus, masking: MaskingRule?, vocabulary: Vocabulary
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
