import RetortFormatting
import RetortRecords
// The facts of a run record.
import RetortReporting

extension Inspection {
  init(record: RunRecord, path: String) {
    self.init(path: path, kind: "run record")
    let experiment = record.experiment
    add("experiment", experiment.name + (experiment.point.map { ", point \($0)" } ?? ""))
    add("question", experiment.question)
    if let hypothesis = record.hypothesis { add("hypothesis", hypothesis.text) }
    add("definition", "\(experiment.file), digest \(experiment.digest)")
    if !experiment.overrides.isEmpty {
      add("set", experiment.overrides.joined(separator: " "))
    }
    add("program", "\(record.program.version), BLAS kernel \(record.program.blasCore)")
    for weights in record.weights {
      add(
        "weights \(weights.name)",
        "\(weights.origin.rawValue), \(weights.architecture), "
          + "\(weights.parameters.total.grouped) parameters, from \(weights.source)")
    }
    for data in record.data {
      add(
        "data \(data.name)", "\(data.examples.grouped) examples, \(data.tokens.grouped) tokens")
    }
    for stage in record.stages {
      var parts = ["\(stage.kind.rawValue), \(stage.steps.grouped) steps"]
      if let point = stage.curve.points.last {
        parts.append("loss \(point.total.fixed(4))" + Self.terms(of: point))
      }
      if let stop = stage.earlyStop {
        parts.append("stopped early, \(stop.plannedSteps.grouped) were planned")
      }
      if let epoch = stage.keptEpoch ?? stage.epochs.last {
        parts.append(
          "kept \(epoch.unit.rawValue) \(epoch.number): validation loss \(epoch.validationLoss.fixed(4))"
            + (epoch.correct.map { ", \($0) of \(epoch.count) right" } ?? "")
            + (epoch.metrics?.entries ?? []).map { ", \($0.name) \($0.value.fixed(4))" }.joined())
      }
      add("stage \(stage.id) (\(stage.variant))", parts.joined(separator: ", "))
    }
    for text in record.texts ?? [] {
      add(
        "text \(text.id)",
        "\(text.title), \(text.counts.sentences.grouped) sentences, "
          + "\(text.counts.lines.grouped) lines, digest \(text.textDigest)")
    }
    for stage in record.stages {
      for finding in stage.gradientFindings { add("terms of \(stage.id)", finding) }
    }
    for stage in record.stages {
      guard let measured = record.measured.stages[stage.id] else { continue }
      let training = measured.wallSeconds - measured.evaluationSeconds
      add(
        "time \(stage.id)",
        "\(measured.wallSeconds.durationText), "
          + "\((training / Double(max(stage.steps, 1))).fixed(3)) s a step, "
          + "\(Int(measured.tokensPerSecond.rounded()).grouped) tokens/s, at most "
          + measured.peakMemoryBytes.memoryText)
    }
    for text in record.texts ?? [] {
      guard let measured = record.measured.stages[text.id] else { continue }
      add(
        "time \(text.id)",
        "\(measured.wallSeconds.durationText), at most \(measured.peakMemoryBytes.memoryText)")
    }
  }

  /// What a weighted sum is made of: its terms without their weights.
  private static func terms(of point: RunRecord.LossCurve.Point) -> String {
    guard point.terms.entries.count > 1 else { return "" }
    let terms = point.terms.entries.map { "\($0.name) \($0.value.fixed(4))" }
    return " (\(terms.joined(separator: ", ")))"
  }
}
