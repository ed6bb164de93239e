// What a finished run prints: the headline and its tables, for a terminal.
import RetortRecords

extension RunRecord {
  /// Headline, epochs beside the references given, and the models compared; ends in a newline.
  public func summary(references: [Reference] = []) -> String {
    Self.summary(of: [self], references: references)
  }

  /// The same of several runs of one experiment, with what its sweep and its ablation come to.
  /// - Parameter records: at least one.
  public static func summary(of records: [RunRecord], references: [Reference] = []) -> String {
    let runs = ExperimentRuns(
      name: records[0].experiment.name, records: records, references: references)
    var parts = [Headline(runs).sentences.joined(separator: "\n") + "\n"]
    let tasks = TaskSection(runs).plainText
    for id in runs.tuningIDs(main: true) {
      let section = EpochSection(runs, stage: id)
      // Of several tasks the table below has it.
      let constants = tasks == nil ? section.constants : []
      parts.append(
        section.table().plainText
          + (constants + section.further).map { "\n\($0)\n" }.joined())
    }
    parts += [
      tasks, AblationSection(runs).plainText, SweepSection(runs).plainText,
    ].compactMap { $0 }
    if let comparison = ComparisonSection(runs).plainText { parts.append(comparison) }
    return parts.filter { $0 != "\n" }.joined(separator: "\n")
  }
}
