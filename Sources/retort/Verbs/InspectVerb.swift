// `retort inspect`: what is in a file.
import ArgumentParser
import RetortExperimentPlan
import RetortFiles
import RetortFormatting
import RetortProcessor
import RetortRecords
import RetortReporting
import RetortStorage
import RetortTables
import RetortText
import RetortTransformers

struct InspectVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract:
      "Show what is in data files, a checkpoint, a store, a run record or a model's folder.",
    discussion: """
      Of a data file (.csv, .tsv, .jsonl, .parquet, .txt) it shows the columns, the first rows, the classes, how long the \
      texts are and how many are cut, and which texts come again; of several files also which texts two of them share: \
      retort inspect train.csv dev.csv test.csv. A file is read once, from front to back. Texts are compared by a hash of \
      64 bits, 16 bytes or so in memory for each.
      """)

  @Argument(
    help: ArgumentHelp(
      "Data files; or a checkpoint or activation store (.h5), a record (.json) or run folder, a stage of a run as in "
        + "Runs/x#sst2, a Hugging Face folder, or hub:owner/name[@revision].", valueName: "file"))
  var files: [String]

  @OptionGroup var columns: ColumnOptions

  @Option(
    help: ArgumentHelp(
      "The column of the labels in data files; guessed if not given.", valueName: "column"))
  var label: String?

  @Option(
    help: ArgumentHelp(
      "Count tokens of this model instead of words: a checkpoint, a folder, a vocab.txt, hub:owner/name or RUN#STAGE.",
      valueName: "model"))
  var model: String?

  @OptionGroup var malformed: MalformedTextOptions

  @Flag(help: "Write JSON.")
  var json = false

  private func isData(_ file: String) -> Bool {
    columns.format != nil
      || TextFormat(path: file) != nil && !Folder.exists(path: file)
        && RunStage(file) == nil
  }

  mutating func run() throws {
    // The text of a stage is a file of data.
    files = try files.map { try RunStage($0)?.textPath(in: Locations()) ?? $0 }
    if files.allSatisfy(isData) { return try inspectData() }
    if files.count > 1 {
      throw CommandFailure(
        "\(files.first { !isData($0) } ?? ""): only data files (.csv, .tsv, .jsonl, .parquet, .txt, or any with "
          + "--format) are inspected together; name one file")
    }
    let options = [
      ("--text", !columns.text.isEmpty), ("--label", label != nil), ("--model", model != nil),
    ]
    let unused = options.filter(\.1).map(\.0)
    guard unused.isEmpty else {
      throw CommandFailure(
        "\(files[0]): is no data file, and \(unused.joined(separator: " and ")) "
          + "\(unused.count == 1 ? "is" : "are") for these; if it is one, say how it is written with --format"
      )
    }
    if let spreadsheet = ColumnOptions.spreadsheet(files[0]) { throw spreadsheet }
    let inspection = try inspect(files[0])
    if json { return try StandardOutput.shared.write(line: JSONText.document(inspection)) }
    try StandardOutput.shared.write(text: inspection.text)
  }

  // MARK: Data

  private func inspectData() throws {
    if columns.format == .file {
      throw CommandFailure("--format file is for predict; inspect reads tables and lines")
    }
    let task = try model.flatMap { try RunStage($0)?.task() }
    var tokenizer: BertTokenizer?
    if let model {
      let (vocabulary, settings) = try StoredVocabulary.read(model, option: "--model")
      tokenizer = BertTokenizer(vocabulary: vocabulary, options: settings.options)
    }
    // What is wrong with any of the files is said before the first is read.
    let readers = try openAll(task)
    var surveys: [(format: TextFormat, survey: TableSurvey)] = []
    defer { Console.shared.endStatus() }
    var repaired = 0
    for (format, reader, chosen) in readers {
      let survey = try TableSurvey(
        reader, chosen: chosen, tokenizer: tokenizer, threads: Processor.availableCount,
        earlier: surveys.map(\.survey)
      ) { rows, progress in
        Console.shared.show(
          status: "\(reader.path)  \(rows.grouped) rows, \((100 * progress).fixed(0)) %")
      }
      repaired += survey.repairedCount
      surveys.append((format, survey))
    }
    Console.shared.endStatus()
    malformed.report(replacedLines: repaired)
    let inspection = DataInspection(surveys)
    if json {
      return try StandardOutput.shared.write(line: JSONText.document(inspection, keys: .snakeCase))
    }
    try StandardOutput.shared.write(text: inspection.text)
  }

  /// - Throws: everything that is wrong with names of files and columns.
  private func openAll(
    _ task: StageTask?
  ) throws -> [(TextFormat, TableReader, SurveyColumns)] {
    var problems: [String] = []
    var opened: [(TextFormat, TableReader, SurveyColumns)] = []
    for path in files {
      do {
        let format = try columns.format(of: path)
        let repairs = malformed.invalidUtf8 == .replace
        let reader =
          try format.table.map { try TableReader(path: path, format: $0, repairs: repairs) }
          ?? TableReader(linesOf: MappedFile(path: path), repairs: repairs)
        let named = columns.text.map { ("--text", $0) } + (label.map { [("--label", $0)] } ?? [])
        problems += named.compactMap { columns.problem($0.1, option: $0.0, in: reader) }
        var chosen = SurveyColumns(texts: columns.text, label: label)
        if chosen.texts.isEmpty, let task, task.texts.allSatisfy(reader.columns.contains) {
          chosen.texts = task.texts
        }
        if chosen.label == nil, let task, reader.columns.contains(task.label) {
          chosen.label = task.label
        }
        opened.append((format, reader, chosen))
      } catch {
        problems.append("\(error)")
      }
    }
    guard problems.isEmpty else { throw CommandFailure(problems.joined(separator: "\n")) }
    return opened
  }

  // MARK: Files of ours and models

  private func inspect(_ file: String) throws -> Inspection {
    if let stage = RunStage(file) {
      return Inspection(
        checkpoint: try Checkpoint(path: stage.modelPath(in: Locations())), called: "\(stage)")
    }
    if file.hasPrefix("hub:") {
      let model = try ModelAddress.parse(file, option: "inspect").located(needing: [.configuration])
      return try Inspection(folder: HuggingFaceFolder(path: model.path))
    }
    if Folder.exists(path: file) {
      if RunFolder.exists(path: file) {
        let status = try RunStatus(run: file)
        guard status.state == .finished else { return Inspection(run: status) }
        return try inspectRecord(RunFolder.record(of: file))
      }
      if try Folder.names(path: file).contains("config.json") {
        return try Inspection(folder: HuggingFaceFolder(path: file))
      }
      throw CommandFailure(
        "\(file): neither a run's folder (record.json, stages.json) nor a model's (config.json)")
    }
    if file.hasSuffix(".json") { return try inspectRecord(file) }
    if file.hasSuffix(".safetensors") {
      return Inspection(weights: try SafetensorsFile(path: file))
    }
    if try SealedKind.ofFile(path: file) == .activationStore {
      return Inspection(store: try FileSummary(path: file), path: file)
    }
    return Inspection(checkpoint: try Checkpoint(path: file))
  }

  private func inspectRecord(_ path: String) throws -> Inspection {
    Inspection(record: try RunRecord.read(path: path), path: path)
  }
}
