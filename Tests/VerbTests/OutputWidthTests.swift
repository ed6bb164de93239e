// Text for people at the width of a terminal.
import Foundation
import Testing

@Suite struct OutputWidthTests {
  private static let record = "\(TinyExperiment.repository)/Results/records/minilm-l3-from-l6.json"

  private func lines(_ arguments: [String], columns: String?) throws -> [Substring] {
    let result = try RetortProcess.run(arguments, environment: ["COLUMNS": columns])
    #expect(result.status == 0, "\(result.errors)")
    return result.output.split(separator: "\n", omittingEmptySubsequences: false)
  }

  @Test func tablesAreFoldedAndSentencesBrokenAtEightyColumns() throws {
    let wide = try lines(["show", Self.record], columns: nil)
    #expect(wide.contains { $0.count > 100 })
    let narrow = try lines(["show", Self.record], columns: "80")
    #expect(narrow.allSatisfy { $0.count <= 80 }, "\(narrow.filter { $0.count > 80 })")
    #expect(narrow.contains { $0.hasPrefix("Model: ") })
    // The same words, whatever the width.
    func words(_ lines: [Substring]) -> Set<Substring> {
      Set(lines.flatMap { $0.split { " :,".contains($0) } }.filter { !$0.hasPrefix("--") })
    }
    #expect(words(wide).subtracting(words(narrow)).isSubset(of: ["-"]))
    #expect(try lines(["show", Self.record], columns: "1000") == wide)
  }

  @Test func whatMachinesReadIsNotBroken() throws {
    let arguments = ["inspect", Self.record, "--json"]
    #expect(try lines(arguments, columns: "40") == lines(arguments, columns: nil))
  }

  @Test func columnsOfFactsStayColumns() throws {
    let lines = try lines(["inspect", Self.record], columns: "60")
    // A word that is longer than a line stays whole.
    #expect(
      lines.allSatisfy { $0.count <= 60 || $0.split(separator: " ").contains { $0.count > 20 } })
  }
}
