// Results/methods.md: every method of distillation, what proves it and what it costs.
import RetortRecords

struct MethodsPage {
  static let title = "Methods of distillation"
  static let file = "methods.md"

  private let record: MethodsRecord
  private let ladder: ParityLadder?
  private let publishedSizes: PublishedSizesRecord?

  /// - Parameters:
  ///   - ladder: nil where nothing was recorded.
  ///   - publishedSizes: likewise.
  init(_ record: MethodsRecord, ladder: ParityLadder?, publishedSizes: PublishedSizesRecord?) {
    (self.record, self.ladder, self.publishedSizes) = (record, ladder, publishedSizes)
  }

  func text() -> String {
    """
    \(PageMarkup.origin("records/performance/terms.json and records/parity/ladder.json"))

    # \(Self.title)

    Every method that a loss can have: its formula with the numbers of one example, what it needs, what its value and
    gradient were compared with, how far apart the two were, and what it adds to a training step.

    \(table)
    The *largest difference* comes from the rows of the [ladder](parity.md#the-ladder) that test the method. In brackets is the
    largest relative difference: divided by the largest value of its array. The *cost* is the extra time of a step with the method, as a share of a
    step without it: the median and, in brackets, the range of \(record.alternations) pairs of turns of \
    \(record.steps) steps each, in one process. A cost below 0 is noise: the true cost is smaller than the variation between turns. Arrows in a formula lead from the \
    teacher's layer to the student's.

    ## Under which conditions

    \(conditions)
    \(publishedSizes.map { PublishedSizesSection($0).text() + "\n" } ?? "")## Again

    \(PageMarkup.code(again, info: "sh"))

    """
  }

  private var table: String {
    var table = MarkdownTable([
      .init("Method", .left), .init("Formula", .left), .init("Needs", .left),
      .init("Compared with", .left), .init("Largest difference"), .init("Cost of a step"),
      .init("Source", .left),
    ])
    for method in record.methods {
      table.add([
        method.name, method.formula, method.needs.joined(separator: "; "), method.heldAgainst,
        difference(of: method), Self.cost(of: method), method.source,
      ])
    }
    return table.text
  }

  /// Of all rows that compare it.
  private func difference(of method: MethodsRecord.Method) -> String {
    let rows = (ladder?.rows ?? []).filter { row in
      method.proofs.contains { $0.suite == row.suite && row.test.hasPrefix($0.row) }
    }
    guard let absolute = rows.map(\.largestAbsolute).max() else { return "- (no row)" }
    // A difference from values that must be zero has no relative size.
    let relative = rows.filter { $0.toleranceRelative > 0 }.map(\.largestRelative).max()
    let range = relative.map { " (\($0.significant(2)) relative)" } ?? ""
    return absolute.significant(2) + range
  }

  private static func cost(of method: MethodsRecord.Method) -> String {
    guard let range = MedianRange(method.shares) else { return "-" }
    let median = percent(range.median)
    guard range.count > 1 else { return median }
    return "\(median) (\(percent(range.minimum)) to \(percent(range.maximum)))"
  }

  private static func percent(_ share: Double) -> String {
    let text = (share * 100).fixed(1)
    return "\(share > 0 && text != "0.0" ? "+" : "")\(text) %"
  }

  private var conditions: String {
    var table = MarkdownTable([.init("", .left), .init("", .left)])
    table.add(["teacher, live", record.teacher])
    table.add(["student", record.student])
    table.add([
      "batch", "\(record.batchSize) sequences of \(record.length) tokens; text: \(record.data)",
    ])
    table.add(["loss without the method", record.base])
    Self.add(record.machine, threads: record.threads, versions: record.versions, to: &table)
    return table.text
  }

  static func add(
    _ machine: RecordedMachine, threads: Int, versions: [String: String],
    to table: inout MarkdownTable
  ) {
    table.add([
      "machine",
      "\(machine.processor), \(machine.cores) cores, \(machine.memoryBytes.memoryText), "
        + "\(machine.system), load before \(machine.loadBefore.fixed(2))",
    ])
    table.add(["threads", "\(threads)"])
    table.add([
      "versions",
      versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "),
    ])
  }

  private var again: String {
    let sizes = publishedSizes.map {
      "\n\($0.command) --record Results/records/performance/published_sizes.json"
    }
    return """
      make build
      \(record.command) --record Results/records/performance/terms.json\(sizes ?? "")
      make parity
      retort report
      """
  }
}
