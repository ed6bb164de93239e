// Rows that are JSON objects, one a line.
import RetortStrictJSON

/// The keys of the first line are the columns. A later line must have those that were chosen; further ones are passed over.
struct JSONRows: LineSource {
  let columns: [String]
  private(set) var file: RowBytes

  init(_ file: RowBytes) throws(TableError) {
    self.file = file
    var reader = file
    guard let (_, object) = try Self.nextObject(&reader) else {
      throw .empty(path: file.path, expected: "a JSON object a line")
    }
    columns = object.map(\.key)
  }

  mutating func next(_ chosen: [Int]) throws(TableError) -> TableRecord? {
    guard let (line, object) = try Self.nextObject(&file) else { return nil }
    var values: [TableValue] = []
    values.reserveCapacity(chosen.count)
    for place in chosen {
      // Lines mostly have their keys in one order.
      if object.indices.contains(place), object[place].key == columns[place] {
        values.append(TableValue(object[place].value))
      } else {
        let member = object.first { $0.key == columns[place] }
        values.append(member.map { TableValue($0.value) } ?? .absent)
      }
    }
    let further =
      object.map(\.key) == columns ? [] : object.filter { !columns.contains($0.key) }
    return TableRecord(line: line, values: values, further: further)
  }

  private static func nextObject(
    _ file: inout RowBytes
  ) throws(TableError) -> (line: Int, object: [JSONTree.Member])? {
    while !file.isAtEnd {
      file.release()
      let (line, start) = (file.line, file.place)
      let end = file.endOfLine(from: start)
      file.place = end + 1
      file.line += 1
      let range = start..<file.endOfText(from: start, to: end)
      let bytes = file.bytes(in: range)
      if bytes.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) { continue }
      let text =
        file.repairs
        ? Array(try file.text(range, line: line, from: start).utf8) : Array(bytes)
      let tree: JSONTree
      do {
        tree = try JSONTree.parse(text)
      } catch {
        if String(validating: text, as: UTF8.self) == nil {
          throw file.invalidUTF8(line: line, from: start)
        }
        throw .notJSON(path: file.path, line: line, column: error.column, reason: error.reason)
      }
      guard let members = tree.members else {
        throw .notJSON(
          path: file.path, line: line, column: 1, reason: "the line is another value")
      }
      return (line, members)
    }
    return nil
  }
}
