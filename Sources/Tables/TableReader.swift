// The rows of a table file, one after the other.
import RetortFiles
import RetortOptions

/// Reads from front to back in constant memory, whatever the size of the file. A byte order mark, carriage returns before
/// line feeds and blank lines are passed over.
public struct TableReader {
  /// A row's fields, in the order of the columns that were chosen.
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

  /// - Parameters:
  ///   - format: nil for what the file's name says.
  ///   - hasHeader: whether the first row has the columns' names; JSON lines have names in every row.
  public init(path: String, format: TableFormat, hasHeader: Bool = true) throws(TableError) {
    self.path = path
    let file: RowBytes
    do {
      file = RowBytes(try MappedFile(path: path))
    } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
    switch format {
    case .csv, .tsv:
      source = try DelimitedRows(file, separator: format == .csv ? "," : "\t", hasHeader: hasHeader)
    case .jsonl: source = try JSONRows(file)
    }
    columns = source.columns
    chosen = Array(columns.indices)
  }

  /// Leaves out all columns but these, in this order.
  public mutating func choose(_ names: [String]) throws(TableError) {
    var places: [Int] = []
    for name in names {
      guard let place = columns.firstIndex(of: name) else {
        throw .noColumn(
          path: path, name: name, advice: Spelling.advice(for: name, among: columns))
      }
      places.append(place)
    }
    chosen = places
  }

  /// The next row; nil behind the last one.
  public mutating func next() throws(TableError) -> Row? { try source.next(chosen) }
}

/// What reads one kind of file.
protocol RowSource {
  var columns: [String] { get }
  /// - Parameter chosen: places of columns.
  mutating func next(_ chosen: [Int]) throws(TableError) -> TableReader.Row?
}
