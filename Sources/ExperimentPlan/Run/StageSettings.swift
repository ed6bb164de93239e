// From a definition's options to the settings of the training loops, which never see YAML.
import Distillation
import Optimization
import Text

extension TrainingOptions {
  var optimization: OptimizationSettings {
    OptimizationSettings(
      optimizer: AdamW(
        learningRate: optimizer.learningRate, beta1: optimizer.firstBeta,
        beta2: optimizer.secondBeta, epsilon: optimizer.epsilon,
        weightDecay: optimizer.weightDecay, maximumGradientNorm: optimizer.maxGradNorm),
      warmup: .fraction(schedule.warmup),
      schedule: schedule.name == .linear ? LinearSchedule() : ConstantSchedule())
  }

  var trainingLimit: TrainingLimit {
    switch limit {
    case .epochs(let count): .epochs(count)
    case .steps(let count): .steps(count)
    case .tokens(let count): .tokens(count)
    }
  }

  var checkpointInterval: Distillation.CheckpointInterval {
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
    return "\(optimizer.learningRate), \(optimization.schedule.words) over \(totalSteps) steps, "
      + (warmup == 0 ? "no warm-up" : "\(warmup) steps of warm-up")
  }
}

extension MaskingOptions {
  var rule: MaskingRule {
    MaskingRule(
      probability: probability, smoothing: smoothing, mask: mask, keep: keep, random: random)
  }
}

extension LossOptions {
  /// The terms with a weight; a weight of 0 leaves its term out.
  var objective: DistillationObjective {
    DistillationObjective(
      softTargets: softTargetWeight == 0
        ? nil
        : .init(
          weight: softTargetWeight, temperature: temperature,
          positions: positions == .all ? .all : .masked),
      maskedLanguage: maskedLMWeight == 0 ? nil : maskedLMWeight,
      cosine: cosineWeight == 0 ? nil : cosineWeight)
  }
}

extension ModelSelection {
  var rule: FineTuningSettings.SelectionRule {
    switch self {
    case .evalLoss: .evaluationLoss
    case .accuracy: .accuracy
    case .last: .last
    }
  }
}
