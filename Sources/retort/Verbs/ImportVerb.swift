// `retort import`: a Hugging Face folder as a checkpoint.
import ArgumentParser
import RetortDistillation
import RetortExperimentPlan
import RetortFormatting
import RetortStorage
import RetortTransformers

struct ImportVerb: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Turn a Hugging Face folder into a checkpoint.",
    discussion: """
      Reads config.json, the weights (model.safetensors or pytorch_model.bin, in one file or in \
      several) and the vocabulary (vocab.txt or tokenizer.json), strictly: whatever is missing, \
      unexpected or misshapen is listed, and nothing is written.
      """)

  @Argument(help: ArgumentHelp("The folder, or hub:owner/name[@revision].", valueName: "dir"))
  var folder: String

  @Option(help: ArgumentHelp("The checkpoint to write.", valueName: "c.h5"))
  var out: String

  @OptionGroup var replacing: ReplacingOptions

  func run() throws {
    let stored = try StoredModel.open(folder, option: "import")
    try OutputFile.check([out], .sealed(.checkpoint), reading: [stored.path], option: "--out")
    try replacing.check(out, option: "--out")
    let model = try stored.load()
    var content = ModelCheckpoint.content(
      of: model, attributes: [:],
      files: ModelCheckpoint.files(
        of: model, vocabulary: stored.vocabularyFile, tokenizer: stored.tokenizer))
    content[.vocabularyDigest] = .text(stored.vocabulary.digest)
    content[.parentDigest] = .text(stored.digest)
    content[.programVersion] = .text(ProgramVersion.current)
    try Checkpoint.write(path: out, content: content)
    try StandardOutput.shared.write(line: "\(out): \(model.summary)")
    let leftOut = stored.parts.subtracting(model.parts).sorted().map(\.rawValue)
    if !leftOut.isEmpty {
      Console.shared.write(line: "left out: \(leftOut.joined(separator: ", "))")
    }
  }
}

extension TransformerModel {
  /// Family, depth, parts and size in one line.
  var summary: String {
    "\(configuration.family.name), \(configuration.layerCount) layers of "
      + "\(configuration.hiddenSize), \(parts.sorted().map(\.rawValue).joined(separator: " + ")), "
      + "\(parameterCount.grouped) parameters"
  }
}
