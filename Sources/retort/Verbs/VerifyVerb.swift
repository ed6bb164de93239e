// `retort verify`: a result against the published references.
import ArgumentParser
import RetortFiles
import RetortRecords
import RetortReporting

struct VerifyVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Hold a result against published runs: inside or outside their band, and why.",
    discussion: """
      Every figure of a fine-tuning's epochs that was also published for the same task and examples \
      is held against the band of the published runs: from the lowest to the highest of several; \
      of a single one, the tolerance that its source gives, or its accuracy's 95 % interval. The \
      runs are those in Experiments/references of the models that the definition's compare_with \
      names. What is known to be different is said: weights, size, budget. So is where the \
      references contradict themselves.
      Exit status 2 if a figure is outside its band, whatever the reason: --same-weights holds the \
      result only against runs that it can be expected to agree with. 0 if all are inside, or if \
      nothing is comparable, which is then said.
      """)

  @Argument(help: ArgumentHelp("A run's record.json, or its folder.", valueName: "record"))
  var records: [String]

  @Option(
    name: .customLong("with"),
    help: ArgumentHelp(
      "Hold it against the runs of this reference alone; may be repeated.", valueName: "id"))
  var chosen: [String] = []

  @Flag(help: "Hold it only against runs that started from the same published weights.")
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
    let results = try records.map { path in
      let record = try RunRecord.read(
        path: Folder.exists(path: path) ? "\(path)/record.json" : path)
      let references =
        chosen.isEmpty
        ? try library.references(besides: record) : try chosen.map { try library.reference($0) }
      let verification = Verification(
        record, references: references, onlySameWeights: sameWeights)
      return (path: path, verification: verification, claims: record.claimsText(of: references))
    }
    if json {
      try StandardOutput.shared.write(line: JSONText.document(results.map { $0.verification }))
    } else {
      let texts = results.map { result in
        result.verification.text + (result.claims.isEmpty ? "" : "\n\(result.claims)")
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
