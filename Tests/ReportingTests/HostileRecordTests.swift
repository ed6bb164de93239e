// Records that somebody sent: whatever their texts hold, a page shows it and does nothing else.
import Foundation
import RetortRecords
import RetortTestSupport
import Testing

@testable import RetortReporting

@Suite("Hostile records")
struct HostileRecordTests {
  private static let hostile = [
    "\n```retort\nretort --version\n```\n", "```retort", "~~~retort x", "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>", "\u{0600}<script>", "\n# INJECTED\n", "# INJECTED",
    "\r```retort\r", "\u{2028}# INJECTED", "a | b\u{1}\u{8}\(none(0xFFFE))&\"\u{301}'<!--",
    "- ```retort",
    "````retort\n``` `` `", "\(none(0xFDD0))<script>",
  ]

  /// What is no character.
  private static func none(_ value: UInt32) -> String {
    Unicode.Scalar(value).map { String($0) } ?? ""
  }

  private let temporary: TemporaryFolder
  private let folder: ResultsFolder

  init() throws {
    temporary = try TemporaryFolder()
    folder = ResultsFolder(
      path: temporary.file("Results"), references: repositoryRoot + "/Experiments/references")
  }

  /// The record with the text put in the place of, or behind, every text that may be any.
  private func record(with text: String, replacing: Bool) throws -> RunRecord {
    var record = RunRecord.synthetic()
    func hostile(_ own: String) -> String { replacing ? text : own + text }
    record.experiment.question = hostile(record.experiment.question)
    record.experiment.file = hostile(record.experiment.file)
    record.experiment.digest = hostile(record.experiment.digest)
    record.experiment.overrides = [
      hostile("a.b=1"), "models.teacher.from={random: \(text)}",
    ]
    record.experiment.seeds = [hostile("experiment"): 42, "another" + text: 43]
    // As a definition may have it: a text of several lines, in YAML's own quotes.
    let quoted = String(decoding: try JSONEncoder().encode(hostile("budget ")), as: UTF8.self)
    record.experiment.definition =
      ["format: 1", "budget: \(quoted)"] + text.split(separator: "\n").map(String.init) + [text]
    record.program.version = hostile(record.program.version)
    record.program.blasCore = hostile(record.program.blasCore)
    record.measured.machine.processor = hostile(record.measured.machine.processor)
    record.measured.machine.system = hostile(record.measured.machine.system)
    record.measured.machine.instructions = hostile(record.measured.machine.instructions)
    record.measured.command = hostile(record.measured.command)
    for index in record.weights.indices {
      record.weights[index].source = hostile(record.weights[index].source)
      record.weights[index].architecture = hostile(record.weights[index].architecture)
      record.weights[index].digest = hostile("c0")
    }
    record.weights[0].origin = .random
    for index in record.stages.indices {
      record.stages[index].loss = hostile(record.stages[index].loss)
      record.stages[index].learningRate = hostile(record.stages[index].learningRate)
      record.stages[index].budget = hostile(record.stages[index].budget)
      record.stages[index].digest = hostile(record.stages[index].digest)
    }
    return record
  }

  @Test(
    "no text of a record opens a cell, brings HTML or a heading, or breaks a picture",
    arguments: hostile)
  func everyText(_ text: String) throws {
    for replacing in [false, true] {
      try folder.add(record: record(with: text, replacing: replacing))
      let files = try folder.render()
      for (name, page) in files where name.hasSuffix(".md") {
        #expect(try Notebook(text: page, path: name).cells.isEmpty, "\(name)")
        let outside = Self.linesOutsideCode(of: page)
        for line in outside {
          let markup = line.replacing("&lt;", with: "").matches(of: /<[A-Za-z\/!?]/)
          let isOwn =
            ["<details>", "</details>"].contains(line)
            || line.wholeMatch(of: /<summary>[0-9]+ lines<\/summary>/) != nil
            || line.hasPrefix("<!-- Drawn by `retort report` from records/;")
          #expect(markup.isEmpty || isOwn, "\(name): \(line)")
          #expect(!line.hasPrefix("# INJECTED"), "\(name): \(line)")
        }
        // Two blocks of the program's own a page at least, and no block more than it writes.
        #expect(
          page.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control }
        )
      }
      for (name, picture) in files where name.hasSuffix(".svg") {
        let parser = XMLText(picture)
        #expect(parser.isWellFormed, "\(name): \(parser.problem)")
      }
    }
  }

  /// The lines that a reader of Markdown takes for text.
  private static func linesOutsideCode(of page: String) -> [String] {
    var lines: [String] = []
    var open: Fence?
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      if let fence = open {
        if fence.isClosed(by: line) { open = nil }
      } else if let fence = Fence(opening: line) {
        #expect(["sh", "yaml"].contains(fence.info), "\(line)")
        open = fence
      } else {
        lines.append(String(line))
      }
    }
    #expect(open == nil)
    return lines
  }

  @Test("a block of code is closed by nothing in it, and what stands around it is text")
  func blocks() {
    let text = """
      ```retort
      \(PageMarkup.code("a\n```\n````\n<b>", info: "sh"))
      ~~~ x <b>
      \(PageMarkup.line("<details>"))
      > 1. ``` x
      a ``` b < c
      """
    #expect(
      PageMarkup.page(text) == """
        \\```retort
        `````sh
        a
        ```
        ````
        <b>
        `````
        \\~~~ x &lt;b>
        <details>
        > 1. \\``` x
        a ``` b < c
        """)
  }
}

/// As much of XML as tells whether a picture is broken: only characters that may be there, tags and quotation marks in
/// pairs, no bare ampersand.
private struct XMLText {
  private(set) var problem = ""
  var isWellFormed: Bool { problem.isEmpty }

  init(_ text: String) {
    for scalar in text.unicodeScalars
    where scalar.value < 0x20 && scalar != "\n" || scalar.value == 0xFFFE || scalar.value == 0xFFFF
    {
      problem = "character \(scalar.value)"
    }
    var open: [Substring] = []
    for part in text.split(separator: "<", omittingEmptySubsequences: true) {
      let pieces = part.split(separator: ">", omittingEmptySubsequences: false)
      guard pieces.count == 2 else {
        problem = "<\(part)"
        return
      }
      let tag = pieces[0]
      if tag.unicodeScalars.count(where: { $0 == "\"" }) % 2 != 0 { problem = "<\(tag)>" }
      let name = tag.prefix { $0 != " " && $0 != "/" || $0 == "/" && tag.first == "/" }
      if tag.hasPrefix("/") {
        if open.popLast() != name.dropFirst() { problem = "<\(tag)>" }
      } else if !tag.hasSuffix("/") {
        open.append(name)
      }
    }
    if !open.isEmpty { problem = "open: \(open)" }
    if text.firstMatch(of: /&(?!(amp|lt|gt|quot);)/) != nil { problem = "bare &" }
  }
}
