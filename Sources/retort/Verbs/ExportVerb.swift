// `retort export`: a checkpoint as a Hugging Face folder.
import ArgumentParser
import RetortExperimentPlan
import RetortFiles
import RetortTransformers

struct ExportVerb: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract:
      "Turn a checkpoint, or the model of a run's stage, into a folder that transformers loads."
  )

  @Argument(
    help: ArgumentHelp("The checkpoint, or a stage of a run as in Runs/x#sst2.", valueName: "c.h5"))
  var checkpoint: String

  @Option(help: ArgumentHelp("The folder to write.", valueName: "dir"))
  var out: String

  @OptionGroup var replacing: ReplacingOptions

  func run() throws {
    let stored = try StoredModel.open(checkpoint, option: "export")
    try OutputFile.check(
      HuggingFaceFolder.writtenNames.map { "\(out)/\($0)" }, .any, reading: [stored.path],
      option: "--out")
    try replacing.check(out, option: "--out")
    let model = try stored.load()
    if Folder.exists(path: out) { try HuggingFaceFolder.removeModel(in: out) }
    let report = try HuggingFaceFolder.write(
      model, vocabulary: stored.vocabularyFile, tokenizer: stored.tokenizer, to: out)
    try StandardOutput.shared.write(line: "\(out): \(report.architecture), \(model.summary)")
    if !report.leftOut.isEmpty {
      Console.shared.write(
        line: "left out, \(report.architecture) has no place for it: "
          + report.leftOut.map(\.rawValue).joined(separator: ", "))
    }
    for note in report.notes { Console.shared.write(line: note) }
  }
}
