// What a page of a run on stand-in weights says before anything else.
import RetortRecords

/// A rehearsal is a run of a definition whose published weights were put aside with `--set
/// models.<name>.from={random: …}`: the same sizes and steps, and nothing learned to begin with.
struct RehearsalSection {
  private let runs: ExperimentRuns

  init(_ runs: ExperimentRuns) { self.runs = runs }

  /// Addresses of the published weights that every run went without; empty if the runs are no rehearsal.
  var missingWeights: [String] {
    let stands = runs.records.map(Self.standIns)
    guard let first = stands.first, stands.allSatisfy({ !$0.isEmpty }) else { return [] }
    return first
  }

  func text() -> String {
    let missing = missingWeights
    guard !missing.isEmpty else { return "" }
    let addresses = missing.map { "`\($0)`" }.joined(separator: " and ")
    return """
      **This is a rehearsal.** The published weights of \(addresses) were not at hand where it ran; \
      seeded random ones of the same sizes stood in for them, so its losses and accuracies say \
      nothing about the model. With the published folder in `RETORT_CACHE` or `RETORT_MIRROR` the \
      definition runs as it is:\(pace)

      \(PageMarkup.code("retort run \(runs.first.experiment.file)", info: "sh"))

      """
  }

  /// Addresses of the models that random weights stood in for.
  private static func standIns(_ record: RunRecord) -> [String] {
    record.weights.compactMap { weights in
      let isSet = record.experiment.overrides.contains {
        $0.hasPrefix("models.\(weights.name).from=") && $0.contains("random")
      }
      guard isSet, weights.origin == .random else { return nil }
      if weights.drawnFor != nil { return weights.sizesOf }
      // Earlier records say it in words alone.
      return weights.source.range(of: "sizes of ").map { String(weights.source[$0.upperBound...]) }
    }
  }

  /// How long an epoch of the last fine-tuning takes at the rehearsal's pace.
  private var pace: String {
    let record = runs.first
    guard let stage = record.stages.last(where: { $0.isEvaluated && $0.variant == "main" }),
      let measured = record.measured.stages[stage.id], stage.steps > 0, stage.sequences > 0,
      let train = record.data.first(where: {
        stage.data.contains($0.name) && $0.name.hasSuffix(" train")
      })
    else { return "" }
    let seconds = (measured.wallSeconds - measured.evaluationSeconds) / Double(stage.steps)
    // As many sequences a step as in the rehearsal, the last step of what is left.
    let steps = (train.examples * stage.steps + stage.sequences - 1) / stage.sequences
    return " at this rehearsal's \(seconds.significant(2)) s a step an epoch of \(steps.grouped) "
      + "steps takes \((seconds * Double(steps)).durationText)."
  }
}
