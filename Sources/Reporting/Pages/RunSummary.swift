// What a finished run prints: the headline and its tables, for a terminal.
import RetortFormatting
import RetortRecords

extension RunRecord {
  /// Headline, epochs beside the references given, and the models compared; ends in a newline.
  /// - Parameter width: of the terminal; nil for any.
  public func summary(references: [Reference] = [], width: Int? = nil) -> String {
    Self.summary(of: [self], references: references, width: width)
  }

  /// The same of several runs of one experiment, with what its sweep and its ablation come to.
  /// - Parameters:
  ///   - records: at least one.
  ///   - width: of the terminal; nil for any.
  public static func summary(
    of records: [RunRecord], references: [Reference] = [], width: Int? = nil
  ) -> String {
    let runs = ExperimentRuns(
      name: records[0].experiment.name, records: records, references: references)
    var parts = [Headline(runs).sentences.joined(separator: "\n").wrapped(to: width) + "\n"]
    parts += [HypothesisSection(runs).plainText(width: width)].compactMap { $0 }
    let tasks = TaskSection(runs).plainText(width: width)
    let tunings = runs.tuningIDs(main: true)
    for id in tunings {
      let section = EpochSection(runs, stage: id)
      // Of several tasks the table below has it.
      let constants = tasks == nil ? section.constants : []
      parts.append(
        (tunings.count > 1 ? "Epochs of \(id):\n\n" : "")
          + section.table().plainText(width: width)
          + (constants + section.further).map { "\n\($0.wrapped(to: width))\n" }.joined())
    }
    parts += [
      tasks, AblationSection(runs).plainText(width: width),
      SweepSection(runs).plainText(width: width),
    ].compactMap { $0 }
    if let comparison = ComparisonSection(runs).plainText(width: width) { parts.append(comparison) }
    parts += [MeasuresSection(runs).plainText(width: width)].compactMap { $0 }
    return parts.filter { $0 != "\n" }.joined(separator: "\n")
  }
}
