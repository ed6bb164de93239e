// IMDb from both forms of its files.
import Foundation
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortText

@Suite("IMDb")
struct IMDbTaskTests {
  private static let reviews: [(label: String, number: Int, stars: Int, text: String)] = [
    ("neg", 0, 3, "Bad.<br /><br />\tVery \"bad\"."), ("neg", 2, 1, " Worse \u{85} é 🎬 "),
    ("neg", 10, 4, "So so."), ("pos", 0, 9, "Good."), ("pos", 9, 10, "Better."),
  ]

  private func lines(_ rows: [(label: String, number: Int, stars: Int, text: String)]) -> String {
    rows.map { row in
      let text = row.text.replacing("\"", with: "\\\"").replacing("\t", with: "\\t")
      return
        #"{"id": \#(row.number), "stars": \#(row.stars), "label": "\#(row.label)", "text": "\#(text)"}"#
        + "\n"
    }.joined()
  }

  private func folder(_ temporary: TemporaryFolder) throws -> String {
    for row in Self.reviews {
      try temporary.write("part/\(row.label)/\(row.number)_\(row.stars).txt", row.text)
    }
    try temporary.write("part/unsup/0_0.txt", "None.")
    try temporary.write("part/neg/.hidden", "x")
    return temporary.file("part")
  }

  @Test(
    "folders and JSON lines give the same reviews in the same order, whatever that of the lines")
  func forms() throws {
    let temporary = try TemporaryFolder()
    let task = IMDbTask()
    let ofFolder = try task.read(.train, path: try folder(temporary))
    #expect(ofFolder.sentences == Self.reviews.map(\.text))
    #expect(ofFolder.labels == [0, 0, 0, 1, 1])
    #expect(ofFolder.classNames == ["negative", "positive"])
    #expect(
      ofFolder.remarks == [
        "\(temporary.path)/part: 5 reviews, the published part has 25,000; results may differ from published ones"
      ])
    for rows in [Self.reviews, Self.reviews.reversed()] {
      try temporary.write("train.jsonl", lines(rows))
      let ofLines = try task.read(.train, path: temporary.file("train.jsonl"))
      #expect(ofLines.sentences == ofFolder.sentences && ofLines.labels == ofFolder.labels)
      #expect(ofLines.digest == ofFolder.digest)
    }
  }

  private func problem(_ text: String) throws -> String {
    let temporary = try TemporaryFolder()
    try temporary.write("t.jsonl", text)
    let error = try #require(throws: DataError.self) {
      try IMDbTask().read(.train, path: temporary.file("t.jsonl"))
    }
    return error.description.replacing("\(temporary.path)/", with: "")
  }

  @Test("wrong lines are said with their place")
  func wrongLines() throws {
    let good = #"{"id": 1, "label": "neg", "text": "x"}"# + "\n"
    #expect(
      try problem(good + #"{"id": 1, "label": "unsup", "text": "x"}"#)
        == "t.jsonl:2: expected one of the labels neg, pos, found 'unsup'")
    #expect(
      try problem(good + #"{"id": "1a", "label": "neg", "text": "x"}"#)
        == "t.jsonl:2: expected a whole number from 0 in 'id', found '1a'")
    #expect(
      try problem(good + good)
        == "t.jsonl:2: cannot read the data: the number 1 is that of t.jsonl:1 too; keep one of them"
    )
    #expect(
      try problem(good + #"{"id": 2, "label": "neg", "text": " "}"#)
        == "t.jsonl:2: expected a sentence, found none")
    #expect(
      try problem(
        good + #"{"id": 2, "label": "neg", "text": " "}"# + "\n" + good
          + #"{"id": 3, "label": "no", "text": "x"}"#)
          == """
          t.jsonl:2: expected a sentence, found none
          t.jsonl:4: expected one of the labels neg, pos, found 'no'
          """)
    #expect(
      try problem(#"{"id": 1, "label": "neg", "review": "x"}"#).hasPrefix(
        "t.jsonl: no column 'text'"))
  }

  @Test("wrong files in the folders are said")
  func wrongFiles() throws {
    let temporary = try TemporaryFolder()
    let path = try folder(temporary)
    try temporary.write("part/pos/readme.txt", "x")
    #expect(
      throws: DataError.wrongFileName(
        folder: "\(path)/pos", expected: "NUMBER_STARS.txt", found: "readme.txt")
    ) { try IMDbTask().read(.train, path: path) }
    try temporary.write("part/neg/7_1.txt", " ")
    let both = #expect(throws: DataError.self) { try IMDbTask().read(.train, path: path) }
    #expect(both?.description.split(separator: "\n").count == 2)
    try FileManager.default.removeItem(atPath: "\(path)/neg/7_1.txt")
    try FileManager.default.removeItem(atPath: "\(path)/pos")
    let error = #expect(throws: DataError.self) { try IMDbTask().read(.train, path: path) }
    #expect(error?.description == "\(path)/pos: no such file")
  }

  @Test(
    "the published reviews",
    .enabled(
      if: ProcessInfo.processInfo.environment["RETORT_MIRROR"] != nil,
      "RETORT_MIRROR names no folder of data sets"))
  func published() throws {
    let mirror = try #require(ProcessInfo.processInfo.environment["RETORT_MIRROR"])
    let rows = try IMDbTask().read(.dev, path: "\(mirror)/data/imdb/test.jsonl")
    #expect(rows.count == 25_000 && rows.labels?.count { $0 == 1 } == 12_500)
    #expect(rows.labels?.first == 0 && rows.labels?.last == 1 && rows.remarks.isEmpty)
    #expect(rows.sentences.contains { $0.contains("<br />") })
  }
}
