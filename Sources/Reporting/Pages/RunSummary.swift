// What a finished run prints: the headline and its tables, for a terminal.

extension RunRecord {
  /// Headline, epochs beside the references given, and the models compared; ends in a newline.
  public func summary(references: [Reference] = []) -> String {
    let runs = ExperimentRuns(name: experiment.name, records: [self], references: references)
    var parts = [Headline(runs).sentences.joined(separator: "\n") + "\n"]
    for id in runs.tuningIDs(main: true) {
      parts.append(EpochSection(runs, stage: id).table().plainText)
    }
    if let comparison = ComparisonSection(runs).plainText { parts.append(comparison) }
    return parts.filter { $0 != "\n" }.joined(separator: "\n")
  }
}
