// The runs of an experiment by what distinguishes them; those that differ in seeds alone are repetitions.
import RetortRecords

extension ExperimentRuns {
  /// Runs under the same settings, seeds aside.
  struct Condition {
    /// Without seeds.
    var variant: RunRecord.Variant
    /// The points that the definition asks for, in order.
    var planned: [RunRecord.Variant]
    /// In the order of the points.
    var records: [RunRecord]

    /// What the condition is called beside others; a run that is no point of a sweep is the definition's own.
    var title: String { planned.isEmpty ? "as defined" : variant.point }

    /// How many of its points have been run: `2 of 3`.
    var countText: String {
      planned.count > records.count
        ? "\(records.count) of \(planned.count)" : "\(records.count)"
    }

    func contains(_ record: RunRecord) -> Bool {
      records.contains { $0.experiment.point == record.experiment.point }
    }
  }

  /// Every point that the definition asks for, in order; none for a definition that is run once.
  var planned: [RunRecord.Variant] {
    records.flatMap { $0.experiment.variants ?? [] }.reduce(into: []) { known, variant in
      if !known.contains(variant) { known.append(variant) }
    }
  }

  /// The planned points without a record.
  var missing: [RunRecord.Variant] {
    planned.filter { variant in
      !records.contains { $0.experiment.point == variant.point }
    }
  }

  /// At least one, in the order of the points; runs of definitions without any are all one condition.
  var conditions: [Condition] {
    var found: [Condition] = []
    func place(of variant: RunRecord.Variant) -> Int {
      if let known = found.firstIndex(where: { $0.variant == variant }) { return known }
      found.append(Condition(variant: variant, planned: [], records: []))
      return found.count - 1
    }
    for variant in planned {
      let place = place(of: variant.condition)
      found[place].planned.append(variant)
    }
    for record in records {
      let variant = record.experiment.variant ?? RunRecord.Variant(settings: [])
      let place = place(of: variant.condition)
      found[place].records.append(record)
    }
    return found
  }

  /// The runs of the first condition that has any: what is said of the experiment in a sentence.
  var main: ExperimentRuns {
    guard let first = conditions.first(where: { !$0.records.isEmpty }) else { return self }
    return ExperimentRuns(name: name, records: first.records, references: references)
  }
}
