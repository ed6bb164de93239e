// What files are read and which of their columns, for verbs that take files of the user's own.
import ArgumentParser
import RetortExperimentPlan
import RetortFiles
import RetortTables

/// How a file of texts is read.
enum TextFormat: String, CaseIterable, ExpressibleByArgument {
  case csv, tsv, jsonl, parquet
  /// Every line is a text.
  case lines
  /// Every file is one text.
  case file

  /// Nil for what is no table.
  var table: TableFormat? { TableFormat(rawValue: rawValue) }

  /// By the ending of the file's name; nil for another ending.
  init?(path: String) {
    if let table = TableFormat(path: path) {
      self.init(rawValue: table.rawValue)
    } else if path.lowercased().hasSuffix(".txt") {
      self = .lines
    } else {
      return nil
    }
  }
}

/// `--format F --text COLUMN`.
struct ColumnOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How the input is written: csv (RFC 4180), tsv (quotation marks have no meaning), jsonl (one JSON object per "
        + "line), parquet, lines (each line is a text) or file (each file is one text). Default: by the ending of its "
        + "name; .txt is lines.", valueName: "format"))
  var format: TextFormat?

  @Option(
    help: ArgumentHelp(
      "The column of the texts; give it twice for pairs. Default: the columns of the task that the model, given as "
        + "RUN#STAGE, was trained on; `inspect` guesses where there is none.", valueName: "column"))
  var text: [String] = []

  func validate() throws {
    if text.count > 2 {
      throw ValidationError(
        "--text is given \(text.count) times, expected one column, or two for pairs")
    }
    if text.count == 2, text[0] == text[1] {
      throw ValidationError("--text names '\(text[0])' twice; a pair has two columns")
    }
  }

  /// Nil for a name that is not that of a spreadsheet.
  static func spreadsheet(_ path: String) -> CommandFailure? {
    [".xlsx", ".xls", ".ods", ".numbers"].contains(where: path.lowercased().hasSuffix)
      ? CommandFailure("\(path): is a spreadsheet; save it as CSV, and name that file") : nil
  }

  /// The format of a file.
  /// - Throws: if neither the option nor its name says it.
  func format(of path: String) throws(CommandFailure) -> TextFormat {
    if let format = format ?? TextFormat(path: path) { return format }
    if let spreadsheet = Self.spreadsheet(path) { throw spreadsheet }
    throw CommandFailure(
      "\(path): expected a name that ends in .csv, .tsv, .jsonl, .parquet or .txt; otherwise write --format"
    )
  }

  /// The columns of the texts in a table.
  /// - Parameters:
  ///   - task: that the model was trained on, if that is known.
  ///   - model: the model's name, for the note.
  /// - Throws: every column that is missing, or that it must be named.
  func textColumns(
    of reader: TableReader, task: StageTask?
  ) throws(CommandFailure) -> [String] {
    let columns = reader.columns
    let problems = text.compactMap { problem($0, option: "--text", in: reader) }
    guard problems.isEmpty else { throw CommandFailure(problems.joined(separator: "\n")) }
    if !text.isEmpty { return text }
    if let task, task.texts.allSatisfy(columns.contains) { return task.texts }
    if let advice = reader.otherSeparator {
      throw CommandFailure("\(reader.path): expected columns, found one; \(advice)")
    }
    if columns.count == 1, task.map({ $0.texts.count == 1 }) ?? true { return columns }
    let learned =
      task.map {
        "; the task \($0.name) has its texts in \($0.texts.joined(separator: " and "))"
      } ?? ""
    throw CommandFailure(
      "\(reader.path): which column has the texts? It has \(columns.listed)"
        + "\(learned); name it with --text, for pairs twice")
  }

  /// What is wrong with the name of a column; nil for one that is there and can be read.
  func problem(_ name: String, option: String, in reader: TableReader) -> String? {
    if reader.columns.contains(name) { return nil }
    if let column = reader.unreadable.first(where: { $0.name == name }) {
      return
        "\(option) \(name): in \(reader.path) it is \(column.kind); name a column of texts or numbers"
    }
    return "\(option) \(name): \(reader.path) has no such column; \(reader.advice(for: name))"
  }
}
