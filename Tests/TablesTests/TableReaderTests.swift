// Rows of CSV, TSV and JSON lines, and everything that can be wrong with them.
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortTables

@Suite("Table files")
struct TableReaderTests {
  private func read(
    _ text: [UInt8], _ format: TableFormat, hasHeader: Bool = true, _ names: [String]? = nil
  ) throws -> (columns: [String], rows: [TableReader.Row]) {
    let folder = try TemporaryFolder()
    let path = folder.file("t")
    try AtomicFile.replace(path: path, with: text)
    do {
      var reader = try TableReader(path: path, format: format, hasHeader: hasHeader)
      if let names { try reader.choose(names) }
      var rows: [TableReader.Row] = []
      while let row = try reader.next() { rows.append(row) }
      return (reader.columns, rows)
    } catch {
      throw Failure(text: "\(error)".replacing(path, with: "t"))
    }
  }

  private struct Failure: Error { var text: String }

  private func read(
    _ text: String, _ format: TableFormat, hasHeader: Bool = true, _ names: [String]? = nil
  ) throws -> (columns: [String], rows: [TableReader.Row]) {
    try read(Array(text.utf8), format, hasHeader: hasHeader, names)
  }

  /// Fields of all rows.
  private func fields(_ text: String, _ format: TableFormat, _ names: [String]? = nil) throws
    -> [[String]]
  { try read(text, format, names).rows.map(\.fields) }

  // As csv.reader of Python reads it, but for the blank lines, which pandas passes over.
  @Test(
    "CSV: RFC 4180",
    arguments: [
      ("a,b\n1,2\n", [["1", "2"]]),
      ("a,b\r\n1,2\r\n3,4", [["1", "2"], ["3", "4"]]),
      ("\u{FEFF}a,b\n1,2\n", [["1", "2"]]),
      ("a,b\n\"x, y\",2\n", [["x, y", "2"]]),
      ("a,b\n\"one\ntwo\",2\n", [["one\ntwo", "2"]]),
      ("a,b\n\"say \"\"no\"\"\",\"\"\n", [["say \"no\"", ""]]),
      ("a,b\n5\" disk,it's\n", [["5\" disk", "it's"]]),
      ("a,b\n,\n", [["", ""]]),
      ("a,b\n\n1,2\n\n\n", [["1", "2"]]),
      ("a\n\"\"\nx\n", [[""], ["x"]]),
      ("a,b\n 1 ,2 \n", [[" 1 ", "2 "]]),
      ("a,b\n\"1\",\"2\"\r\n", [["1", "2"]]),
    ])
  func csv(text: String, expected: [[String]]) throws {
    let found = try read(text, .csv)
    #expect(found.rows.map(\.fields) == expected)
    #expect(found.columns.first == "a")
  }

