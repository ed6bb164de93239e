// Rows of files whose texts a model classifies.
import RetortExperimentPlan
import RetortFiles
import RetortStrictJSON
import RetortTables

/// A row: what the model reads, and the columns that are written with the answer.
struct PredictedRow {
  /// Its number for messages: a line, or of a file its place among the files.
  var number: Int
  /// One, or two of a pair.
  var texts: [String]
  /// In the order of the columns.
  var kept: [TableValue]
  var further: [JSONTree.Member] = []

  /// Some measure of what it takes in memory.
  var byteCount: Int {
    texts.reduce(0) { $0 + $1.utf8.count } + kept.reduce(0) { $0 + ($1.text?.utf8.count ?? 64) }
  }
}

/// Rows one after the other, in constant memory.
protocol PredictedRows {
  /// Of what is kept.
  var columns: [String] { get }
  var isPair: Bool { get }
  /// From 0 to 1.
  var progress: Double { get }
  /// Rows that had U+FFFD put in.
  var repairedCount: Int { get }
  mutating func next() throws -> PredictedRow?
  /// Where a row is, for messages.
  func place(of number: Int) -> String
}

/// The rows of a table, with all their columns.
struct PredictedTable: PredictedRows {
  private var reader: TableReader
  /// Places of the texts among the columns.
  private let texts: [Int]

  init(_ reader: TableReader, texts: [String]) {
    self.reader = reader
    self.texts = texts.compactMap(reader.columns.firstIndex)
  }

  var columns: [String] { reader.columns }
  var isPair: Bool { texts.count == 2 }
  var progress: Double { reader.progress }
  var repairedCount: Int { reader.repairedCount }

  mutating func next() throws -> PredictedRow? {
    guard let record = try reader.nextRecord() else { return nil }
    var read: [String] = []
    for place in texts { read.append(try reader.text(place, of: record)) }
    return PredictedRow(
      number: record.line, texts: read, kept: record.values, further: record.further)
  }

  func place(of number: Int) -> String { reader.place(ofRow: number) }
}

/// Files that are one text each.
struct PredictedFiles: PredictedRows {
  private let paths: [String]
  private let repairs: Bool
  private var count = 0
  private(set) var repairedCount = 0

  init(_ paths: [String], repairs: Bool) { (self.paths, self.repairs) = (paths, repairs) }

  let columns = ["file"]
  let isPair = false
  var progress: Double { Double(count) / Double(paths.count) }

  mutating func next() throws -> PredictedRow? {
    guard count < paths.count else { return nil }
    let path = paths[count]
    count += 1
    let bytes = try MappedFile.contents(path: path)
    if let text = String(validating: bytes, as: UTF8.self) {
      return PredictedRow(number: count, texts: [text], kept: [.text(path)])
    }
    guard repairs else {
      throw CommandFailure("\(path): is not UTF-8; convert the file to UTF-8")
    }
    repairedCount += 1
    return PredictedRow(
      number: count, texts: [String(decoding: bytes, as: UTF8.self)], kept: [.text(path)])
  }

  func place(of number: Int) -> String { paths[number - 1] }
}
