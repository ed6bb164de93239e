// Which row of a fine-tuning's table is kept, and why.
import RetortFormatting
import RetortRecords

extension EpochSection {
  /// Which row is kept, and the signs of overfitting, in words.
  func choice() -> String {
    tunings.map { tuning in
      let epochs = tuning.stage.epochs
      let metric = ShownMetric.leading(of: tuning.stage, in: tuning.record)
      guard let best = tuning.stage.best,
        let byLoss = tuning.stage.row(best.byLoss),
        let byAccuracy = tuning.stage.row(best.byAccuracy ?? metric.best(of: epochs))
      else { return "" }
      func figure(_ epoch: RunRecord.Epoch) -> String {
        metric.value(of: epoch)?.fixed(4) ?? "-"
      }
      func described(_ epoch: RunRecord.Epoch) -> String {
        "\(unit.rawValue) \(epoch.number) (\(figure(epoch))"
          + (epoch.correct.map { ", \($0) of \(epoch.count))" } ?? ")")
      }
      let name = metric.isAccuracy ? "accuracy" : metric.title
      var text = tunings.count > 1 ? "- \(ExperimentRuns.label(tuning.record)): " : ""
      if byLoss.number == byAccuracy.number {
        text += "Best by validation loss and by \(name): \(described(byLoss))."
      } else {
        text += """
          Best by validation loss: \(described(byLoss)); best by \(name): \
          \(described(byAccuracy)).
          """
      }
      let isByAnother = best.rule.map { !["eval_loss", metric.name].contains($0) } ?? false
      if byLoss.number != byAccuracy.number || best.kept != byLoss.number || isByAnother {
        text += " Kept: \(unit.rawValue) \(best.kept)\(Self.reason(best.rule))."
      }
      if let last = epochs.last, last.number > byLoss.number,
        last.validationLoss > byLoss.validationLoss,
        last.epochTrainingLoss < byLoss.epochTrainingLoss
      {
        text += """
           From \(unit.rawValue) \(byLoss.number) to \(last.number) the training loss (mean of the epoch) falls \
          from \(byLoss.epochTrainingLoss.fixed(4)) to \(last.epochTrainingLoss.fixed(4)) while the \
          validation loss rises from \(byLoss.validationLoss.fixed(4)) to \
          \(last.validationLoss.fixed(4)): the model overfits (\(name) from \(figure(byLoss)) to \
          \(figure(last))).
          """
      }
      return text + "\n"
    }.joined()
  }

  /// What chose the kept row, as its rule is called in a definition; earlier records do not say.
  private static func reason(_ rule: String?) -> String {
    switch rule {
    case nil: ""
    case "last"?: ", the last"
    case "eval_loss"?: ", best by validation loss"
    case let metric?: ", best by \(metric)"
    }
  }
}
