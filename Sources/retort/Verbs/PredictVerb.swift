// `retort predict`: texts or pairs in, classes or numbers out.
import ArgumentParser
import RetortDistillation
import RetortExperimentPlan
import RetortFiles
import RetortFormatting
import RetortStrictJSON
import RetortTables
import RetortText

struct PredictVerb: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract:
      "Classify or score texts or pairs: of files, of arguments, or lines of standard input.",
    discussion: """
      Without --input it reads one sentence or pair per line, from the arguments or from standard input. For each line it \
      prints the class, the probabilities and the logits, separated by tabs. Probabilities and logits are in the order of \
      the model's classes. For a regression model it prints only the number.

      With --input it reads the rows of a table, the lines of a .txt file or whole files (--format file), and writes \
      every row with all its columns and the columns prediction and probability_CLASS behind them; for a regression only \
      prediction. Memory does not grow with the file. --format without --input reads such rows from standard input. The \
      output file appears when it is complete.
      """)

  @Argument(help: "Sentences to classify, in place of lines of standard input.")
  var sentences: [String] = []

  @OptionGroup var classifying: ClassifierOptions

  private var model: ModelOptions { classifying.model }

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "The file to read; with --format file several, or folders of them.", valueName: "file"))
  var input: [String] = []

  @OptionGroup var columns: ColumnOptions

  @Option(
    help: ArgumentHelp(
      "Write the rows here; standard output if not given.", valueName: "file"))
  var out: String?

  @Option(
    help: ArgumentHelp(
      "How they are written: csv, tsv or jsonl. Default: by the ending of --out, or as the input is; otherwise csv.",
      valueName: "format"))
  var outFormat: TableFormat?

  @Option(
    help: ArgumentHelp(
      "Put before the names of the added columns, as in --prefix teacher_.", valueName: "text"))
  var prefix = ""

  @OptionGroup var replacing: ReplacingOptions

  @Flag(help: "Write a line of JSON for each sentence.")
  var json = false

  @Flag(
    help:
      "Each line is a pair: first sentence, tab, second sentence, as in training.")
  var pairs = false

  @OptionGroup var malformed: MalformedTextOptions

  /// Whether rows are read, not bare lines.
  private var readsRows: Bool {
    !input.isEmpty || columns.format != nil || !columns.text.isEmpty || out != nil
      || outFormat != nil || !prefix.isEmpty
  }

  /// The ending of a name that says another format than those that are written; nil without one.
  private static func foreignEnding(of path: String) -> String? {
    guard let name = path.split(separator: "/").last, let point = name.lastIndex(of: "."),
      point != name.startIndex, TableFormat(path: path) == nil,
      !name.lowercased().hasSuffix(".txt")
    else { return nil }
    return String(name[point...])
  }

  func validate() throws {
    var problems: [String] = []
    if readsRows {
      if !sentences.isEmpty {
        problems.append(
          "'\(sentences[0])' is an argument, and files are read too; leave it out, or write --input \(sentences[0])"
        )
      }
      if outFormat == nil, out.flatMap(TableFormat.init(path:)) == .parquet {
        problems.append("--out \(out ?? ""): Parquet is only read; write .csv, .tsv or .jsonl")
      }
      if outFormat == nil, let out, let ending = Self.foreignEnding(of: out) {
        problems.append(
          "--out \(out): expected a name that ends in .csv, .tsv or .jsonl, found \(ending); otherwise write --out-format"
        )
      }
      if json { problems.append("--json is for lines; write --out-format jsonl for rows") }
      if pairs {
        problems.append(
          "--pairs is for lines; name the two columns of a file: --text FIRST --text SECOND")
      }
      if columns.format == .file, !columns.text.isEmpty {
        problems.append("--text names a column, and --format file has none; leave one of them out")
      }
      if columns.format == .file, input.isEmpty {
        problems.append("--format file needs --input FILE …")
      }
      if input.count > 1, columns.format != .file {
        problems.append(
          "--input has \(input.count) files, expected one; only --format file reads several")
      }
    }
    guard problems.isEmpty else { throw ValidationError(problems.joined(separator: "\n")) }
  }

  func run() throws {
    if readsRows { try predictRows() } else { try predictLines() }
  }

  private func predictLines() throws {
    let classifier = try classifying.makeClassifier(classifying.open())
    if pairs { try classifier.checkTakesPairs() } else { try checkIsForSingleTexts("--pairs") }
    let classes = classifier.labels.count
    var waiting = TokenSequences()
    var tokenIDs: [Int32] = []
    var answered = 0
    func classifyWaiting() throws {
      guard waiting.count > 0 else { return }
      let result: ClassificationResult
      do throws(EvaluationError) {
        result = try classifier.classify(waiting)
      } catch {
        throw CommandFailure("\(model.model), standard input: \(error.counted(from: answered))")
      }
      answered += result.count
      guard !classifier.isRegression else {
        for number in result.logits {
          try StandardOutput.shared.write(
            line: json ? JSONText.line(Score(score: number)) : "\(number)")
        }
        waiting = TokenSequences()
        return
      }
      for (index, prediction) in result.predictions.enumerated() {
        let logits = Array(result.logits[(index * classes)..<((index + 1) * classes)])
        try write(
          Prediction(
            label: classifier.labels[prediction], probabilities: probabilities(of: logits),
            logits: logits))
      }
      waiting = TokenSequences()
    }
    var replaced = 0
    func take(_ bytes: UnsafeBufferPointer<UInt8>, number: Int, offset: Int) throws {
      tokenIDs.removeAll(keepingCapacity: true)
      do {
        let line = try encode(bytes, by: classifier, into: &tokenIDs)
        if line.wasRepaired { replaced += 1 }
        waiting.append(tokenIDs, secondStart: line.secondStart)
      } catch let error as InvalidUTF8 {
        try classifyWaiting()
        throw CommandFailure(error, line: number, offset: offset)
      } catch is NoPair {
        try classifyWaiting()
        let tabs = bytes.count { $0 == UInt8(ascii: "\t") }
        throw CommandFailure(
          "\(sentences.isEmpty ? "standard input:" : "argument ")\(number): expected two sentences "
            + "with one tab between them, found \(tabs == 0 ? "no" : "\(tabs)") "
            + "tab\(tabs == 1 ? "" : "s")")
      }
      if waiting.count == ClassificationEvaluation.batchSize { try classifyWaiting() }
    }
    guard sentences.isEmpty else {
      if let file = sentences.first(where: { FileIdentity(path: $0) != nil }) {
        throw CommandFailure("'\(file)' is a file, not a sentence; did you mean --input \(file)?")
      }
      for (index, sentence) in sentences.enumerated() {
        var sentence = sentence
        try sentence.withUTF8 { try take($0, number: index + 1, offset: 0) }
      }
      return try classifyWaiting()
    }
    var reader = LineReader()
    try reader.forEachLine(
      take,
      pause: {
        try classifyWaiting()
        try StandardOutput.shared.flush()
      })
    malformed.report(replacedLines: replaced)
  }

  /// - Throws: for a stage that has learned from pairs.
  private func checkIsForSingleTexts(_ option: String) throws {
    guard let task = try RunStage(model.model)?.task(), task.texts.count == 2 else { return }
    throw CommandFailure(
      "\(model.model): learned from pairs (\(task.texts.joined(separator: ", "))); write \(option)")
  }

  // MARK: Rows

  private func predictRows() throws {
    let stored = try model.open()
    let files = columns.format == .file ? try input.flatMap(Self.files) : input
    if let out {
      try OutputFile.check([out], .any, reading: [stored.path] + files, option: "--out")
      try replacing.check(out, option: "--out")
    }
    if columns.format == .file {
      return try predict(
        PredictedFiles(files, repairs: repairs), stored, source: files[0], format: nil)
    }
    let path = input.first ?? "standard input"
    // Lines that only --out is said of are still lines.
    let format =
      input.isEmpty && columns.text.isEmpty
      ? columns.format ?? .lines : try columns.format(of: path)
    let file =
      input.isEmpty ? try MappedFile.standardInput() : try MappedFile(path: path)
    let reader =
      try format.table.map { try TableReader(file, format: $0, repairs: repairs) }
      ?? TableReader(linesOf: file, repairs: repairs)
    let texts = try columns.textColumns(of: reader, task: RunStage(model.model)?.task())
    for column in reader.unreadable {
      Console.shared.write(
        line: "\(path): the column '\(column.name)' is \(column.kind), and is left out")
    }
    try predict(
      PredictedTable(reader, texts: texts), stored, source: path, format: format.table)
  }

  /// A file, or those of a folder by their names; hidden ones and folders in it are left out.
  private static func files(at path: String) throws -> [String] {
    guard Folder.exists(path: path) else { return [path] }
    let names = try Folder.names(path: path)
    let files = names.filter { !$0.hasPrefix(".") }
      .map { "\(path)/\($0)" }.filter { !Folder.exists(path: $0) }
    if files.count < names.count, !files.isEmpty {
      Console.shared.write(
        line:
          "\(path): \((names.count - files.count).grouped) hidden files or folders in it are left out"
      )
    }
    guard !files.isEmpty else {
      throw CommandFailure("--input \(path): the folder has no files; expected one text a file")
    }
    return files
  }

  private func writable(_ format: TableFormat?) -> TableFormat {
    format == .parquet ? .csv : format ?? .csv
  }

  private var repairs: Bool { malformed.invalidUtf8 == .replace }

  /// - Parameter format: of the rows, if they are a table.
  private func predict(
    _ rows: some PredictedRows, _ stored: StoredModel, source: String, format: TableFormat?
  ) throws {
    let classifier = try classifying.makeClassifier(stored)
    if rows.isPair {
      try classifier.checkTakesPairs()
    } else {
      try checkIsForSingleTexts("--text twice")
    }
    let prediction = FilePrediction(
      classifier: classifier, model: model.model, threads: model.computing.threadCount)
    let file = try PredictionFile(
      path: out, format: outFormat ?? writable(out.flatMap(TableFormat.init(path:)) ?? format),
      columns: rows.columns, answers: prediction.answerColumns(prefix: prefix), source: source)
    let start = ContinuousClock.now
    func seconds() -> Double { (ContinuousClock.now - start) / .seconds(1) }
    func speed(_ count: Int) -> String {
      "\(count.grouped) rows, \(Int(Double(count) / max(seconds(), 1e-9)).grouped) rows/s"
    }
    var rows = rows
    defer { Console.shared.endStatus() }
    let count = try prediction.run(&rows, into: file) { count, share in
      let left = share > 0 ? "  \((seconds() * (1 - share) / share).durationText) left" : ""
      Console.shared.show(status: "predict  \(Int(100 * share)) %\(left)  \(speed(count))")
    }
    try file.commit()
    malformed.report(replacedLines: rows.repairedCount)
    if let out { Console.shared.write(line: "\(out): \(speed(count))") }
  }

  // MARK: Lines

  private struct NoPair: Error {}

  /// - Returns: where the second sentence begins, nil for a single one, and whether anything was replaced.
  private func encode(
    _ line: UnsafeBufferPointer<UInt8>, by classifier: Classifier, into tokenIDs: inout [Int32]
  ) throws -> (secondStart: Int?, wasRepaired: Bool) {
    guard pairs else {
      let repaired = try classifier.tokenizer.encode(
        line, addSpecials: true, maximumLength: classifier.maximumLength,
        invalidUTF8: malformed.invalidUtf8, into: &tokenIDs)
      return (nil, repaired)
    }
    guard
      let pair = try classifier.tokenizer.encodePair(
        line, maximumLength: classifier.maximumLength, invalidUTF8: malformed.invalidUtf8,
        into: &tokenIDs)
    else { throw NoPair() }
    return (pair.secondStart, pair.wasRepaired)
  }

  private func write(_ prediction: Prediction) throws {
    if json { return try StandardOutput.shared.write(line: JSONText.line(prediction)) }
    try StandardOutput.shared.write(
      line: [
        prediction.label.onOneLine,
        prediction.probabilities.map { $0.fixed(6) }.joined(separator: " "),
        prediction.logits.map { "\($0)" }.joined(separator: " "),
      ].joined(separator: "\t"))
  }
}

/// What a regression says of one sentence.
struct Score: Encodable {
  var score: Float
}

/// What a classifier says of one sentence.
struct Prediction: Encodable {
  var label: String
  var probabilities: [Double]
  var logits: [Float]
}

extension TableFormat: ExpressibleByArgument {
  /// Parquet is read and not written.
  public init?(argument: String) {
    guard Self.allValueStrings.contains(argument) else { return nil }
    self.init(rawValue: argument)
  }

  public static var allValueStrings: [String] {
    allCases.filter { $0 != .parquet }.map(\.rawValue)
  }
}
