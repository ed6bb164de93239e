// Defaults beside their counterparts: what agrees, what must say why, what is refused.
import Foundation
import RetortFiles
import RetortRecords
import RetortTestSupport
import Testing

@testable import RetortReporting

@Suite("Page of defaults")
struct DefaultsPageTests {
  private let library: ReferenceLibrary

  init() throws {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    try AtomicFile.replace(
      path: folder.file("theirs.yaml"),
      with: """
        format: 1
        id: theirs
        title: Their program
        kind: program
        sources: [read in it]
        tables:
          - { id: arguments, title: "their.Arguments()", columns: [Name, Value],
              rows: [[eps, "1e-08"], [name, adamw_torch], [batch, "8"]] }
          - { id: unused, title: nobody asks, columns: [Name, Value], rows: [[a, b]] }
        """)
    library = try ReferenceLibrary(folder: folder.path)
  }

  private func entry(
    _ setting: String, _ value: String, inTheirWords: String? = nil, _ name: String,
    table: String = "arguments", because reason: String? = nil
  ) -> AuditedDefault {
    AuditedDefault(
      section: "Optimizer", setting: setting, value: value, inTheirWords: inTheirWords,
      counterpart: .init(reference: "theirs", table: table, name: name), reason: reason)
  }

  @Test("the same number, the same thing in other words, and a difference with its reason")
  func page() throws {
    let text = try DefaultsPage(
      [
        entry("epsilon", "1.0e-8", "eps"),
        entry("optimizer", "adamw", inTheirWords: "adamw_torch", "name"),
        entry("batch", "32", "batch", because: "quicker"),
      ], references: library
    ).text()
    let rows = text.split(separator: "\n").map { $0.replacing(#/\ +/#, with: " ") }
    #expect(rows.contains("## Optimizer"))
    #expect(rows.contains("| epsilon | 1.0e-8 | 1e-08 | arguments: eps | |"))
    #expect(rows.contains("| optimizer | adamw | adamw_torch | arguments: name | |"))
    #expect(rows.contains("| batch | 32 | 8 | arguments | quicker |"))
    #expect(text.contains("their.Arguments()") && !text.contains("nobody asks"))
  }

  @Test("a difference without a reason, a reason without a difference, no counterpart: all at once")
  func problems() {
    let page = DefaultsPage(
      [
        entry("batch", "32", "batch"), entry("epsilon", "1e-8", "eps", because: "smaller"),
        entry("rate", "1", "lr"), entry("rate", "1", "eps", table: "none"),
      ], references: library)
    let error = #expect(throws: DefaultsError.self) { try page.text() }
    #expect(
      error?.problems == [
        "batch is 32, batch is 8: a difference needs a reason",
        "epsilon: has a reason to differ from 1e-08 and does not",
        "rate: no row lr in table arguments of the reference theirs",
        "rate: no row eps in table none of the reference theirs",
      ])
  }
}
