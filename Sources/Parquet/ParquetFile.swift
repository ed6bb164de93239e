// A Parquet file: what it has, and its rows.
import RetortFiles
import RetortStrictJSON

/// Columns of single values: texts, integers, numbers, booleans; uncompressed or compressed with Snappy, plain or with a
/// dictionary, in data pages of version 1 or 2. Only the pages that are being read are in memory.
/// - Source: Apache Parquet format 2.10: README.md, Encodings.md, parquet.thrift.
public struct ParquetFile {
  public let path: String
  public let columns: [ParquetColumn]
  public let rowCount: Int
  /// Names of the classes of integer columns, in the order of their numbers, as Hugging Face's `datasets` writes them
  /// into the file's metadata.
  public let classNames: [String: [String]]

  private let file: MappedFile
  private let groups: [Group]
  /// Where the metadata begins.
  private let end: Int

  private struct Group {
    let rows: Int
    let chunks: [ThriftStruct]
  }

  private static let mark = Array("PAR1".utf8)

  public init(_ file: MappedFile) throws(ParquetError) {
    self.file = file
    path = file.path
    let bytes = file.bytes
    guard bytes.count >= 12, bytes.prefix(4).elementsEqual(Self.mark) else {
      throw .notParquet(path: path, reason: "found another beginning than PAR1")
    }
    guard bytes.suffix(4).elementsEqual(Self.mark) else {
      throw .notParquet(
        path: path,
        reason: bytes.suffix(4).elementsEqual("PARE".utf8)
          ? "found an encrypted one; write it without encryption"
          : "found no PAR1 at its end: it was cut; copy or write it again")
    }
    do throws(ParquetDamage) {
      let size = Int(bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt32.self))
      guard size <= bytes.count - 12 else {
        throw ParquetDamage("its metadata are said to have \(size) bytes")
      }
      end = bytes.count - 8 - size
      var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[end..<end + size]))
      let metadata = try ThriftStruct(&reader)
      guard let rows = metadata.integer(3), rows >= 0 else {
        throw ParquetDamage("it does not say how many rows it has")
      }
      rowCount = rows
      let schema = try ParquetColumn.columns(of: metadata.list(2) ?? [])
      columns = schema.columns
      groups = try (metadata.list(4) ?? []).map { (group) throws(ParquetDamage) in
        let chunks = group.list(1) ?? []
        guard chunks.count == schema.chunkCount else {
          throw ParquetDamage(
            "a row group of \(chunks.count) columns, and the schema has \(schema.chunkCount)")
        }
        guard let rows = group.integer(3), rows >= 0 else {
          throw ParquetDamage("a row group that does not say how many rows it has")
        }
        return Group(rows: rows, chunks: chunks)
      }
      let sum = groups.reduce(UInt64(0)) { $0 &+ UInt64($1.rows) }
      guard sum == UInt64(rows) else {
        throw ParquetDamage("\(sum) rows in its row groups, and \(rows) in all")
      }
      let notes = metadata.list(5) ?? []
      classNames = try Self.classNames(notes.last { $0.text(1) == "huggingface" }?.text(2))
    } catch {
      throw .damaged(path: path, reason: error.reason)
    }
  }

  /// From the JSON that `datasets` writes. A number of a class without its name would give others a wrong one.
  private static func classNames(_ text: String?) throws(ParquetDamage) -> [String: [String]] {
    guard let text else { return [:] }
    let tree: JSONTree
    do { tree = try JSONTree.parse(text) } catch {
      throw ParquetDamage("its metadata 'huggingface' are not JSON: \(error)")
    }
    var names: [String: [String]] = [:]
    for feature in tree["info"]?["features"]?.members ?? []
    where feature.value["_type"]?.text == "ClassLabel" {
      let written = feature.value["names"]?.elements ?? []
      let found = written.compactMap(\.text)
      guard found.count == written.count, Set(found).count == found.count else {
        throw ParquetDamage(
          "its metadata 'huggingface' name the classes of '\(feature.key)' with something else than distinct texts"
        )
      }
      if !found.isEmpty { names[feature.key] = found }
    }
    return names
  }

  /// The rows of some columns.
  public struct Rows {
    private let parquet: ParquetFile
    private let chosen: [ParquetColumn]
    private let repairs: Bool
    private var group = -1
    private var chunks: [ParquetChunk] = []
    /// Rows that are left of the group.
    private var left = 0
    /// The row that was read last, from 1.
    public private(set) var row = 0

    /// After so many the memory that the file is seen through is given back; what is still needed comes again.
    private static let releasedRows = 1 << 14

    fileprivate init(_ parquet: ParquetFile, _ chosen: [ParquetColumn], repairs: Bool) {
      (self.parquet, self.chosen, self.repairs) = (parquet, chosen, repairs)
    }

    /// Reads the next row.
    /// - Parameter values: set to one value for each column.
    /// - Returns: false behind the last row.
    public mutating func next(into values: inout [ParquetValue]) throws(ParquetError) -> Bool {
      values.removeAll(keepingCapacity: true)
      while left == 0 {
        parquet.release()
        group += 1
        guard group < parquet.groups.count else {
          chunks = []
          return false
        }
        left = parquet.groups[group].rows
        chunks = try parquet.chunks(ofGroup: group, chosen, repairs: repairs, row: row + 1)
      }
      left -= 1
      row += 1
      if row % Self.releasedRows == 0 { parquet.release() }
      for place in chunks.indices {
        do throws(ParquetDamage) {
          values.append(try chunks[place].next())
        } catch {
          throw parquet.error(error, in: chosen[place], row: row)
        }
        if case .malformed = values[place] {
          throw .invalidUTF8(path: parquet.path, column: chosen[place].name, row: row)
        }
      }
      return true
    }
  }

  /// - Parameters:
  ///   - chosen: of `columns`.
  ///   - repairs: whether U+FFFD is put in the place of what is not UTF-8, which is an error otherwise.
  /// - Throws: for the first column that cannot be read.
  public func rows(of chosen: [ParquetColumn], repairs: Bool = false) throws(ParquetError) -> Rows {
    for column in chosen {
      if case .unreadable(let words) = column.kind {
        throw .unsupported(
          path: path, column: column.name, found: words,
          advice: "columns of texts, numbers and booleans can")
      }
    }
    // What cannot be read at all is found before the first row.
    var row = 1
    for group in groups.indices {
      _ = try chunks(ofGroup: group, chosen, repairs: repairs, row: row)
      row += groups[group].rows
    }
    return Rows(self, chosen, repairs: repairs)
  }

  private func chunks(
    ofGroup group: Int, _ chosen: [ParquetColumn], repairs: Bool, row: Int
  ) throws(ParquetError) -> [ParquetChunk] {
    var chunks: [ParquetChunk] = []
    for column in chosen {
      do throws(ParquetDamage) {
        chunks.append(
          try ParquetChunk(
            groups[group].chunks[column.chunk], of: column, rows: groups[group].rows,
            in: file.bytes, end: end, repairs: repairs))
      } catch {
        throw self.error(error, in: column, row: row)
      }
    }
    return chunks
  }

  private func error(
    _ damage: ParquetDamage, in column: ParquetColumn, row: Int
  ) -> ParquetError {
    guard let advice = damage.advice else {
      return .damagedColumn(path: path, column: column.name, row: row, reason: damage.reason)
    }
    return .unsupported(path: path, column: column.name, found: damage.reason, advice: advice)
  }

  /// Gives the pages of memory back that the file is seen through.
  private func release() { file.release(0..<file.bytes.count) }
}
