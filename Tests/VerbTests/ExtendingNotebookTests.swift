// The code that notebook 6 shows is the program's own.
import Foundation
import Testing

@Suite struct ExtendingNotebookTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  @Test func everyBlockStandsInTheFileAboveIt() throws {
    let text = try String(
      contentsOf: Self.root.appending(path: "Notebooks-md/6-extending.md"), encoding: .utf8)
    let parts = text.components(separatedBy: "\n```swift\n")
    #expect(parts.count > 5)
    for (before, after) in zip(parts, parts.dropFirst()) {
      let line = try #require(before.split(separator: "\n").last)
      try #require(line.hasPrefix("`") && line.hasSuffix("`"), "no file above a block: \(line)")
      let block = try #require(after.components(separatedBy: "\n```").first)
      let file = try String(
        contentsOf: Self.root.appending(path: String(line.dropFirst().dropLast())), encoding: .utf8)
      #expect(file.contains(block + "\n"), "\(line) has no:\n\(block)")
    }
  }
}
