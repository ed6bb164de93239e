// A task's examples in a table of the user's own.
import RetortFiles
import RetortTables
import RetortTestSupport
import Testing

@testable import RetortText

@Suite("Tables of a task")
struct TaskTableTests {
  private let columns = TaskColumns(texts: ["review"], label: "stars")

  private func table(
    _ text: String, format: TableFormat = .csv, labels: TaskTable.Labels = .needed
  ) throws -> TaskTable {
    let folder = try TemporaryFolder()
    let path = folder.file("t.csv")
    try AtomicFile.replace(path: path, with: text)
    return try TaskTable(path: path, format: format, columns: columns, labels: labels)
  }

  @Test("texts, labels and lines as they are")
  func reads() throws {
    let found = try table("id,stars,review\n1,good,\" a\nb\"\n2,bad,c \n")
    #expect(found.texts == [" a\nb", "c "] && found.lines == [2, 4])
    #expect(found.labels == ["good", "bad"] && found.classes == ["bad", "good"])
    let sentences = try found.sentences(classes: ["good", "bad"])
    #expect(sentences.labels == [0, 1] && sentences.sentences == found.texts)
    #expect(sentences.classNames == ["good", "bad"])
  }

  // Python: sorted(set(labels)), of whole numbers as numbers.
  @Test(
    "classes are sorted",
    arguments: [
      (["b", "a", "B", "ä", "b"], ["B", "a", "b", "ä"]), (["10", "9", "1"], ["1", "9", "10"]),
      (["10", "9", "x"], ["10", "9", "x"]), (["-1", "0", "1"], ["-1", "0", "1"]),
    ])
  func classes(labels: [String], expected: [String]) throws {
    let text = "review,stars\n" + labels.map { "t,\($0)\n" }.joined()
    #expect(try table(text).classes == expected)
  }

  @Test(
    "a test set may be without labels, or have anything in their place; other sets may not",
    arguments: [
      "review\na\nb\n", "review,stars\na,\nb,\n", "review,stars\na,-1\nb,-1\n",
      "review,stars\na,1\nb, ?\n",
    ])
  func withoutLabels(text: String) throws {
    let found = try table(text, labels: .ignored)
    #expect(found.texts == ["a", "b"] && found.labels == nil && found.classes.isEmpty)
    #expect(try found.sentences(classes: ["x", "y"]).labels == nil)
    #expect(try found.numberedSentences(column: "stars").numbers == nil)
    #expect(throws: (any Error).self) { try table(text).sentences(classes: ["x", "y"]) }
  }

