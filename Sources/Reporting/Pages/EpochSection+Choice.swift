// Which epoch of a fine-tuning is kept, and why.
import RetortFormatting
import RetortRecords

extension EpochSection {
  /// Which epoch is kept, and the signs of overfitting, in words.
  func choice() -> String {
    tunings.map { tuning in
      let epochs = tuning.stage.epochs
      let metric = ShownMetric.leading(of: tuning.stage, in: tuning.record)
      guard let best = tuning.stage.best,
        let byLoss = epochs.first(where: { $0.epoch == best.byLoss }),
        let byAccuracy = epochs.first(where: {
          $0.epoch == (best.byAccuracy ?? metric.bestEpoch(of: epochs))
        })
      else { return "" }
      func figure(_ epoch: RunRecord.Epoch) -> String {
        metric.value(of: epoch)?.fixed(4) ?? "-"
      }
      func described(_ epoch: RunRecord.Epoch) -> String {
        "epoch \(epoch.epoch) (\(figure(epoch))"
          + (epoch.correct.map { ", \($0) of \(epoch.count))" } ?? ")")
      }
      let name = metric.isAccuracy ? "accuracy" : metric.title
      var text = tunings.count > 1 ? "- \(ExperimentRuns.label(tuning.record)): " : ""
      if byLoss.epoch == byAccuracy.epoch {
        text += "Best by validation loss and by \(name): \(described(byLoss))."
      } else {
        text += """
          Best by validation loss: \(described(byLoss)); best by \(name): \
          \(described(byAccuracy)).
          """
      }
      let isByAnother = best.rule.map { !["eval_loss", metric.name].contains($0) } ?? false
      if byLoss.epoch != byAccuracy.epoch || best.kept != byLoss.epoch || isByAnother {
        text += " Kept: epoch \(best.kept)\(Self.reason(best.rule))."
      }
      if let last = epochs.last, last.epoch > byLoss.epoch,
        last.validationLoss > byLoss.validationLoss,
        last.epochTrainingLoss < byLoss.epochTrainingLoss
      {
        text += """
           From epoch \(byLoss.epoch) to \(last.epoch) the training loss (mean of the epoch) falls \
          from \(byLoss.epochTrainingLoss.fixed(4)) to \(last.epochTrainingLoss.fixed(4)) while the \
          validation loss rises from \(byLoss.validationLoss.fixed(4)) to \
          \(last.validationLoss.fixed(4)): the model overfits (\(name) from \(figure(byLoss)) to \
          \(figure(last))).
          """
      }
      return text + "\n"
    }.joined()
  }

  /// What chose the kept epoch, as its rule is called in a definition; earlier records do not say.
  private static func reason(_ rule: String?) -> String {
    switch rule {
    case nil: ""
    case "last"?: ", the last"
    case "eval_loss"?: ", best by validation loss"
    case let metric?: ", best by \(metric)"
    }
  }
}
