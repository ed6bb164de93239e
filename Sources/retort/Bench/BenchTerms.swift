// `retort bench terms`.
import ArgumentParser
import RetortBenchmarks
import RetortDistillation
import RetortExperimentPlan
import RetortFiles
import RetortFormatting
import RetortOptions
import RetortProcessor
import RetortReporting
import RetortTensorEngine
import RetortTransformers

struct BenchTerms: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "terms", abstract: "Time what each method of distillation adds to a step.",
    discussion: """
      Each row of the file is a method: a name, a loss as a definition has it, its source, what it was held against, and the \
      rows of the parity ladder that prove it. A step with the loss and one without it, which compares the last hidden \
      states by their cosine, take turns in one process. `retort report` draws Results/methods.md from the record.
      """)

  @Argument(help: ArgumentHelp("A list of methods in YAML.", valueName: "file"))
  var file = "Tests/Peers/term_rows.yaml"

  @Option(help: ArgumentHelp("Only the methods of these names.", valueName: "name"))
  var only: [String] = []

  @Option(help: ArgumentHelp("The student, as in `retort bench step`.", valueName: "model"))
  var model = PublishedSize.minilmL3.rawValue

  @Option(help: ArgumentHelp("The teacher, likewise.", valueName: "model"))
  var teacher = PublishedSize.minilm.rawValue

  @OptionGroup var sentences: SentenceOptions

  @Option(help: ArgumentHelp("Sequences of a step.", valueName: "n"))
  var batchSize = 8

  @Option(help: ArgumentHelp("Tokens of each sequence.", valueName: "n"))
  var length = 128

  @Option(help: ArgumentHelp("Pairs of turns, without the method and with it.", valueName: "n"))
  var alternations = 5

  @Option(help: ArgumentHelp("Steps of a turn that are measured.", valueName: "n"))
  var steps = 4

  @Option(help: ArgumentHelp("Steps before them.", valueName: "n"))
  var warmup = 1

  @Option(
    help: ArgumentHelp(
      "Write the record of all methods here, as Results/records/performance/terms.json has it.",
      valueName: "file"))
  var record: String?

  @Flag(
    help:
      "Measure nothing: write what the file says of each method into the record again, and keep its times. The formulas must be the same."
  )
  var keepTimes = false

  @OptionGroup var options: BenchOptions

  func validate() throws {
    try requireAtLeast(1, batchSize, option: "--batch-size")
    try requireAtLeast(4, length, option: "--length")
    try requireAtLeast(1, alternations, option: "--alternations")
    try requireAtLeast(1, steps, option: "--steps")
    try requireAtLeast(0, warmup, option: "--warmup")
    if record != nil, !only.isEmpty {
      throw ValidationError("--record is of all methods: leave --only out")
    }
    if keepTimes, record == nil {
      throw ValidationError("--keep-times: name the record with --record")
    }
  }

  func run() throws {
    let methods = try Method.list(path: file)
    let unknown = only.filter { name in !methods.contains { $0.name == name } }
    guard unknown.isEmpty else {
      throw CommandFailure(
        "\(file): no method \(unknown.listed); it has \(methods.map(\.name).listed)")
    }
    if let record { try OutputFile.check([record], .any, reading: [file], option: "--record") }
    let timing = try MethodTiming(self)
    // Before anything is timed: a mistake in the last row is found at once.
    let prepared = try timing.prepare(methods.filter { only.isEmpty || only.contains($0.name) })
    let found = keepTimes ? try kept(prepared) : try timing.measure(prepared)
    if let record {
      if let folder = Folder.parent(of: record) { try Folder.create(path: folder) }
      try AtomicFile.replace(path: record, with: found.record.text())
    }
    try options.write(found.record, text: found.record.summary, failures: found.failures)
  }

  /// The record with the words of the file and its own times.
  private func kept(
    _ prepared: [PreparedMethod]
  ) throws -> (record: MethodsRecord, failures: [String]) {
    guard let path = record else { preconditionFailure("refused before") }
    var record = try MethodsRecord.read(path: path)
    let (old, new) = (
      record.methods.map { [$0.name, $0.formula] },
      prepared.map { [$0.method.name, $0.loss.sum] }
    )
    let differing = new.filter { !old.contains($0) } + old.filter { !new.contains($0) }
    guard differing.isEmpty else {
      throw CommandFailure(
        "\(path): no times of \(differing.map { $0[0] }.firstOccurrences.listed) as \(file) has them now; "
          + "measure again, without --keep-times")
    }
    record.methods = prepared.map { prepared in
      let times = record.methods.first { $0.name == prepared.method.name }
      return prepared.recorded(without: times?.without ?? [], with: times?.with ?? [])
    }
    return (record, [])
  }
}

extension MethodsRecord {
  fileprivate var summary: String {
    TextTable(
      header: ["method", "adds", "from", "to", "step without"],
      rows: methods.map { method in
        let shares = zip(method.without, method.with).map { ($1 / $0 - 1) * 100 }
        return [
          method.name, "\(Sample(shares).median.fixed(1)) %", (shares.min() ?? .nan).fixed(1),
          (shares.max() ?? .nan).fixed(1),
          "\((Sample(method.without).median * 1e3).fixed(0)) ms",
        ]
      }, rightAligned: [1, 2, 3, 4]
    ).text(width: StandardOutput.shared.width)
  }
}
