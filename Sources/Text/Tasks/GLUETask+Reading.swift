// The files of GLUE's tasks, read.
import RetortFiles
import RetortTables

extension LabelledSentences {
  /// Reads a file of GLUE. Quotation marks mean nothing, and texts are kept as they are, without trimming.
  ///
  /// Columns are found by their names, and must be at their places; in a file without a header by their places alone.
  /// Where rows are numbered, the numbers count from 0.
  /// - Parameters:
  ///   - split: one that the task has.
  ///   - hasHeader: false for a file of rows alone; nil for what the task says.
  /// - Throws: all rows that are not as they must be.
  public init(
    task: GLUETask, split: DataSplit, path: String, hasHeader: Bool? = nil
  ) throws(DataError) {
    let form = task.form(of: split)
    let hasHeader = hasHeader ?? (form.columnCount == nil)
    var rows = GLUERows(task: task)
    do {
      try rows.read(form, path: path, hasHeader: hasHeader)
    } catch let error as DataError {
      throw error
    } catch let error as TableError {
      throw .table(error)
    } catch let error as FileError {
      throw .file(error)
    } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
    guard !rows.texts.isEmpty else {
      throw .table(.empty(path: path, expected: hasHeader ? "rows after the header" : "rows"))
    }
    sentences = rows.texts
    secondSentences = task.isPair ? rows.secondTexts : nil
    kind = task.kind
    let isLabelled = form.label != nil && split != .test
    labels = isLabelled && kind == .classification ? rows.labels : nil
    numbers = isLabelled && kind == .regression ? rows.numbers : nil
    classNames = task.classNames
    remarks = rows.remarks(path: path, expected: task.files[split]?.count)
    do {
      digest = try SHA256.hexDigest(ofFile: path)
    } catch {
      throw .file(error)
    }
  }
}

/// The rows of a file of GLUE.
private struct GLUERows {
  let task: GLUETask
  private(set) var texts: [String] = []
  private(set) var secondTexts: [String] = []
  private(set) var labels: [Int32] = []
  private(set) var numbers: [Float] = []
  /// Lines of the rows that lack fields, and how many they have.
  private var leftOut: [(line: Int, fields: Int)] = []
  private var columnCount = 0

  init(task: GLUETask) { self.task = task }

  mutating func read(_ form: GLUETask.Form, path: String, hasHeader: Bool) throws {
    var reader = try TableReader(path: path, format: .tsv, hasHeader: hasHeader)
    columnCount = reader.columns.count
    // A test file may have its source's own columns, with labels that are not given away.
    let index = reader.columns.contains(task.labelled.label?.name ?? "") ? nil : form.index
    try check(form, index, reader.columns, path: path, hasHeader: hasHeader)
    let classes = Dictionary(uniqueKeysWithValues: zip(task.writtenLabels, Int32(0)...))
    var wrong = RowMistakes(path: path)
    // After a number that is missing, all others are wrong too.
    var isInOrder = true
    while let row = try wrong.reading({ try next(&reader) }) {
      func field(_ column: GLUETask.Column) -> String {
        row.fields[column.place < 0 ? columnCount + column.place : column.place]
      }
      let found = form.texts.map(field)
      // A single text that says nothing is a mistake; a question may be missing in a pair.
      if found.count == 1, found[0].utf8.allSatisfy({ $0 == UInt8(ascii: " ") }) {
        wrong.add(.blankSentence(path: path, line: row.line), line: row.line)
      }
      if let index, isInOrder, Int(field(index)) != texts.count {
        isInOrder = false
        wrong.add(
          .wrongIndex(path: path, line: row.line, expected: texts.count, found: field(index)),
          line: row.line)
      }
      if let label = form.label {
        if let scores = task.scores {
          if let score = NumberLabel.value(of: field(label)), scores.contains(score) {
            numbers.append(score)
          } else {
            wrong.add(
              .wrongNumber(path: path, line: row.line, range: scores, found: field(label)),
              line: row.line)
          }
        } else if let number = classes[field(label)] {
          labels.append(number)
        } else {
          wrong.add(
            .wrongLabel(
              path: path, line: row.line, expected: task.writtenLabels, found: field(label)),
            line: row.line)
        }
      }
      texts.append(found[0])
      if found.count > 1 { secondTexts.append(found[1]) }
    }
    try wrong.throwIfAny()
  }

  /// The next row that has all its fields; nil behind the last one.
  private mutating func next(_ reader: inout TableReader) throws -> TableReader.Row? {
    while true {
      do {
        return try reader.next()
      } catch {
        guard task.hasShortRows, case .fieldCount(_, let line, let expected, let found, _) = error,
          found < expected
        else { throw error }
        leftOut.append((line, found))
      }
    }
  }

  private func check(
    _ form: GLUETask.Form, _ index: GLUETask.Column?, _ columns: [String], path: String,
    hasHeader: Bool
  ) throws(DataError) {
    guard hasHeader else {
      let count = form.columnCount ?? form.texts.count + (form.label == nil ? 0 : 1)
      guard columns.count == count else {
        throw .table(
          .fieldCount(
            path: path, line: 1, expected: count, found: columns.count,
            advice: "is this the right split of the right task?"))
      }
      return
    }
    let wanted = form.texts + [form.label, index].compactMap { $0 }
    let isRight = wanted.allSatisfy { column in
      let place = column.place < 0 ? columns.count + column.place : column.place
      return columns.indices.contains(place) && columns[place] == column.name
    }
    guard isRight else {
      throw .wrongHeader(
        path: path, expected: form.header, found: String(columns.joined(separator: "\t").prefix(60))
      )
    }
  }

  /// What is to be said of a file that could be read.
  func remarks(path: String, expected: Int?) -> [String] {
    let most = 5
    var remarks = leftOut.prefix(most).map {
      "\(path):\($0.line): left out: expected \(columnCount) fields, found \($0.fields)"
    }
    if leftOut.count > most {
      remarks.append("\(path): \(leftOut.count - most) more rows left out")
    }
    if let expected, expected != texts.count {
      remarks.append(
        "\(path): \(texts.count) examples, GLUE's file has \(expected); results may differ from published ones"
      )
    }
    return remarks
  }
}

extension GLUETask.Form {
  /// The columns that are read, at their places; … for the others.
  fileprivate var header: String {
    let all = (texts + [label, index].compactMap { $0 }).sorted {
      ($0.place < 0 ? .max : $0.place) < ($1.place < 0 ? .max : $1.place)
    }
    var names: [String] = []
    for column in all {
      while names.count < column.place { names.append("…") }
      names.append(column.name)
    }
    return names.joined(separator: "\t")
  }
}
