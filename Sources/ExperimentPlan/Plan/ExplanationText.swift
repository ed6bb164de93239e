// The parts of an explanation: losses as formulas, options in words, the learning rate drawn.
import Options

enum NumberWords {
  /// The shortest exact form without a trailing `.0` and with `e-5` for `e-05`.
  static func plain(_ number: Double) -> String {
    PlainNumber.text(number)
  }

  /// A share in per cent, rounded to hundredths of one.
  static func percent(_ share: Double) -> String {
    plain((share * 10_000).rounded() / 100) + " %"
  }
}

/// Losses as formulas with their numbers.
enum LossFormula {
  static let pretrain = ["loss = CE(masked tokens), mean over masked tokens"]

  static func finetune(_ teaching: TeachingOptions?) -> [String] {
    guard let teaching else { return ["loss = CE(labels), mean over sentences"] }
    let t = NumberWords.plain(teaching.temperature)
    let soft =
      "loss = \(NumberWords.plain(teaching.softTargetWeight)) · \(t)² · KL(softmax(teacher / \(t)) ‖ "
      + "softmax(student / \(t))), mean over sentences"
    guard teaching.labelWeight > 0 else { return [soft, "left out (weight 0): labels"] }
    return [
      soft, "     + \(NumberWords.plain(teaching.labelWeight)) · CE(labels), mean over sentences",
    ]
  }

  /// One line a term, in the order of the paper; terms of weight 0 are named below.
  static func distill(_ loss: LossOptions) -> [String] {
    var terms: [String] = []
    var absent: [String] = []
    let t = NumberWords.plain(loss.temperature)
    if loss.softTargetWeight > 0 {
      let rows = loss.positions == .all ? "all positions" : "masked positions"
      terms.append(
        "\(NumberWords.plain(loss.softTargetWeight)) · \(t)² · KL(softmax(teacher / \(t)) ‖ "
          + "softmax(student / \(t))), mean over \(rows)")
    } else {
      absent.append("soft targets")
    }
    if loss.maskedLMWeight > 0 {
      terms.append(
        "\(NumberWords.plain(loss.maskedLMWeight)) · CE(masked tokens), mean over masked tokens")
    } else {
      absent.append("masked LM")
    }
    if loss.cosineWeight > 0 {
      terms.append(
        "\(NumberWords.plain(loss.cosineWeight)) · (1 - cos(h_teacher, h_student)), last layer, "
          + "mean over all positions")
    } else {
      absent.append("cosine")
    }
    var lines = terms.enumerated().map { ($0.offset == 0 ? "loss = " : "     + ") + $0.element }
    if !absent.isEmpty { lines.append("left out (weight 0): \(absent.joined(separator: ", "))") }
    return lines
  }
}

/// The options that all stages share, in words.
enum StageOptionsText {
  static func lines(_ training: TrainingOptions) -> [String] {
    let batching = training.batching
    var batches = "batches: \(batching.batchSize) sequences of at most "
    batches += "\(training.sequenceLength) tokens"
    if batching.accumulate > 1 {
      batches += ", \(batching.accumulate) of them a step "
      batches += "(\(batching.batchSize * batching.accumulate) sequences)"
    }
    batches += batching.groupByLength ? ", of like length together" : ", in random order"
    let optimizer = training.optimizer
    let decay =
      optimizer.weightDecay == 0
      ? "no weight decay"
      : "weight decay \(NumberWords.plain(optimizer.weightDecay)) (not on biases and layer norms)"
    let frozen =
      training.freeze.isEmpty
      ? "everything is trained"
      : "frozen: " + training.freeze.map(\.description).joined(separator: ", ")
    let interval =
      switch training.checkpointEvery {
      case .minutes(let minutes): "\(NumberWords.plain(minutes)) minutes"
      case .steps(let steps): "\(steps) steps"
      }
    return [
      batches,
      "optimizer: AdamW, betas \(NumberWords.plain(optimizer.firstBeta)) and "
        + "\(NumberWords.plain(optimizer.secondBeta)), epsilon "
        + "\(NumberWords.plain(optimizer.epsilon)), \(decay), gradient norm at most "
        + NumberWords.plain(optimizer.maxGradNorm),
      frozen,
      "seed \(training.seed); a checkpoint every \(interval)",
    ]
  }
}

/// The learning rate over a stage, in one line.
enum LearningRateCurve {
  private static let blocks = Array(" ▁▂▃▄▅▆▇█")
  private static let columns = 40

  static func line(_ training: TrainingOptions, counts: StepCounts?) -> String {
    let peak = training.optimizer.learningRate
    let drawn = (0..<columns).map { column -> String in
      let place = (Double(column) + 0.5) / Double(columns)
      let level = factor(at: place, training.schedule) * Double(blocks.count - 1)
      return String(blocks[Int(level.rounded())])
    }.joined()
    var words = "learning rate: \(NumberWords.plain(peak)) |\(drawn)|"
    let warmup = training.schedule.warmup
    if warmup > 0 {
      words +=
        " warm-up over " + (counts.map { "\($0.warmup) steps" } ?? NumberWords.percent(warmup))
    }
    switch training.schedule.name {
    case .linear: words += warmup > 0 ? ", then linear to 0" : " linear to 0"
    case .constant: words += warmup > 0 ? ", then constant" : " constant"
    }
    return words
  }

  /// Share of the peak at `place` (0 to 1) of the stage.
  static func factor(at place: Double, _ schedule: ScheduleOptions) -> Double {
    if place < schedule.warmup { return place / schedule.warmup }
    switch schedule.name {
    case .constant: return 1
    case .linear: return schedule.warmup < 1 ? (1 - place) / (1 - schedule.warmup) : 1
    }
  }
}

extension FilledValues {
  /// Values by where they come from, a line each; `prefix` is dropped from the paths.
  static func summary(_ values: [FilledValue], dropping prefix: String) -> [String] {
    var groups: [(label: String, values: [String])] = []
    for value in values {
      let label =
        switch value.origin {
        case .recipe(let name): "from \(name)"
        case .standard: "by default"
        case .option: "from --set"
        case .file: "written"
        }
      let text = "\(value.path.dropFirst(prefix.count)) \(value.value)"
      if let index = groups.firstIndex(where: { $0.label == label }) {
        groups[index].values.append(text)
      } else {
        groups.append((label, [text]))
      }
    }
    return groups.map { "\($0.label): \($0.values.joined(separator: ", "))" }
  }
}
