// Teacher, student and baselines side by side, with what their differences are worth.
import RetortEvaluation
import RetortFormatting
import RetortRecords

struct ComparisonSection {
  private let runs: ExperimentRuns

  init(_ runs: ExperimentRuns) { self.runs = runs }

  /// One run's rows on one split.
  private struct Group {
    var record: RunRecord
    var data: String
    var stages: [RunRecord.Stage]

    var main: RunRecord.Stage? {
      stages.first { $0.variant == "main" && !record.isSource($0) }
    }

    /// Those that a row is compared with: its own.
    func teachers(of stage: RunRecord.Stage) -> [RunRecord.Stage] {
      isTeacher(stage) ? [] : record.teachers(of: stage, among: stages)
    }

    /// The `teacher` baseline, or what another stage learned from.
    func isTeacher(_ stage: RunRecord.Stage) -> Bool {
      stage.variant == "teacher" || record.teaches(stage)
    }
  }

  private var groups: [Group] {
    runs.records.flatMap { record -> [Group] in
      var names: [String] = []
      var members: [String: [RunRecord.Stage]] = [:]
      for stage in record.stages {
        guard let data = stage.keptEvaluation?.data else { continue }
        if members[data] == nil { names.append(data) }
        members[data, default: []].append(stage)
      }
      return names.compactMap { name in
        guard let stages = members[name], stages.count > 1 else { return nil }
        let group = Group(record: record, data: name, stages: stages)
        // Teacher, the definition's own models, then the baselines.
        func place(_ stage: RunRecord.Stage) -> Int {
          group.isTeacher(stage) ? 0 : stage.variant == "main" ? 1 : 2
        }
        let sorted = stages.enumerated().sorted { a, b in
          (place(a.element), a.offset) < (place(b.element), b.offset)
        }
        return Group(record: record, data: name, stages: sorted.map(\.element))
      }
    }
  }

  var isEmpty: Bool { groups.isEmpty }

  func text() -> String { tables.map(markdown).joined(separator: "\n") }

  private var wasTimed: Bool {
    groups.contains { group in group.stages.contains { inference($0, in: group.record) != nil } }
  }

  private var timingText: String {
    guard
      let timing = groups.lazy.flatMap({ group in
        group.stages.compactMap { inference($0, in: group.record) }
      }).first, let machine = groups.first?.record.measured.machine
    else { return "" }
    return
      " Inference is the time of a whole pass, \(timing.conditions.replacing("inference, ", with: "")), on "
      + "\(machine.threadText); \(timing.steps) passes."
  }

  private struct Tables {
    var measures: MarkdownTable
    /// By accuracy, with the examples that only one has right; nil of a regression, where nothing is right or wrong.
    var pairs: MarkdownTable?
    /// By the task's other metrics; nil without any.
    var differences: MarkdownTable?
    var data: String
    /// What the others are compared with.
    var own: String
    /// Whether a model has more than one teacher.
    var hasSeveralTeachers: Bool
  }

  /// For a terminal; nil if there is nothing to compare.
  func plainText(width: Int?) -> String? {
    let tables = tables
    guard !tables.isEmpty else { return nil }
    return tables.map { tables in
      let parts = [tables.measures, tables.pairs, tables.differences].compactMap {
        $0?.plainText(width: width)
      }
      return "On \(tables.data):\n\n\(parts.joined(separator: "\n"))"
    }.joined(separator: "\n")
  }

  private func markdown(_ tables: Tables) -> String {
    "## Models compared on \(tables.data)\n\n" + tables.measures.text + "\n"
      + "Each model with the weights of the epoch that was kept; \(runs.seedText). "
      + "Parameters include the classification head; size is theirs in float32.\(timingText)\n\n"
      + (tables.pairs.map { $0.text + "\n" + caption(tables) } ?? "")
      + (tables.differences.map { differences in
        (tables.pairs == nil ? "" : "\n") + differences.text + "\n"
          + PairedDifference.rule(against: "the \(tables.own)", in: .other) + "\n"
      } ?? "")
  }

  /// What a pass over the validation split took one sentence at a time, where that was timed.
  private func inference(_ stage: RunRecord.Stage, in record: RunRecord) -> RunRecord.Timing? {
    record.measured.timings.first { $0.name == stage.id }
  }

  /// One a split.
  private var tables: [Tables] {
    let groups = groups
    return groups.map(\.data).firstOccurrences.compactMap { data in
      tables(of: groups.filter { $0.data == data })
    }
  }

  private func tables(of groups: [Group]) -> Tables? {
    guard let first = groups.first, let count = first.stages[0].keptEvaluation?.count else {
      return nil
    }
    let kept = groups.flatMap(\.stages).compactMap(\.keptEpoch)
    let metrics = ShownMetric.all(in: kept)
    // Nothing is right or wrong among numbers: no examples are counted.
    let hasClasses = kept.contains { $0.correct != nil }
    let ofClasses: [MarkdownTable.Column] =
      hasClasses
      ? [
        .init("Accuracy"), .init("Correct of \(count.grouped)"), .init("95 % interval"),
        .init("Best accuracy of any epoch"),
      ] : []
    let runColumn: [MarkdownTable.Column] = runs.records.count > 1 ? [.init("Run", .left)] : []
    var measures = MarkdownTable(
      runColumn + [
        .init("Model", .left), .init("Parameters"), .init("Size"), .init("Validation Loss"),
      ] + ofClasses + metrics.flatMap { [.init($0.title), .init("95 % interval")] }
        + (wasTimed ? [.init("Inference, median (min-max)")] : []))
    let own = first.record.title(of: first.main ?? first.stages[0])
    var pairs = MarkdownTable(
      runColumn + [
        .init("Model", .left), .init("Share of the teacher's accuracy"),
        .init("Same answer as the teacher"), .init("Difference to the \(own)"),
        .init("95 % interval of it"), .init("Only this model right"),
        .init("Only the \(own) right"), .init("McNemar p"),
      ])
    for group in groups {
      let run = runColumn.isEmpty ? [] : [ExperimentRuns.label(group.record)]
      for stage in group.stages {
        guard let kept = stage.keptEvaluation else { continue }
        measures.add(run + row(stage, kept, metrics, in: group.record))
        pairs.add(run + pairing(stage, kept, in: group))
      }
    }
    return Tables(
      measures: measures, pairs: hasClasses ? pairs : nil,
      differences: differences(in: groups, to: own, runColumn), data: first.data, own: own,
      hasSeveralTeachers: groups.contains { group in
        group.stages.contains { group.teachers(of: $0).count > 1 }
      })
  }