  @Test("TSV: quotation marks mean nothing")
  func tsv() throws {
    #expect(
      try fields("a\tb\n\"x\ty\" z\n'\"\t\n", .tsv) == [["\"x", "y\" z"], ["'\"", ""]])
    let bare = try read("gj04\t1\t\tShe said\r\n", .tsv, hasHeader: false)
    #expect(bare.columns == ["1", "2", "3", "4"])
    #expect(bare.rows == [.init(line: 1, fields: ["gj04", "1", "", "She said"])])
  }

  @Test("JSON lines: numbers as they are written, further keys passed over")
  func jsonl() throws {
    let text = """
      {"text": "a \\"b\\"\\n", "label": 1, "id": {"x": []}}

      {"label": "two", "text": "ü", "more": null}
      {"label": 1.50, "text": ""}
      """
    #expect(
      try fields(text, .jsonl, ["label", "text"]) == [
        ["1", "a \"b\"\n"], ["two", "ü"], ["1.50", ""],
      ])
  }

  @Test("columns are chosen by name, in the order asked for; rows know their line")
  func chosen() throws {
    let found = try read("a,b,c\n\"1\n\n\",2,3\n4,5,6\n", .csv, ["c", "a"])
    #expect(
      found.rows == [.init(line: 2, fields: ["3", "1\n\n"]), .init(line: 5, fields: ["6", "4"])])
  }

  @Test(
    "what is wrong is said in one line, with its place",
    arguments: [
      ("", .csv, "t: expected a header and rows, found none"),
      ("\n\n", .tsv, "t: expected a header and rows, found none"),
      ("a,b,a\n", .csv, "t:1: two columns are called 'a'; rename one"),
      (
        "a,b\n1,2,3\n", .csv,
        "t:2: expected 2 fields as in the header, found 3; a field with a comma must stand in quotation marks"
      ),
      (
        "a\tb\n1\n", .tsv,
        "t:2: expected 2 fields as in the header, found 1; a field cannot contain a tab or a line feed"
      ),
      (
        "text;label;id\nx;y, and z;1\n", .csv,
        "t:2: expected 1 fields as in the header, found 2; the header has ';' 2 times: is that the separator? Write the file with commas, or with tabs as .tsv"
      ),
      (
        "a,b\n1,\"2\n3,4\n", .csv,
        "t:2:3: this quotation mark is never closed; a quotation mark inside a field is doubled"
      ),
      (
        "a,b\n\"x\ny\" z,4\n", .csv,
        "t:3:3: expected a comma or the end of the row behind a quoted field; a quotation mark inside a field is doubled"
      ),
      ("{\"a\": 1}\n{\"a\": \n", .jsonl, "t:2:7: expected a JSON object"),
      ("{\"a\": 1}\n[1]\n", .jsonl, "t:2:1: expected a JSON object: the line is another value"),
      ("{\"a\": 1}\n{\"b\": 1}\n", .jsonl, "t:2: no value for 'a'"),
      ("{\"a\": 1}\n{\"a\": null}\n", .jsonl, "t:2: expected text or a number for 'a', found null"),
      ("{\"a\": [1]}\n", .jsonl, "t:1: expected text or a number for 'a', found a list"),
    ] as [(String, TableFormat, String)])
  func mistakes(text: String, format: TableFormat, expected: String) throws {
    let failure = try #require(throws: Failure.self) { try read(text, format) }
    #expect(failure.text.hasPrefix(expected), "\(failure.text)")
    #expect(!failure.text.contains("\n"))
  }

  @Test("a column that is not there is an error with the nearest name")
  func missingColumn() throws {
    let failure = try #require(throws: Failure.self) {
      try read("review,stars\nx,1\n", .csv, ["reviews"])
    }
    #expect(failure.text.hasPrefix("t: no column 'reviews'; did you mean 'review'?"))
  }

  @Test(
    "files of another kind are named",
    arguments: [
      ([0x1F, 0x8B, 8, 0], "gzip"), ([0x50, 0x4B, 3, 4], "spreadsheet"),
      ([0xFF, 0xFE, 97, 0], "UTF-16"),
      ([0xFE, 0xFF, 0, 97], "UTF-16"),
    ] as [([UInt8], String)])
  func otherKinds(bytes: [UInt8], kind: String) throws {
    for format in [TableFormat.csv, .tsv, .jsonl] {
      let failure = try #require(throws: Failure.self) { try read(bytes, format) }
      #expect(
        failure.text.hasPrefix("t: expected text in UTF-8, found ") && failure.text.contains(kind))
    }
  }

  @Test("lines that end in carriage returns alone are no header of one line")
  func carriageReturns() throws {
    for format in [TableFormat.csv, .tsv, .jsonl] {
      let failure = try #require(throws: Failure.self) { try read("a,b\ra,b\rc,b\r", format) }
      #expect(
        failure.text
          == "t:1: expected lines that end in a line feed, found carriage returns alone; convert the ends of its lines"
      )
    }
  }

  @Test(
    "malformed UTF-8 has its line, character and byte", arguments: [TableFormat.csv, .tsv, .jsonl])
  func invalidUTF8(format: TableFormat) throws {
    let lines: [[UInt8]] =
      switch format {
      case .csv: [Array("a,b\n".utf8), Array("ü,\"1\né".utf8) + [0xFF] + Array("\"\n".utf8)]
      case .tsv: [Array("a\tb\n".utf8), Array("ü\té".utf8) + [0xFF] + Array("\n".utf8)]
      case .jsonl:
        [Array("{\"a\": 1}\n".utf8), Array("{\"a\": \"ü".utf8) + [0xFF] + Array("\"}\n".utf8)]
      case .parquet: []
      }
    let expected =
      switch format {
      case .csv: "t:3:2: invalid UTF-8 at byte 12 of the file; convert the file to UTF-8"
      case .tsv: "t:2:4: invalid UTF-8 at byte 9 of the file; convert the file to UTF-8"
      case .jsonl: "t:2:9: invalid UTF-8 at byte 18 of the file; convert the file to UTF-8"
      case .parquet: ""
      }
    let failure = try #require(throws: Failure.self) { try read(lines.flatMap { $0 }, format) }
    #expect(failure.text == expected)
  }

  @Test("the format follows from the name's ending")
  func formats() {
    #expect(TableFormat(path: "a/b.CSV") == .csv)
    #expect(TableFormat(path: "b.tsv") == .tsv && TableFormat(path: "b.jsonl") == .jsonl)
    #expect(TableFormat(path: "a.csv/b") == nil && TableFormat(path: "b.txt") == nil)
    #expect(TableFormat(path: "csv") == nil)
  }

  @Test("any table that is written by RFC 4180 is read again")
  func roundTrip() throws {
    var generator = TestGenerator(20)
    let pieces = ["", "a", "\"", ",", "\n", "\r\n", "ü", " ", "\"\"", "word"]
    let rows = (0..<300).map { _ in
      (0..<3).map { _ in
        (0..<Int(generator.next() * 5)).map { _ in pieces[Int(generator.next() * 10)] }.joined()
      }
    }
    let text =
      (["a,b,c"]
      + rows.map { row in
        row.map { "\"\($0.replacing("\"", with: "\"\""))\"" }.joined(separator: ",")
      }).joined(separator: "\r\n")
    #expect(try fields(text, .csv) == rows)
  }

  @Test("malformed UTF-8 is replaced where that is asked for, and rows are counted")
  func repaired() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("t")
    let bad: [UInt8] = Array("x".utf8) + [0xFF, 0xC3] + Array("y".utf8)
    let lines: [TableFormat: [UInt8]] = [
      .csv: Array("a,b\n".utf8) + bad + Array(",".utf8) + bad + Array("\n1,2\n".utf8),
      .jsonl: Array("{\"a\": \"".utf8) + bad + Array("\", \"b\": 1}\n{\"a\": 1, \"b\": 2}".utf8),
    ]
    for (format, bytes) in lines {
      try AtomicFile.replace(path: path, with: bytes)
      var reader = try TableReader(path: path, format: format, repairs: true)
      #expect(try reader.next()?.fields.first == "x\u{FFFD}\u{FFFD}y")
      #expect(try reader.next()?.fields == ["1", "2"])
      #expect(try reader.next() == nil)
      #expect(reader.repairedCount == 1 && reader.progress == 1)
    }
  }

  @Test("records keep what stands in the fields, and keys that the first line lacks")
  func records() throws {
    let folder = try TemporaryFolder()
    try folder.write("t", "{\"a\": null, \"b\": [1]}\n{\"b\": true, \"c\": 2.50}\n")
    var reader = try TableReader(path: folder.file("t"), format: .jsonl)
    #expect(try reader.nextRecord()?.values == [.null, .nested(.array([.number("1")]))])
    let second = try #require(try reader.nextRecord())
    #expect(second.values == [.absent, .truth(true)] && second.line == 2)
    #expect(second.further == [.init(key: "c", value: .number("2.50"))])
  }

  @Test("every line is a row of a file of lines, blank ones too")
  func lines() throws {
    let folder = try TemporaryFolder()
    try folder.write("t", "a, \"b\r\n\nc")
    var reader = try TableReader(linesOf: try MappedFile(path: folder.file("t")))
    var rows: [TableReader.Row] = []
    while let row = try reader.next() { rows.append(row) }
    #expect(reader.columns == ["text"])
    #expect(rows.map(\.fields) == [["a, \"b"], [""], ["c"]] && rows.map(\.line) == [1, 2, 3])
  }

  @Test("a table without a header is told from one whose columns have other names")
  func noHeader() {
    func message(_ text: String, _ format: TableFormat = .csv, hasHeader: Bool = true) -> String? {
      #expect(throws: Failure.self) {
        try read(text, format, hasHeader: hasHeader, ["text", "label"])
      }?.text
    }
    let advice =
      "which looks like data; write a first line 'text,label', with a name for every column"
    #expect(
      message("a film to see again,1\nno,0\n")
        == "t:1: expected the names of the columns, found 'a film to see again', \(advice)")
    #expect(message("good,1\nno,0\n")?.contains("found '1', ") == true)
    #expect(message("good\t1\nno\t0\n", .tsv)?.contains("'text<tab>label'") == true)
    #expect(message("review,sentiment\ngood,1\n")?.contains("no column 'text'") == true)
    #expect(message("good,1\n", hasHeader: false)?.contains("no column 'text'") == true)
  }

  @Test("all columns that are missing are said")
  func missingColumns() throws {
    let failure = try #require(throws: Failure.self) {
      try read("review,stars\nx,1\n", .csv, ["reviews", "review", "star"])
    }
    #expect(
      failure.text == "t: no column 'reviews'; did you mean 'review'?\n"
        + "t: no column 'star'; did you mean 'stars'?")
  }

  @Test("Parquet: names of classes, null for no label, rows in messages, nested columns by name")
  func parquet() throws {
    let path = Fixture.path(of: "parquet/classes.parquet")
    var reader = try TableReader(path: path, format: .parquet)
    #expect(reader.columns == ["sentence", "label", "idx"])
    #expect(reader.classNames == ["label": ["worse", "better"]])
    try reader.choose(["label", "sentence"])
    #expect(try reader.next()?.fields == ["better", "a good film"])
    #expect(try reader.next() == .init(line: 2, fields: ["worse", "a bad film"]))
    _ = try reader.next()
    #expect(reader.progress == 0.75)
    let error = try #require(throws: TableError.self) { try reader.next() }
    #expect("\(error)" == "\(path): row 4: expected text or a number for 'label', found null")
    var nested = try TableReader(
      path: Fixture.path(of: "parquet/nested.parquet"), format: .parquet)
    #expect(nested.columns == ["text", "label"] && nested.unreadable.map(\.name).count == 6)
    #expect(try nested.nextRecord()?.values == [.text("one"), .number("0")])
    let asked = try #require(throws: TableError.self) { try nested.choose(["words"]) }
    #expect("\(asked)".contains("column 'words': a list cannot be read"))
  }

  @Test("what is written is read again")
  func written() throws {
    let values: [TableValue] = [.text("a \"b\", c\nd"), .text(""), .number("1.50"), .truth(true)]
    for format in [TableFormat.csv, .jsonl] {
      let writing = TableWriting(format: format, columns: ["x,y", "b", "c", "d"])
      let text = try (writing.header() ?? "") + writing.row(values)
      #expect(try fields(text, format) == [["a \"b\", c\nd", "", "1.50", "true"]])
    }
    // A mark and a combining character behind it are one Character.
    for text in ["\"\u{301}\"", "a\"\"\u{301}\u{301},\"", "\"\r\n\"\u{200D}"] {
      let writing = TableWriting(format: .csv, columns: ["a", "b"])
      let line = try writing.row([.text(text), .text("z")])
      let read = try fields("a,b\n" + line, .csv).map { $0.map { Array($0.utf8) } }
      #expect(read == [[Array(text.utf8), [0x7A]]])
    }
    let one = TableWriting(format: .csv, columns: ["a"])
    #expect(try one.header() == "a\n" && one.row([.null]) == "\"\"\n")
    let tsv = TableWriting(format: .tsv, columns: ["a", "b"])
    #expect(try tsv.row([.text("\"x\""), .null]) == "\"x\"\t\n")
    #expect(throws: TableValueError.notForTSV(column: "b")) {
      try tsv.row([.text("x"), .text("y\n")])
    }
  }
}
