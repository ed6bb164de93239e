// The answers of a model, row by row, to a file or to standard output.
import RetortFiles
import RetortStrictJSON
import RetortTables

/// Writes the rows that were read with the model's answers behind them.
struct PredictionFile {
  private let writing: TableWriting
  /// The columns that are added.
  private let added: [String]
  /// Nil for standard output.
  private let file: AtomicFileWriter?

  /// Writes the header.
  /// - Parameters:
  ///   - path: nil for standard output. The file appears when all is written.
  ///   - columns: of the rows that were read.
  ///   - answers: names of the columns that are added.
  ///   - source: of the rows, for messages.
  init(
    path: String?, format: TableFormat, columns: [String], answers: [String], source: String
  ) throws {
    added = answers
    try Self.check(answers, among: columns, place: source)
    writing = TableWriting(format: format, columns: columns + answers)
    file = try path.map { try AtomicFileWriter(path: $0) }
    do {
      if let header = try writing.header() { try write(header) }
    } catch let error as TableValueError {
      throw CommandFailure("\(source): \(error)")
    }
  }

  private static func check(
    _ answers: [String], among names: [String], place: @autoclosure () -> String
  ) throws(CommandFailure) {
    let taken = answers.filter(names.contains)
    guard taken.isEmpty else {
      throw CommandFailure(
        "\(place()): already has the column\(taken.count == 1 ? "" : "s") "
          + "\(taken.joined(separator: ", ")); add columns of other names with --prefix, as in --prefix new_"
      )
    }
  }

  /// - Parameter place: of the row, for messages.
  func write(_ row: PredictedRow, _ answers: [TableValue], place: @autoclosure () -> String) throws
  {
    if !row.further.isEmpty {
      try Self.check(added, among: row.further.map(\.key), place: place())
    }
    do {
      try write(try writing.row(row.kept + answers, further: row.further))
    } catch let error as TableValueError {
      throw CommandFailure("\(place()): \(error)")
    }
  }

  private func write(_ text: String) throws {
    if let file { try file.write(text) } else { try StandardOutput.shared.write(text.utf8) }
  }

  /// Puts the file in its place.
  func commit() throws {
    if let file { try file.commit() } else { try StandardOutput.shared.flush() }
  }
}
