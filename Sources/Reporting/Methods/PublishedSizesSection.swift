// Results/methods.md: methods at the sizes of their papers.
import RetortRecords

struct PublishedSizesSection {
  private let record: PublishedSizesRecord

  init(_ record: PublishedSizesRecord) { self.record = record }

  func text() -> String {
    var table = MarkdownTable([
      .init("Definition", .left), .init("Stage", .left), .init("Teacher", .left),
      .init("Student", .left), .init("Sequences"), .init("Tokens"), .init("Steps"),
      .init("Time"), .init("Tokens a second"), .init("Peak memory"), .init("Loss, first step"),
      .init("Last step"),
    ])
    for run in record.runs {
      table.add([
        "[\(run.definition)](../Experiments/methods/\(run.definition).yaml)", run.stage,
        run.teacher, run.student, (run.sequences / run.steps).grouped,
        (run.tokens / run.steps).grouped, run.steps.grouped,
        (run.seconds / Double(run.steps)).millisecondText,
        Int(Double(run.tokens) / run.seconds).grouped, Int(run.memoryBytes).memoryText,
        run.firstLoss.significant(4), run.lastLoss.significant(4),
      ])
    }
    var conditions = MarkdownTable([.init("", .left), .init("", .left)])
    MethodsPage.add(
      record.machine, threads: record.threads, versions: record.versions, to: &conditions)
    return """
      ## Published methods at published size

      Distillation stages of [`Experiments/methods/`](../Experiments/methods) with random weights and a live teacher. Batch size and \
      sequence length are those of the definition; `accumulate` is 1, so that a step here is one micro-batch. The weights are \
      random, so the losses say that the step runs, and nothing about what is learned.

      \(table.text)
      Sequences, tokens and time are the mean of a step: the teacher's pass, the student's two passes and AdamW. The first step is \
      among them. Peak memory is the largest resident memory of the process.

      \(conditions.text)
      """
  }
}
