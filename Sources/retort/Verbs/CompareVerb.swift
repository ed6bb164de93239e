// `retort compare`: the losses of a run compared with another training's.
import ArgumentParser
import RetortFiles
import RetortFormatting
import RetortReporting

struct CompareVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare two loss logs step by step: the first step beyond a tolerance, by how much.",
    discussion: """
      Either may be a run's folder, its metrics.jsonl, or a log that another program wrote: a JSON \
      object a line with "step" and "loss". Steps that both have are compared. Exit status 1 if \
      one of them is beyond the tolerance.
      """)

  @Argument(help: ArgumentHelp("A run's folder, or a log.", valueName: "run"))
  var subject: String

  @Option(
    name: .customLong("with"), help: ArgumentHelp("The log to compare it with.", valueName: "log"))
  var reference: String

  @Option(help: ArgumentHelp("The stage to compare, if the runs have several.", valueName: "id"))
  var stage: String?

  @Option(help: "The largest difference between two losses that counts as equal.")
  var tolerance = 1e-5

  @Flag(help: "Write JSON.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Write the JSON here too, as Results/records/parity/ has it.", valueName: "file"))
  var record: String?

  @Option(
    help: ArgumentHelp(
      "A sentence about the two, kept in the record and shown on the page.", valueName: "text"))
  var note: String?

  func validate() throws {
    if note != nil, record == nil, !json {
      throw ValidationError(
        "--note is kept in the record; write --record FILE too, or leave it out")
    }
    guard tolerance >= 0, tolerance.isFinite else {
      throw ValidationError("--tolerance is \(tolerance), expected a number of at least 0")
    }
  }

  func run() throws {
    if let record {
      try OutputFile.check([record], .any, reading: [subject, reference], option: "--record")
    }
    let log = try LossLog.read(path: subject, stage: stage)
    let other = try LossLog.read(path: reference, stage: stage)
    if let stage, log.stage == nil, other.stage == nil {
      throw CommandFailure(
        "--stage \(stage): neither \(subject) nor \(reference) is a run with stages; leave it out")
    }
    var comparison = try LossComparison(log, with: other, tolerance: tolerance)
    comparison.note = note
    let text = try JSONText.document(comparison)
    if let record {
      if let folder = Folder.parent(of: record) { try Folder.create(path: folder) }
      try AtomicFile.replace(path: record, with: text + "\n")
    }
    if json {
      try StandardOutput.shared.write(line: text)
    } else {
      try StandardOutput.shared.write(text: comparison.text)
    }
    if let first = comparison.firstBeyond {
      throw CommandFailure(
        "\(subject) and \(reference) differ by \(first.magnitude) at step \(first.step.grouped), "
          + "beyond the tolerance of \(tolerance)")
    }
  }
}

extension LossComparison {
  fileprivate var text: String {
    func stated(_ difference: Difference) -> String {
      "\(difference.magnitude) at step \(difference.step.grouped) (\(difference.loss) in the run, "
        + "\(difference.reference) in the log)"
    }
    var lines = ["\(steps.grouped) steps of \(run) compared with \(reference)"]
    let missing = [(onlyInRun, "run"), (onlyInReference, "log")].filter { $0.0 > 0 }
    if !missing.isEmpty {
      lines.append(
        missing.map { "\($0.grouped) only in the \($1)" }.joined(separator: ", ")
          + ": not compared")
    }
    lines.append("largest difference  \(stated(largest))")
    lines.append("mean difference     \(mean)")
    lines.append(
      firstBeyond.map { "first beyond \(tolerance)  \(stated($0))" }
        ?? "within \(tolerance) at every step compared")
    guard !epochs.isEmpty, !referenceEpochs.isEmpty else { return lines.joined(separator: "\n") }
    lines += ["", epochTable.text(width: StandardOutput.shared.width)]
    return lines.joined(separator: "\n")
  }
}
