// Rows that are JSON objects, one a line.
import RetortStrictJSON

/// The keys of the first line are the columns. A later line must have those that were chosen; further ones are passed over.
struct JSONRows: RowSource {
  let columns: [String]
  private var file: RowBytes

  init(_ file: RowBytes) throws(TableError) {
    self.file = file
    var reader = file
    guard let (_, object) = try Self.nextObject(&reader) else {
      throw .empty(path: file.path, expected: "a JSON object a line")
    }
    columns = object.map(\.key)
  }

  mutating func next(_ chosen: [Int]) throws(TableError) -> TableReader.Row? {
    guard let (line, object) = try Self.nextObject(&file) else { return nil }
    var texts: [String] = []
    texts.reserveCapacity(chosen.count)
    for place in chosen {
      let name = columns[place]
      guard let value = object.first(where: { $0.key == name })?.value else {
        throw .noValue(path: file.path, line: line, name: name)
      }
      switch value {
      case .string(let text): texts.append(text)
      case .number(let text): texts.append(text)
      case .bool(let truth): texts.append("\(truth)")
      case .null:
        throw .notScalar(path: file.path, line: line, name: name, found: "null")
      case .array: throw .notScalar(path: file.path, line: line, name: name, found: "a list")
      case .object: throw .notScalar(path: file.path, line: line, name: name, found: "an object")
      }
    }
    return TableReader.Row(line: line, fields: texts)
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
      let text = file.bytes(in: start..<file.endOfText(from: start, to: end))
      if text.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) { continue }
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
