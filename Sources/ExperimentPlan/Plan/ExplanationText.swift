// The parts of an explanation: losses as formulas, options in words, the learning rate drawn.
import RetortDistillation
import RetortOptions

/// The options that all stages share, in words.
enum StageOptionsText {
  static func lines(_ training: TrainingOptions) -> [String] {
    let batching = training.batching
    var batches = "batches: \(batching.batchSize) sequences of at most "
    batches += "\(training.sequenceLength) tokens"
    if batching.accumulate > 1 {
      batches += ", \(batching.accumulate) of them a step "
      batches += "(\(batching.batchSize.multipliedClamping(by: batching.accumulate)) sequences)"
    }
    batches += batching.groupByLength ? ", of like length together" : ", in random order"
    let frozen =
      training.freeze.isEmpty
      ? "everything is trained"
      : "frozen: " + training.freeze.map(\.description).joined(separator: ", ")
    let interval =
      switch training.checkpointEvery {
      case .minutes(let minutes): "\(PlainNumber.text(minutes)) minutes"
      case .steps(let steps): "\(steps) steps"
      }
    return [
      batches,
      "optimizer: \(training.optimization.optimizer.words)",
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
    // So many steps that a column is a point of the schedule.
    let rate = training.optimization.learningRate(totalSteps: columns * 2000)
    let drawn = (0..<columns).map { column -> String in
      let level = rate.factor(step: column * 2000 + 1000) * Double(blocks.count - 1)
      return String(blocks[Int(level.rounded())])
    }.joined()
    var words = "learning rate: \(PlainNumber.text(rate.peak)) |\(drawn)|"
    if training.schedule.warmup > 0 {
      words += " warm-up over "
      words +=
        counts.map { "\($0.warmup) steps" } ?? PlainNumber.percent(training.schedule.warmup)
      words += ", then"
    }
    return words + " " + training.schedule.shape.words
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
