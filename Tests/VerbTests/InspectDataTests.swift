// `retort inspect` of data files.
import Foundation
import RetortTestSupport
import Testing

@Suite("Inspection of data files")
struct InspectDataTests {
  private let model: TinyModel
  private let folder: TemporaryFolder

  init() throws {
    model = try TinyModel()
    folder = model.folder
    try folder.write(
      "train.csv",
      "id,review,stars\n1,a good film,good\n2,\"the plot, very dull\",bad\n3,a good film,bad\n4,,good\n"
    )
    try folder.write("dev.csv", "id,review,stars\n1,not bad,good\n2,a good film,good\n")
  }

  private func inspect(_ arguments: String...) throws -> RetortProcess {
    try RetortProcess.run(["inspect"] + arguments, environment: model.environment)
  }

  private var train: String { folder.file("train.csv") }
  private var dev: String { folder.file("dev.csv") }

  @Test("for people: everything of two files, within 80 columns")
  func text() throws {
    let result = try RetortProcess.run(
      ["inspect", "train.csv", "dev.csv"], environment: model.environment, folder: folder.path)
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.allSatisfy { $0.count <= 80 })
    #expect(
      result.output.hasPrefix(
        """
        train.csv: csv, 4 rows, 3 columns
          column  kind     missing
          id      integer        0
          review  text           1
          stars   text           0
        first rows
          - id      1
            review  a good film
            stars   good
          - id      2
            review  the plot, very dull
            stars   bad
          - id      3
            review  a good film
            stars   bad
        text         review (guessed; --text names another)
        blank        1 row (25.00 %)
        characters   0 to 19, median 11, mean 10.2, 95 % up to 19
        words        0 to 4, median 3, mean 2.5, 95 % up to 4
        cut at 128   none by its words alone
        cut at 512   none by its words alone
                     a word is a token or more; --model counts tokens
        label        stars (guessed; --label names another)
                     class  rows    share
                     bad       2  50.00 %
                     good      2  50.00 %
        duplicates   1 row (25.00 %) has the text of an earlier row
                     rows: 2=4
                     with another label 1: 2=4

        dev.csv: csv, 2 rows, 3 columns
        """), "\(result.output)")
    #expect(
      result.output.hasSuffix(
        """

        the same texts in two files
          train.csv and dev.csv: 1 row of the second
            rows, first=second: 2=3

        """), "\(result.output)")
  }

  @Test("long names, values and many classes stay within 80 columns")
  func wide() throws {
    let long = String(repeating: "long words ", count: 200)
    let rows = (0..<300).map { "\(long)\($0),\"line\none\",\(long)\($0 % 30)\n" }
    let header = String(repeating: "n", count: 90)
    try folder.write("w.csv", "text,\(header),label\n" + rows.joined())
    let result = try inspect("--label", "label", folder.file("w.csv"))
    let lines = result.output.split(separator: "\n").dropFirst()
    #expect(lines.allSatisfy { $0.count <= 80 }, "\(lines.filter { $0.count > 80 })")
    #expect(result.output.contains("and 10 more; --json has all"))
  }

  private struct Report: Decodable {
    struct File: Decodable {
      var rows: Int
      var text: Text?
      var label: Label?
    }
    struct Text: Decodable {
      var columns: [String]
      var isGuessed: Bool
      var unit: String
      var lengths: Lengths
      var cut: [Cut]
    }
    struct Lengths: Decodable {
      var least: Int
      var greatest: Int
    }
    struct Cut: Decodable {
      var at: Int
      var texts: Int
    }
    struct Label: Decodable {
      struct Class: Decodable, Equatable {
        var name: String
        var rows: Int
      }
      var column: String
      var classes: [Class]?
    }
    struct Shared: Decodable { var texts: Texts }
    struct Texts: Decodable {
      var rows: Int
      var otherLabel: Int
    }
    var files: [File]
    var shared: [Shared]
  }

  private func report(_ arguments: String...) throws -> Report {
    let result = try RetortProcess.run(
      ["inspect", "--json"] + arguments, environment: model.environment)
    #expect(result.status == 0, "\(result.errors)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Report.self, from: Data(result.output.utf8))
  }

  @Test("tokens of a model, as tokenize counts them; Parquet and lines")
  func tokens() throws {
    let found = try report(
      train, "--text", "review", "--label", "stars", "--model", model.path)
    let text = try #require(found.files.first?.text)
    #expect(text.unit == "tokens" && !text.isGuessed && text.columns == ["review"])
    let tokens = try RetortProcess.run(
      ["tokenize", "--vocab", model.path], input: Data("the plot, very dull\n".utf8),
      environment: model.environment)
    #expect(text.lengths.greatest == tokens.output.split(separator: " ").count)
    #expect(text.lengths.least == 2 && text.cut.map(\.texts) == [0, 0])
    let parquet = try report(Fixture.path(of: "parquet/classes.parquet"))
    #expect(
      parquet.files[0].label?.classes == [
        .init(name: "worse", rows: 1), .init(name: "better", rows: 2),
      ])
    try folder.write("long.txt", String(repeating: "a ", count: 600) + "\nb\n")
    let lines = try report(folder.file("long.txt"), "--model", model.path)
    #expect(lines.files[0].rows == 2 && lines.files[0].label == nil)
    #expect(lines.files[0].text?.cut.map(\.texts) == [1, 1])
  }

  @Test("texts of two files, and nothing in a file without rows")
  func shared() throws {
    try folder.write("none.csv", "id,review,stars\n")
    let found = try report(dev, train, folder.file("none.csv"))
    #expect(found.files.map(\.rows) == [2, 4, 0])
    #expect(found.shared.map(\.texts.rows) == [2, 0, 0])
    #expect(found.shared.map(\.texts.otherLabel) == [1, 0, 0])
    #expect(try inspect(folder.file("none.csv")).output.contains("csv, 0 rows, 3 columns"))
  }

  @Test("mistakes, all at once")
  func mistakes() throws {
    let both = try inspect(train, dev, "--text", "reviews", "--label", "star")
    #expect(both.status == 1)
    #expect(both.errorLines.count == 4)
    #expect(both.errors.contains("--label star: \(dev) has no such column; did you mean 'stars'?"))
    try folder.write("semicolon.csv", "text;stars\na;1\n")
    #expect(
      try inspect(folder.file("semicolon.csv")).output.contains(
        "\n  the header has ';' 1 time: is that the separator? Write"))
    expectFailure(try inspect(train, model.path), saying: "are inspected together")
    expectFailure(try inspect(model.path, "--label", "x"), saying: "--label is for these")
    expectFailure(try inspect(folder.file("no.csv")), saying: "no.csv", "no such file")
    try folder.write("broken.jsonl", "{\"text\": \"a\"}\n{\n")
    expectFailure(try inspect(folder.file("broken.jsonl")), saying: "broken.jsonl:2:")
    expectFailure(
      try inspect(Fixture.path(of: "parquet/nested.parquet"), "--label", "words"),
      saying: "it is a list")
    expectFailure(
      try inspect(Fixture.path(of: "parquet/refused_zstd.parquet")),
      saying: "column 'text': the compression zstd cannot be read; write it with compression snappy"
    )
  }
}
