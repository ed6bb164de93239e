// The mistakes in the rows of a file, reported together.
import RetortTables

/// Collects mistakes: the first five in the order of their lines, and how many more there are.
struct RowMistakes {
  private let path: String
  private var first: [(line: Int, error: DataError)] = []
  private var count = 0
  private static let most = 5

  /// - Parameter path: of the file or the folder.
  init(path: String) { self.path = path }

  /// - Parameter line: of the row, from 1; 0 where rows are files.
  mutating func add(_ error: DataError, line: Int = 0) {
    count += 1
    let place = first.firstIndex { $0.line > line } ?? first.endIndex
    guard place < Self.most else { return }
    first.insert((line, error), at: place)
    if first.count > Self.most { first.removeLast() }
  }

  /// - Parameter last: why reading had to stop.
  /// - Throws: a single mistake as it is, several as `DataError.rows`.
  func throwIfAny(before last: DataError? = nil) throws(DataError) {
    guard let only = first.first?.error else { return }
    guard count > 1 || last != nil else { throw only }
    throw .rows(
      path: path, first: first.map(\.error) + [last].compactMap { $0 }, more: count - first.count)
  }

  /// Reads a row, or something of it.
  /// - Throws: for a row that cannot be read at all, after which reading stops: its error together with the mistakes
  ///   found before it.
  func reading<Part>(_ read: () throws -> Part) throws -> Part {
    do { return try read() } catch let error as TableError {
      try throwIfAny(before: .table(error))
      throw error
    }
  }
}
