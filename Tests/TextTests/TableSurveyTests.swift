// What one pass over a table says, against the same counted in another way.
import RetortFiles
import RetortTables
import RetortTestSupport
import Testing

@testable import RetortText

@Suite("Surveys of tables")
struct TableSurveyTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func survey(
    _ text: String, _ format: TableFormat = .csv, _ chosen: SurveyColumns = SurveyColumns(),
    earlier: [TableSurvey] = []
  ) throws -> TableSurvey {
    try folder.write("t", text)
    return try TableSurvey(
      TableReader(path: folder.file("t"), format: format), chosen: chosen, tokenizer: nil,
      threads: 1, earlier: earlier)
  }

  @Test("columns: their kinds and what is missing")
  func columns() throws {
    let found = try survey("a,b,c,d,e\n1,1.5,x,,7\n-2,inf,1,,\n,1e3,yes,,0.5\n")
    #expect(found.rows == 3)
    #expect(
      found.columns.map { "\($0.name) \($0.kind) \($0.missing)" } == [
        "a integer 1", "b number 0", "c text 0", "d empty 3", "e number 1",
      ])
    let lines = try survey(
      "{\"a\": 1, \"b\": true, \"c\": \"x\"}\n{\"a\": \"y\", \"b\": null, \"c\": [1]}\n", .jsonl)
    #expect(
      lines.columns.map { "\($0.kind) \($0.missing)" } == [
        "text 0", "boolean 1", "text, list or object 0",
      ])
  }

  @Test(
    "columns of texts and labels are guessed, and what is said is kept",
    arguments: [
      ("id,review,stars", ["review"], "stars"),
      ("premise,hypothesis,gold_label", ["premise", "hypothesis"], "gold_label"),
      ("Sentence,Label", ["Sentence"], "Label"), ("n,words,x", ["words"], nil),
      ("label,words,x", ["words"], "label"), ("text", ["text"], nil),
    ] as [(String, [String], String?)])
  func guessed(header: String, texts: [String], label: String?) throws {
    let count = header.split(separator: ",").count
    let rows = (0..<30).map { row in
      (0..<count).map { $0 == 1 ? "some words \(row)" : "\(row)" }.joined(separator: ",") + "\n"
    }
    let found = try survey(header + "\n" + rows.joined()).chosen
    #expect(found.texts == texts && found.label == label)
    #expect(found.labelIsGuessed == (label != nil) && found.textsAreGuessed == (count > 1))
    let said = try survey(
      header + "\n" + rows.joined(), .csv,
      SurveyColumns(texts: [texts[0]], label: label ?? texts[0])
    ).chosen
    #expect(said.texts == [texts[0]] && !said.textsAreGuessed && !said.labelIsGuessed)
  }

  @Test("a column of few values that come again is taken for the label")
  func fewValues() throws {
    let rows = (0..<30).map { "\($0),the words \($0),\($0 % 3 == 0 ? "x" : "y")\n" }.joined()
    let found = try survey("n,words,kind\n" + rows)
    #expect(found.chosen.label == "kind" && found.chosen.labelIsGuessed)
    #expect(found.labels.classes.map { "\($0.name) \($0.count)" } == ["x 10", "y 20"])
  }

  @Test("lengths, blank texts, duplicates and their labels")
  func texts() throws {
    let found = try survey(
      "text,label\na b,1\n\"ü  c\n\",0\na b,1\n,1\n  ,0\na b,0\nx,\nx,1\n", .csv)
    #expect(found.rows == 8 && found.blank == 2)
    #expect(found.labels.missing == 1 && found.labels.classes.map(\.count) == [3, 4])
    // Characters: 3, 5, 3, 0, 2, 3, 1, 1.
    #expect(found.characters.quantile(0) == 0 && found.characters.quantile(1) == 5)
    #expect(found.characters.mean == 18.0 / 8 && found.characters.quantile(0.5) == 2)
    let words = try #require(found.words)
    #expect(words.mean == 10.0 / 8 && words.above(1) == 4 && words.above(2) == 0)
    #expect(found.repeated.rows == 3 && found.repeated.examples == [[2, 5], [2, 8], [9, 10]])
    #expect(found.repeated.conflicts == 1 && found.repeated.conflictExamples == [[2, 8]])
    let dev = try survey("text,label\nx,1\na b,0\nnew,1\na b,1\n", .csv, earlier: [found])
    #expect(dev.shared.map(\.rows) == [3] && dev.shared.map(\.conflicts) == [1])
    #expect(dev.shared[0].examples == [[9, 2], [2, 3], [2, 5]])
    #expect(dev.repeated.rows == 1 && dev.repeated.conflicts == 1)
  }

  @Test("pairs are equal where both texts are")
  func pairs() throws {
    let found = try survey("premise,hypothesis,label\na,b,1\nb,a,1\nab,,1\na,b,0\n")
    #expect(found.repeated.examples == [[2, 5]] && found.repeated.conflicts == 1)
    #expect(found.characters.quantile(1) == 2)
  }

  @Test("many different labels are no classes; numbers are said by their size")
  func labels() throws {
    func labels(_ values: [String]) throws -> LabelCounts {
      try survey("text,label\n" + values.map { "t,\($0)\n" }.joined()).labels
    }
    let many = try labels((0..<1500).map { "c\($0)" })
    #expect(many.isTooMany && !many.areMeasurements)
    let numbers = try labels((0..<1500).map { "\($0)" })
    #expect(numbers.areMeasurements && numbers.least == 0 && numbers.greatest == 1499)
    #expect(numbers.mean == 749.5)
    let intents = try labels((0..<300).map { "\($0 % 77)" })
    #expect(!intents.areMeasurements && intents.mayBeMeasurements && intents.classes.count == 77)
    for whole in [["1", "2", "1"], ["0.0", "1.0", "1.0"]] {
      #expect(try !labels(whole).mayBeMeasurements)
    }
    #expect(try labels(["1.5", "2"]).areMeasurements)
  }

  @Test("tokens are those of the model, with [CLS] and [SEP]")
  func tokens() throws {
    let tokenizer = BertTokenizer(
      vocabulary: try Vocabulary(
        tokens: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "film", "##s"]),
      lowercase: true, stripAccents: nil, splitsCJK: true)
    let rows = (0..<40_000).map { "good films,\($0)\n" }.joined()
    try folder.write("t", "text,second\n" + rows)
    for (texts, expected) in [(["text"], 5), (["text", "second"], 7)] {
      let found = try TableSurvey(
        TableReader(path: folder.file("t"), format: .csv), chosen: SurveyColumns(texts: texts),
        tokenizer: tokenizer, threads: 2)
      let tokens = try #require(found.tokens)
      #expect(
        tokens.count == 40_000 && tokens.quantile(0) == expected && tokens.mean == Double(expected))
    }
  }
}
