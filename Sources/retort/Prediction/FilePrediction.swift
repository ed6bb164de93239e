// A model's answers for the rows of files.
import RetortDistillation
import RetortFormatting
import RetortTables
import RetortText

/// Classifies rows in windows; answers come in the order of the rows.
struct FilePrediction {
  let classifier: Classifier
  /// The model's name, for messages.
  let model: String
  let threads: Int

  /// Rows that are in memory together: enough to find texts of one length, few enough to be nothing.
  private static let windowRows = 8192
  private static let windowBytes = 16 << 20

  /// Names of the columns that are added: the answer, and of a classification the probability of each class.
  func answerColumns(prefix: String) -> [String] {
    ["\(prefix)prediction"]
      + (classifier.isRegression ? [] : classifier.labels.map { "\(prefix)probability_\($0)" })
  }

  /// - Parameter note: told after each window how many rows are done, and which share of all, from 0 to 1.
  /// - Returns: how many rows there were.
  func run(
    _ rows: inout some PredictedRows, into file: PredictionFile, note: (Int, Double) -> Void
  ) throws -> Int {
    var count = 0
    var window: [PredictedRow] = []
    var bytes = 0
    while let row = try rows.next() {
      window.append(row)
      bytes += row.byteCount
      guard window.count >= Self.windowRows || bytes >= Self.windowBytes else { continue }
      try answer(window, of: rows, into: file)
      count += window.count
      note(count, rows.progress)
      window.removeAll(keepingCapacity: true)
      bytes = 0
    }
    try answer(window, of: rows, into: file)
    return count + window.count
  }

  private func answer(
    _ window: [PredictedRow], of rows: some PredictedRows, into file: PredictionFile
  ) throws {
    guard !window.isEmpty else { return }
    let sequences = TokenSequences(
      window.map { $0.texts[0] }, pairedWith: rows.isPair ? window.map { $0.texts[1] } : nil,
      tokenizer: classifier.tokenizer, maximumLength: classifier.maximumLength, threads: threads)
    let result: ClassificationResult
    do throws(EvaluationError) {
      result = try classifier.answers(to: sequences)
    } catch {
      guard case .notFinite(let example, _) = error else { throw error }
      throw CommandFailure(
        "\(model), \(rows.place(of: window[example].number)): \(error.counted(from: -example))")
    }
    let columns = classifier.labels.count
    for (place, row) in window.enumerated() {
      let logits = result.logits[(place * columns)..<((place + 1) * columns)]
      try file.write(
        row, values(logits, prediction: classifier.isRegression ? 0 : result.predictions[place]),
        place: rows.place(of: row.number))
    }
  }

  private func values(_ logits: ArraySlice<Float>, prediction: Int) -> [TableValue] {
    guard !classifier.isRegression else { return [.number("\(logits[logits.startIndex])")] }
    return [.text(classifier.labels[prediction])]
      + probabilities(of: logits).map { .number("\(Float($0))") }
  }
}
