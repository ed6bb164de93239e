// From a definition's options to the settings of the training loops, which never see YAML.
import Distillation
import Optimization
import Text

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

extension LossOptions {
  /// The terms with a weight, for the loops that know three of them.
  var distillationObjective: DistillationObjective {
    func weighted<Term: LossTerm>(_ type: Term.Type) -> (weight: Double, term: Term)? {
      for weighted in objective?.terms ?? [] {
        if let term = weighted.term as? Term { return (weighted.weight, term) }
      }
      return nil
    }
    return DistillationObjective(
      softTargets: weighted(SoftTargets.self).map {
        .init(
          weight: $0.weight, temperature: $0.term.temperature,
          positions: $0.term.positions == .all ? .all : .masked)
      },
      maskedLanguage: weighted(MaskedLanguage.self)?.weight,
      cosine: weighted(HiddenCosine.self)?.weight)
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
