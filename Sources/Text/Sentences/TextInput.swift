// Paragraphs of a text file, or of a column of a table.
import RetortFiles
import RetortTables

/// Where paragraphs come from.
public struct TextInput: Sendable, Hashable {
  /// A column of a table file.
  public struct Column: Sendable, Hashable {
    public var name: String
    public var format: TableFormat

    public init(name: String, format: TableFormat) { (self.name, self.format) = (name, format) }
  }

  public var path: String
  /// Nil for a text with one paragraph a line.
  public var column: Column?

  public init(path: String, column: Column? = nil) { (self.path, self.column) = (path, column) }

  /// Calls `body` with each paragraph that is not blank, in order, in constant memory. Line feeds in a field are blanks.
  public func forEachParagraph(
    _ body: (String) throws(DataError) -> Void
  ) throws(DataError) {
    guard let column else { return try forEachLine(body) }
    do {
      var reader = try TableReader(path: path, format: column.format)
      try reader.choose([column.name])
      while let row = try reader.next() {
        let text = row.fields[0]
        if !text.allSatisfy(\.isWhitespace) { try body(text) }
      }
    } catch let error as DataError {
      throw error
    } catch let error as TableError {
      throw .table(error)
    } catch let error as FileError {
      throw .file(error)
    } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
  }

  private func forEachLine(_ body: (String) throws(DataError) -> Void) throws(DataError) {
    let file = try TextFile(path: path)
    try file.forEachLine { (line, number, place) throws(DataError) in
      let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
      let bytes = number == 1 && line.starts(with: mark) ? line.dropFirst(3) : line[...]
      guard let text = String(validating: bytes, as: UTF8.self) else {
        let valid = Self.validPrefix(of: bytes)
        throw .invalidUTF8(
          path: path, row: number,
          column: String(decoding: bytes.prefix(valid), as: UTF8.self)
            .unicodeScalars.count + 1,
          byteOffset: place + line.count - bytes.count + valid)
      }
      if !text.allSatisfy(\.isWhitespace) { try body(text) }
      return true
    }
  }

  /// How many bytes are UTF-8 before the first that is not.
  private static func validPrefix(of bytes: some Collection<UInt8>) -> Int {
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var count = 0
    while case .valid(let scalar) = parser.parseScalar(from: &iterator) { count += scalar.count }
    return count
  }
}
