// What the references claim in a sentence, with the counterpart measured here.
import RetortFormatting
import RetortRecords

struct ClaimsSection {
  private let runs: ExperimentRuns

  init(_ runs: ExperimentRuns) { self.runs = runs }

  func text() -> String {
    [
      claims.map { "## Claims of the references\n\n" + $0.text },
      contradictions.map { "## The references, read with care\n\n" + $0.text },
    ].compactMap { $0 }.joined(separator: "\n")
  }

  /// Each claim with what was measured here; nil if there is nothing to hold against one.
  var claims: MarkdownTable? {
    let rows = rows
    guard !rows.isEmpty else { return nil }
    var table = MarkdownTable([.init("Claim", .left), .init("Here", .left)])
    for row in rows { table.add([row.claim, row.here]) }
    return table
  }

  /// What the references claim, each in its own words, with the counterpart; empty if there is nothing to hold
  /// against it. What several claim is one row.
  var rows: [(claim: String, here: String)] {
    guard let pair else { return [] }
    let claims = runs.references.flatMap { reference in
      reference.claims.map { (id: $0.id, text: "\($0.text) (\(reference.id))") }
    }
    return claims.map(\.id).firstOccurrences.map { id in
      (
        claims.filter { $0.id == id }.map(\.text).joined(separator: "; "),
        counterpart(of: id, in: pair)
      )
    }
  }

  private typealias Pair = (teacher: RunRecord.Stage, student: RunRecord.Stage)

  /// Teacher and student as they were fine-tuned in the first run.
  private var pair: Pair? {
    let stages = runs.first.stages.filter(\.isEvaluated)
    guard let teacher = stages.first(where: { $0.variant == "teacher" }),
      let student = stages.first(where: { $0.variant == "main" })
    else { return nil }
    return (teacher, student)
  }

  private func counterpart(of claimID: String, in pair: Pair) -> String {
    switch claimID {
    case "parameters":
      let (small, large) = (pair.student.parameters.total, pair.teacher.parameters.total)
      let fewer = 1 - Double(small) / Double(max(large, 1))
      return "\((100 * fewer).fixed(1)) % fewer (\(small.grouped) of \(large.grouped))"
    case "quality":
      guard let teacher = pair.teacher.keptEvaluation, let student = pair.student.keptEvaluation,
        let right = teacher.correct, right > 0, let own = student.correct
      else { return "not measured" }
      let share = 100 * Double(own) / Double(right)
      let difference = PairedDifference(
        MeasuredModel(pair.student, student, in: runs.first),
        MeasuredModel(pair.teacher, teacher, in: runs.first))
      return "\(share.fixed(1)) % of the teacher's accuracy on \(student.data), "
        + "\(student.count.grouped) examples"
        + (difference.map { difference in
          "; difference to the teacher \(difference.text) points, 95 % paired bootstrap "
            + difference.intervalText
        } ?? "")
    case "speed":
      let times = [pair.student, pair.teacher].compactMap { stage in
        runs.first.measured.timings.first { $0.name == stage.id }
      }
      guard times.count == 2, times[0].medianSeconds > 0 else {
        return "not measured in this experiment"
      }
      func text(_ timing: RunRecord.Timing) -> String {
        "\(timing.medianSeconds.significant(3)) s (\(timing.minimumSeconds.significant(3))-"
          + "\(timing.maximumSeconds.significant(3)))"
      }
      let faster = 100 * (times[1].medianSeconds / times[0].medianSeconds - 1)
      return "\(faster.fixed(0)) % faster: a pass one sentence at a time takes \(text(times[0])) "
        + "beside the teacher's \(text(times[1])), medians of \(times[0].steps) passes on "
        + runs.first.measured.machine.threadText
    default:
      return "not measured in this experiment"
    }
  }

  /// What the references say that cannot be true, or misleads when read alone; nil if there is nothing.
  var contradictions: MarkdownTable? {
    let entries = runs.references.flatMap { reference in
      reference.contradictions.map { (reference.id, $0) }
    }
    guard !entries.isEmpty else { return nil }
    var table = MarkdownTable([
      .init("Source", .left), .init("Place", .left), .init("Says", .left), .init("But", .left),
      .init("Here taken as", .left),
    ])
    for (id, entry) in entries {
      table.add([id, entry.place, entry.says, entry.against, entry.judgement])
    }
    return table
  }
}
