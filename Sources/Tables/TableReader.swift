// The rows of a table file, one after the other.
import RetortFiles
import RetortOptions

/// Reads from front to back in constant memory, whatever the size of the file. A byte order mark, carriage returns before
/// line feeds and blank lines are passed over.
public struct TableReader {
  /// A row's fields as texts, in the order of the columns that were chosen.
  public struct Row: Sendable, Equatable {
    /// Where it begins, from 1: a quoted field may hold line feeds.
    public var line: Int
    public var fields: [String]
  }

  public let path: String
  /// The names in the header; of JSON lines the keys of the first. Numbers from 1 for a file without a header.
  public let columns: [String]
  private var source: any RowSource
  /// Places of the chosen columns.
  private var chosen: [Int]

  /// Rows that had U+FFFD put in for what is not UTF-8.
  public var repairedCount: Int { source.repairedCount }
  /// How much of the file has been read, from 0 to 1.
  public var progress: Double { source.progress }
  /// Columns of Parquet that cannot be read, as lists and dates, with what they are; they are not among `columns`.
  public var unreadable: [(name: String, kind: String)] { source.unreadable }
  /// Names of the classes of integer columns in the order of their numbers, where the file has them; the column's values
  /// are these names.
  public var classNames: [String: [String]] { source.classNames }
  private let format: TableFormat?
  private let hasHeader: Bool

  /// - Parameters:
  ///   - hasHeader: whether the first row has the columns' names; JSON lines have names in every row.
  ///   - repairs: whether U+FFFD is put in the place of what is not UTF-8, which is an error otherwise.
  public init(
    path: String, format: TableFormat, hasHeader: Bool = true, repairs: Bool = false
  ) throws(TableError) {
    let file: MappedFile
    do {
      file = try MappedFile(path: path)
    } catch {
      throw .file(error)
    }
    try self.init(file, format: format, hasHeader: hasHeader, repairs: repairs)
  }

  /// - Parameter file: named in messages by its path.
  public init(
    _ file: MappedFile, format: TableFormat, hasHeader: Bool = true, repairs: Bool = false
  ) throws(TableError) {
    if format != .parquet { try file.checkIsText() }
    let bytes = RowBytes(file, repairs: repairs)
    switch format {
    case .csv, .tsv:
      self.init(
        try DelimitedRows(bytes, separator: format == .csv ? "," : "\t", hasHeader: hasHeader),
        format, hasHeader: hasHeader)
    case .jsonl: self.init(try JSONRows(bytes), format)
    case .parquet: self.init(try ParquetRows(file, repairs: repairs), format)
    }
  }

  /// Reads every line as a row with one column, `text`.
  public init(linesOf file: MappedFile, repairs: Bool = false) throws(TableError) {
    try file.checkIsText()
    self.init(LineRows(RowBytes(file, repairs: repairs)), nil)
  }

  private init(_ source: some RowSource, _ format: TableFormat?, hasHeader: Bool = true) {
    self.source = source
    self.format = format
    self.hasHeader = hasHeader
    path = source.path
    columns = source.columns
    chosen = Array(columns.indices)
  }

  /// What is to be said of a header of one column that looks like several with another separator; nil for others.
  public var otherSeparator: String? {
    format == .csv || format == .tsv ? DelimitedRows.otherSeparator(columns) : nil
  }

  /// A cell of the header that no column would be called: a number or several words. Nil where there is none.
  private var firstRowOfData: String? {
    guard format == .csv || format == .tsv, hasHeader, otherSeparator == nil else { return nil }
    let cell =
      columns.first { $0.split(separator: " ").count > 3 } ?? columns.first { Double($0) != nil }
    return cell.map { $0.count > 40 ? "\($0.prefix(40))…" : $0 }
  }

  /// What may have been meant by the name of a column that is not there.
  public func advice(for name: String) -> String {
    otherSeparator ?? Spelling.advice(for: name, among: columns)
  }

  /// Leaves out all columns but these, in this order.
  /// - Throws: every one that is not there.
  public mutating func choose(_ names: [String]) throws(TableError) {
    let missing = names.filter { !columns.contains($0) }.map { name in
      if let column = unreadable.first(where: { $0.name == name }) {
        TableError.parquet(
          .unsupported(
            path: path, column: name, found: column.kind,
            advice: "columns of texts, numbers and booleans can"))
      } else {
        TableError.noColumn(path: path, name: name, advice: advice(for: name))
      }
    }
    if missing.count == names.count, let found = firstRowOfData {
      throw .noHeader(
        path: path, columns: names, found: found, separator: format == .tsv ? "<tab>" : ",")
    }
    guard missing.isEmpty else { throw missing.count == 1 ? missing[0] : .several(missing) }
    chosen = names.compactMap(columns.firstIndex)
  }

  /// The next row as texts; nil behind the last one.
  /// - Throws: for nothing, a list or an object in a chosen column too.
  public mutating func next() throws(TableError) -> Row? {
    guard let record = try nextRecord() else { return nil }
    var fields: [String] = []
    fields.reserveCapacity(chosen.count)
    for place in record.values.indices { fields.append(try text(place, of: record)) }
    return Row(line: record.line, fields: fields)
  }

  /// The next row with whatever stands in it; nil behind the last one.
  public mutating func nextRecord() throws(TableError) -> TableRecord? { try source.next(chosen) }

  /// Where a row is, for messages.
  public func place(of record: TableRecord) -> String { place(ofRow: record.line) }

  /// - Parameter row: a record's `line`.
  public func place(ofRow row: Int) -> String { (format ?? .csv).place(path, row) }

  /// A value as text.
  /// - Parameter place: among the chosen columns.
  public func text(_ place: Int, of record: TableRecord) throws(TableError) -> String {
    let value = record.values[place]
    if let text = value.text { return text }
    let name = columns[chosen[place]]
    let row = self.place(of: record)
    if case .absent = value { throw .noValue(place: row, name: name) }
    throw .notScalar(place: row, name: name, found: value.inWords)
  }
}

/// What reads one kind of file.
protocol RowSource {
  var path: String { get }
  var columns: [String] { get }
  var unreadable: [(name: String, kind: String)] { get }
  var classNames: [String: [String]] { get }
  var progress: Double { get }
  /// Rows that had U+FFFD put in.
  var repairedCount: Int { get }
  /// - Parameter chosen: places of columns, the same for every row.
  mutating func next(_ chosen: [Int]) throws(TableError) -> TableRecord?
}

/// A source whose rows are lines.
protocol LineSource: RowSource {
  var file: RowBytes { get }
}

extension LineSource {
  var path: String { file.path }
  var unreadable: [(name: String, kind: String)] { [] }
  var classNames: [String: [String]] { [:] }
  var repairedCount: Int { file.repairedLines }
  var progress: Double {
    file.count > 0 ? min(1, Double(file.place) / Double(file.count)) : 1
  }
}
