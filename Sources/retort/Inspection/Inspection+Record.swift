// The facts of a run record.
import Reporting

extension Inspection {
  init(record: RunRecord, path: String) {
    self.init(path: path, kind: "run record")
    let experiment = record.experiment
    add("experiment", experiment.name + (experiment.point.map { ", point \($0)" } ?? ""))
    add("question", experiment.question)
    add("definition", "\(experiment.file), digest \(experiment.digest)")
    if !experiment.overrides.isEmpty {
      add("set", experiment.overrides.joined(separator: " "))
    }
    add("program", "\(record.program.version), BLAS kernel \(record.program.blasCore)")
    for weights in record.weights {
      add(
        "weights \(weights.name)",
        "\(weights.origin.rawValue), \(weights.architecture), "
          + "\(grouped(weights.parameters.total)) parameters, from \(weights.source)")
    }
    for data in record.data {
      add(
        "data \(data.name)", "\(grouped(data.examples)) examples, \(grouped(data.tokens)) tokens")
    }
    for stage in record.stages {
      var parts = ["\(stage.kind.rawValue), \(grouped(stage.steps)) steps"]
      if let point = stage.curve.points.last {
        parts.append("loss \(decimal(point.total, digits: 4))")
      }
      if let epoch = stage.epochs.first(where: { $0.epoch == stage.best?.kept })
        ?? stage.epochs.last
      {
        parts.append(
          "kept epoch \(epoch.epoch): validation loss \(decimal(epoch.validationLoss, digits: 4)), "
            + "\(epoch.correct) of \(epoch.count) right")
      }
      add("stage \(stage.id) (\(stage.variant))", parts.joined(separator: ", "))
    }
  }
}
