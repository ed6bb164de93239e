// `retort verify`: a result compared with published runs.
import ArgumentParser
import RetortExperimentPlan
import RetortFiles
import RetortRecords
import RetortReporting

struct VerifyVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check whether a result lies within the range of published runs.",
    discussion: """
      Every figure of a fine-tuning's epochs that was also published for the same task and examples \
      is compared with the range of the published runs. The range is lowest to highest if there are several runs. \
      For one run it is the tolerance its source gives, or else the 95 % interval. The runs are taken from \
      Experiments/references, for the models named in the definition's compare_with. Known differences in weights, \
      size and budget are listed, as are contradictions within the references.
      Exit status 2 if a figure is outside its range, for whatever reason; with --same-weights only runs that \
      started from the same weights are compared. Exit status 0 if all are inside, or if no run is comparable, \
      which is reported.
      """)

  @Argument(help: ArgumentHelp("A run's record.json, or its folder.", valueName: "record"))
  var records: [String]

  @Option(
    name: .customLong("with"),
    help: ArgumentHelp(
      "Compare only with the runs of this reference; may be repeated.", valueName: "id"))
  var chosen: [String] = []

  @Flag(help: "Compare only with runs that started from the same published weights.")
  var sameWeights = false

  @Option(help: ArgumentHelp("The repository's root.", valueName: "folder"))
  var root = "."

  @Flag(help: "Write JSON: a list with an element for each record.")
  var json = false

  func run() throws {
    let folder = "\(root)/Experiments/references"
    guard Folder.exists(path: folder) else {
      throw CommandFailure(
        "\(folder): no such folder; run this in the repository's root, or name it with --root")
    }
    let library = try ReferenceLibrary(folder: folder)
    let width = StandardOutput.shared.width
    let results = try records.map { path in
      let record = try RunRecord.read(path: RunFolder.record(of: path))
      let references =
        chosen.isEmpty
        ? try library.references(besides: record) : try chosen.map { try library.reference($0) }
      let verification = Verification(
        record, references: references, onlySameWeights: sameWeights)
      return (
        path: path, verification: verification,
        claims: record.claimsText(of: references, width: width)
      )
    }
    if json {
      try StandardOutput.shared.write(line: JSONText.document(results.map { $0.verification }))
    } else {
      let texts = results.map { result in
        result.verification.text(width: width) + (result.claims.isEmpty ? "" : "\n\(result.claims)")
      }
      try StandardOutput.shared.write(texts.joined(separator: "\n").utf8)
    }
    let outside = results.filter { $0.verification.count(.outside) > 0 }
    for result in outside {
      Console.shared.write(line: "retort: \(result.path): \(result.verification.summary)")
    }
    if !outside.isEmpty { throw ExitCode(ExitStatus.outsideBand.rawValue) }
  }
}
