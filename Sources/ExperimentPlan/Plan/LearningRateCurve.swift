import RetortOptimization
import RetortOptions

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
