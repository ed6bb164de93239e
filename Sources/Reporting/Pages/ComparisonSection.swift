// Teacher, student and baselines side by side, with what their differences are worth.

struct ComparisonSection {
  private let runs: ExperimentRuns

  init(_ runs: ExperimentRuns) { self.runs = runs }

  /// One run's rows on one split.
  private struct Group {
    var record: RunRecord
    var data: String
    var stages: [RunRecord.Stage]

    var main: RunRecord.Stage? { stages.first { $0.variant == "main" } }
    var teacher: RunRecord.Stage? { stages.first { $0.variant == "teacher" } }
  }

  private var groups: [Group] {
    runs.records.flatMap { record -> [Group] in
      var names: [String] = []
      var members: [String: [RunRecord.Stage]] = [:]
      for stage in record.stages where stage.kind == .finetune || stage.kind == .evaluate {
        guard let data = stage.keptEvaluation?.data else { continue }
        if members[data] == nil { names.append(data) }
        members[data, default: []].append(stage)
      }
      return names.compactMap { name in
        guard let stages = members[name], stages.count > 1 else { return nil }
        // Teacher, the definition's own model, then the baselines.
        let order = ["teacher": 0, "main": 1]
        let sorted = stages.enumerated().sorted { a, b in
          let (left, right) = (order[a.element.variant] ?? 2, order[b.element.variant] ?? 2)
          return (left, a.offset) < (right, b.offset)
        }
        return Group(record: record, data: name, stages: sorted.map(\.element))
      }
    }
  }

  var isEmpty: Bool { groups.isEmpty }

  func text() -> String {
    guard let first = groups.first, let count = first.stages[0].keptEvaluation?.count else {
      return ""
    }
    let several = runs.records.count > 1
    let hasTeacher = groups.contains { $0.teacher != nil }
    var columns: [MarkdownTable.Column] = several ? [.init("Run", .left)] : []
    columns += [
      .init("Model", .left), .init("Parameters"), .init("Validation Loss"), .init("Accuracy"),
      .init("Correct of \(count.grouped)"), .init("95 % interval"),
    ]
    if hasTeacher {
      columns += [.init("Share of the teacher's accuracy"), .init("Same answer as the teacher")]
    }
    let own = first.record.title(of: first.main ?? first.stages[0])
    columns += [
      .init("Right only: \(own) / this row"), .init("McNemar p"),
      .init("Best accuracy of any epoch"),
    ]
    var table = MarkdownTable(columns)
    for group in groups {
      for stage in group.stages {
        table.add(
          (several ? [ExperimentRuns.label(group.record)] : [])
            + cells(stage, in: group, hasTeacher: hasTeacher))
      }
    }
    return "## Models compared on \(first.data)\n\n" + table.text + "\n" + caption(first)
  }

  private func cells(_ stage: RunRecord.Stage, in group: Group, hasTeacher: Bool) -> [String] {
    guard let kept = stage.keptEvaluation else { return [] }
    var cells = [
      group.record.title(of: stage), stage.parameters.total.grouped, kept.loss.fixed(4),
      (Double(kept.correct) / Double(max(kept.count, 1))).fixed(4), "\(kept.correct)",
      WilsonInterval.text(correct: kept.correct, count: kept.count),
    ]
    if hasTeacher {
      let teacher = group.teacher?.keptEvaluation
      if let teacher, teacher.correct > 0, stage.variant != "teacher" {
        let share = Double(kept.correct) / Double(teacher.correct)
        cells.append("\((100 * share).fixed(1)) %")
      } else {
        cells.append("-")
      }
      if let teacher, teacher.count == kept.count, stage.variant != "teacher" {
        let same = zip(teacher.predictions.labels, kept.predictions.labels).count { $0 == $1 }
        cells.append("\((100 * Double(same) / Double(max(kept.count, 1))).fixed(1)) %")
      } else {
        cells.append("-")
      }
    }
    let reference = group.main ?? group.stages[0]
    if stage.id != reference.id, let first = reference.keptEvaluation,
      let labels = group.record.dataSet(group.data)?.labels,
      first.count == kept.count, labels.labels.count == kept.count
    {
      let test = McNemarTest(
        labels: labels.labels, first: first.predictions.labels, second: kept.predictions.labels)
      cells += ["\(test.onlyFirst) / \(test.onlySecond)", test.text]
    } else {
      cells += ["-", "-"]
    }
    let best = stage.epochs.first { $0.epoch == stage.best?.byAccuracy }
    cells.append(best.map { "\($0.accuracy.fixed(4)) (epoch \($0.epoch))" } ?? "-")
    return cells
  }

  private func caption(_ group: Group) -> String {
    let seeds = runs.seedText
    return """
      Each model with the weights of the epoch that was kept; \(seeds). Parameters include the \
      classification head. McNemar's exact test, two-sided, holds each row against the \
      \(group.record.title(of: group.main ?? group.stages[0])): of the examples that only one of the \
      two gets right, is the split further from even than chance would have it? It is not corrected \
      for the number of rows.

      """
  }
}

extension McNemarTest {
  /// Two significant digits; below 0.001 only that.
  var text: String { p < 0.001 ? "< 0.001" : p.significant(2) }
}