  @Test("labels of a test set are read where there are any")
  func labelsIfWritten() throws {
    #expect(try table("review,stars\na,x\nb,y\n", labels: .ifWritten).labels == ["x", "y"])
    #expect(try table("review,stars\na,\nb,\n", labels: .ifWritten).labels == nil)
    let error = #expect(throws: DataError.self) {
      try table("review,stars\na,\nb,y\n", labels: .ifWritten)
    }
    #expect(
      error?.description.hasSuffix("t.csv:2: expected a label in 'stars', found none") == true)
  }

  @Test("what was wrong before a row that ends the reading is told too")
  func beforeTheEnd() throws {
    let error = #expect(throws: DataError.self) {
      try table("review,stars\na,1\n ,2\nb,1,3\n")
    }
    let lines = error?.description.split(separator: "\n") ?? []
    #expect(lines.count == 2 && lines[0].contains("t.csv:3: ") && lines[1].contains("t.csv:4: "))
  }

  @Test("a word for nothing is no class unless it is named as one")
  func wordsForNothing() throws {
    let found = try table("review,stars\na,good\nb,NA\nc,bad\nd,nan\n")
    let error = #expect(throws: DataError.self) { try found.foundClasses(column: "stars") }
    #expect(
      error?.description.split(separator: "\n").map { $0.split(separator: "/").last ?? "" } == [
        "t.csv:3: expected a label in 'stars', found 'NA', which often means that there is none; take the row out, or name it among the classes",
        "t.csv:5: expected a label in 'stars', found 'nan', which often means that there is none; take the row out, or name it among the classes",
      ])
    #expect(try found.sentences(classes: ["bad", "good", "NA", "nan"]).labels == [1, 2, 0, 3])
    #expect(
      try table("review,stars\na,none\nb,yes\n").foundClasses(column: "stars") == ["none", "yes"])
  }

  @Test("all wrong rows are said, the first five one by one")
  func mistakes() throws {
    let rows = ["a,", " ,good", "b,good ", "c, bad", "d,ok", "e,", "f,", "g,"]
    let error = try #require(throws: DataError.self) {
      try table("review,stars\n" + rows.joined(separator: "\n"))
    }
    let lines = error.description.split(separator: "\n").map { $0.split(separator: "t.csv")[1] }
    #expect(
      lines == [
        ":2: expected a label in 'stars', found none",
        ":3: expected a text in 'review', found none",
        ":4: expected a label without blanks around it, found 'good '",
        ":5: expected a label without blanks around it, found ' bad'",
        ":7: expected a label in 'stars', found none",
        ": 2 more mistakes like these",
      ])
    let other = try #require(throws: DataError.self) {
      try table("review,stars\na,1\nb,2\nc,3\n").sentences(classes: ["1", "2"])
    }
    #expect(other.description.hasSuffix("t.csv:4: expected one of the classes 1, 2, found '3'"))
    #expect(throws: TableError.self) { try table("review,stars\n") }
  }

  @Test("Parquet: the classes are those that the file names; a test set's -1 is no label")
  func parquet() throws {
    let path = Fixture.path(of: "parquet/classes.parquet")
    let columns = TaskColumns(texts: ["sentence"], label: "label")
    let found = try TaskTable(path: path, format: .parquet, columns: columns, labels: .ignored)
    #expect(found.classes == ["worse", "better"] && found.labels == nil && found.count == 4)
    let error = try #require(throws: TableError.self) {
      try TaskTable(path: path, format: .parquet, columns: columns)
    }
    #expect("\(error)".contains("row 4: expected text or a number for 'label', found null"))
    let numbers = try TaskTable(
      path: Fixture.path(of: "parquet/one_run.parquet"), format: .parquet,
      columns: TaskColumns(texts: ["text"], label: "label"))
    #expect(numbers.classes == ["7"] && numbers.count == 5000)
    let other = try #require(throws: DataError.self) {
      try numbers.sentences(classes: ["1", "2"])
    }
    #expect(other.description.contains("one_run.parquet: row 1: expected one of the classes 1, 2"))
  }

  /// 400 rows of 300 texts: every fourth text stands twice.
  private func many() throws -> TaskTable {
    let rows = (0..<400).map { row in
      let text = row < 300 ? row : (row - 300) * 3
      return "text \(text),\(text % 10 == 0 ? "rare" : "common")\n"
    }
    return try table("review,stars\n" + rows.joined())
  }

  @Test("a development set: the share of every class, equal texts on one side", arguments: [7, 8])
  func split(seed: UInt64) throws {
    let table = try many()
    let split = DevelopmentSplit(fraction: 0.2, seed: seed, isStratified: true)
    let (training, development) = split.places(in: table)
    #expect((training + development).sorted() == Array(0..<400))
    let (kept, rest) = (table.rows(development), table.rows(training))
    #expect(Set(kept.texts).isDisjoint(with: rest.texts))
    for label in ["rare", "common"] {
      let all = table.labels?.count { $0 == label } ?? 0
      let some = kept.labels?.count { $0 == label } ?? 0
      // A text that stands twice may exceed the share by one.
      #expect((0...1).contains(some - Int((0.2 * Double(all)).rounded())), "\(label) \(some)")
    }
    #expect(split.places(in: table) == (training, development))
  }

  @Test("pairs: both columns, their own lines, their own digest, equal pairs on one side")
  func pairs() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("t.csv")
    let rows = (0..<60).map { "a \($0 % 4),\($0 / 8),b \($0 / 4 % 5)\n" }
    try AtomicFile.replace(path: path, with: "hypothesis,label,premise\n" + rows.joined())
    func read(_ first: String, _ second: String) throws -> TaskTable {
      try TaskTable(
        path: path, format: .csv, columns: TaskColumns(texts: [first, second], label: "label"))
    }
    let table = try read("premise", "hypothesis")
    #expect(table.texts.prefix(5) == ["b 0", "b 0", "b 0", "b 0", "b 1"])
    #expect(table.secondTexts?.prefix(5) == ["a 0", "a 1", "a 2", "a 3", "a 0"])
    let classes = table.classes
    let sentences = try table.sentences(classes: classes)
    #expect(sentences.secondSentences == table.secondTexts)
    let turned = try read("hypothesis", "premise").sentences(classes: classes)
    #expect(turned.digest != sentences.digest)
    let split = DevelopmentSplit(fraction: 0.3, seed: 5, isStratified: false).places(in: table)
    func pairs(_ places: [Int]) -> Set<String> {
      let part = table.rows(places)
      return Set(zip(part.texts, part.secondTexts ?? []).map { "\($0) \($1)" })
    }
    #expect(pairs(split.training).isDisjoint(with: pairs(split.development)))
    #expect(
      !Set(table.rows(split.training).texts).isDisjoint(
        with: split.development.map { table.texts[$0] }))
    let error = #expect(throws: DataError.self) {
      try AtomicFile.replace(path: path, with: "hypothesis,label,premise\na,1,\n,1,b\n")
      _ = try read("premise", "hypothesis")
    }
    #expect(
      error?.description.split(separator: "\n").map { $0.split(separator: "t.csv")[1] } == [
        ":2: expected a text in 'premise', found none",
        ":3: expected a text in 'hypothesis', found none",
      ])
  }

  @Test("the split depends on the seed, and not on the order of the rows")
  func order() throws {
    let table = try many()
    let split = DevelopmentSplit(fraction: 0.1, seed: 3, isStratified: false)
    let kept = Set(table.rows(split.places(in: table).development).texts)
    let reversed = table.rows((0..<400).reversed())
    #expect(Set(reversed.rows(split.places(in: reversed).development).texts) == kept)
    let other = DevelopmentSplit(fraction: 0.1, seed: 4, isStratified: false)
    #expect(Set(table.rows(other.places(in: table).development).texts) != kept)
    #expect((40...41).contains(split.places(in: table).development.count))
  }
}