  /// Each model's difference to the definition's own, in every metric of the task but accuracy; nil without any.
  private func differences(
    in groups: [Group], to own: String, _ runColumn: [MarkdownTable.Column]
  ) -> MarkdownTable? {
    var rows: [[String]] = []
    for group in groups {
      let reference = group.main ?? group.stages[0]
      guard let other = reference.keptEvaluation else { continue }
      let metrics = (group.record.dataSet(group.data)?.metrics ?? []).map(ShownMetric.init(named:))
      for stage in group.stages where stage.id != reference.id {
        guard let kept = stage.keptEvaluation else { continue }
        for metric in metrics where !metric.isAccuracy {
          guard
            let difference = PairedDifference(
              .init(stage, kept, in: group.record), .init(reference, other, in: group.record),
              in: metric)
          else { continue }
          rows.append(
            (runColumn.isEmpty ? [] : [ExperimentRuns.label(group.record)])
              + [group.record.title(of: stage), metric.title]
              + PairedDifference.cells(difference, in: metric))
        }
      }
    }
    guard !rows.isEmpty else { return nil }
    var table = MarkdownTable(
      runColumn + [.init("Model", .left), .init("Metric", .left)]
        + PairedDifference.columns(to: "the \(own)", in: .other))
    rows.forEach { table.add($0) }
    return table
  }

  private func row(
    _ stage: RunRecord.Stage, _ kept: RunRecord.Evaluation, _ metrics: [ShownMetric],
    in record: RunRecord
  ) -> [String] {
    var cells = [
      record.title(of: stage), stage.parameters.total.grouped,
      (MemoryLayout<Float>.stride * stage.parameters.total).memoryText, kept.loss.fixed(4),
    ]
    if let correct = kept.correct {
      let best = stage.row(stage.best?.byAccuracy)
      cells += [
        kept.accuracy?.fixed(4) ?? "-", "\(correct)",
        WilsonInterval.text(correct: correct, count: kept.count),
        best.map { "\($0.accuracy?.fixed(4) ?? "-") (\($0.unit.rawValue) \($0.number))" } ?? "-",
      ]
    }
    for metric in metrics {
      cells.append(stage.keptEpoch?.metrics?[metric.name]?.fixed(4) ?? "-")
      cells.append(metric.interval(kept, in: record) ?? "-")
    }
    if wasTimed { cells.append(inference(stage, in: record)?.rangeText ?? "-") }
    return cells
  }

  /// The row compared with the teacher and with the definition's own model, example by example.
  private func pairing(
    _ stage: RunRecord.Stage, _ kept: RunRecord.Evaluation, in group: Group
  ) -> [String] {
    var cells = [group.record.title(of: stage), "-", "-"]
    let teachers = group.teachers(of: stage).compactMap(\.keptEvaluation)
      .filter { $0.count == kept.count }
    if let right = teachers.compactMap(\.correct).max(), right > 0, let correct = kept.correct {
      let same = teachers.map { teacher in
        zip(teacher.predictions?.labels ?? [], kept.predictions?.labels ?? []).count { $0 == $1 }
      }
      cells[1] = Self.percent(correct, of: right)
      cells[2] = Self.percent(same.reduce(0, +), of: kept.count * same.count)
    }
    let own = group.main ?? group.stages[0]
    guard stage.id != own.id, let other = own.keptEvaluation,
      let difference = PairedDifference(
        .init(stage, kept, in: group.record), .init(own, other, in: group.record), in: .accuracy)
    else { return cells + PairedDifference.cells(nil, in: .accuracy) }
    return cells + PairedDifference.cells(difference, in: .accuracy)
  }

  private static func percent(_ part: Int, of whole: Int) -> String {
    "\((100 * Double(part) / Double(max(whole, 1))).fixed(1)) %"
  }

  private func caption(_ tables: Tables) -> String {
    """
    Example by example: how often a model answers as the teacher does, and on how many examples it \
    alone, or the \(tables.own) alone, is right. \
    \(tables.hasSeveralTeachers ? "Of several teachers the share is that of the best one's accuracy, and the agreement the mean. " : "")\
    \(PairedDifference.rule(against: "the \(tables.own)"))

    """
  }
}

extension RunRecord.Timing {
  /// `2.31 s (2.29 s-2.40 s)`
  fileprivate var rangeText: String {
    "\(medianSeconds.significant(3)) s (\(minimumSeconds.significant(3))-\(maximumSeconds.significant(3)))"
  }
}

extension McNemarTest {
  /// Two significant digits; below 0.001 only that.
  var text: String { p < 0.001 ? "< 0.001" : p.significant(2) }
}
