// Rows of a Parquet file.
import RetortFiles
import RetortParquet

/// The columns are those that can be read. An integer column with names of classes has these as its values; -1, which
/// stands for no label, is null.
struct ParquetRows: RowSource {
  let columns: [String]
  let unreadable: [(name: String, kind: String)]
  let classNames: [String: [String]]
  private(set) var repairedCount = 0

  private let file: ParquetFile
  private let readable: [ParquetColumn]
  private let repairs: Bool
  private var rows: ParquetFile.Rows?
  private var values: [ParquetValue] = []

  init(_ mapped: MappedFile, repairs: Bool) throws(TableError) {
    self.repairs = repairs
    do {
      file = try ParquetFile(mapped)
    } catch {
      throw .parquet(error)
    }
    readable = file.columns.filter { column in
      if case .unreadable = column.kind { false } else { true }
    }
    columns = readable.map(\.name)
    unreadable = file.columns.compactMap { column in
      if case .unreadable(let words) = column.kind { (column.name, words) } else { nil }
    }
    let integers = Set(readable.filter { $0.kind == .integer }.map(\.name))
    classNames = file.classNames.filter { integers.contains($0.key) }
    guard !columns.isEmpty else {
      throw .empty(path: mapped.path, expected: "a column of texts, numbers or booleans")
    }
    var names: Set<String> = []
    for name in columns where !names.insert(name).inserted {
      throw .repeatedColumn(path: mapped.path, line: 1, name: name)
    }
  }

  var path: String { file.path }
  var progress: Double {
    file.rowCount > 0 ? Double(rows?.row ?? 0) / Double(file.rowCount) : 1
  }

  mutating func next(_ chosen: [Int]) throws(TableError) -> TableRecord? {
    do throws(ParquetError) {
      if rows == nil { rows = try file.rows(of: chosen.map { readable[$0] }, repairs: repairs) }
      guard try rows?.next(into: &values) == true, let row = rows?.row else { return nil }
      var record = TableRecord(line: row, values: [])
      record.values.reserveCapacity(values.count)
      var wasRepaired = false
      for (value, place) in zip(values, chosen) {
        if case .repaired = value { wasRepaired = true }
        record.values.append(try tableValue(value, of: columns[place], row: row))
      }
      if wasRepaired { repairedCount += 1 }
      return record
    } catch {
      throw .parquet(error)
    }
  }

  private func tableValue(
    _ value: ParquetValue, of column: String, row: Int
  ) throws(ParquetError) -> TableValue {
    switch value {
    case .null, .malformed: return .null
    case .text(let text), .repaired(let text): return .text(text)
    case .integer(let integer):
      guard let names = classNames[column] else { return .number("\(integer)") }
      guard integer != -1 else { return .null }
      guard names.indices.contains(Int(integer)) else {
        throw .noClass(
          path: path, column: column, row: row, found: Int(integer), count: names.count)
      }
      return .text(names[Int(integer)])
    case .unsigned(let integer): return .number("\(integer)")
    case .float(let number): return number.isFinite ? .number("\(number)") : .text("\(number)")
    case .double(let number): return number.isFinite ? .number("\(number)") : .text("\(number)")
    case .truth(let truth): return .truth(truth)
    }
  }
}
