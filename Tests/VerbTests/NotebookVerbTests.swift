// `retort notebook`: cells run, outputs rewritten or checked, and the notebooks of this repository.
import Foundation
import Glibc
import RetortTestSupport
import Testing

@Suite struct NotebookVerbTests {
  private let folder: TemporaryFolder
  private let path: String
  private static let vocabulary =
    "\(TinyExperiment.repository)/Tests/Fixtures/interchange/bert/vocab.txt"

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("n.md")
  }

  private func write(_ lines: String...) throws {
    try (lines.joined(separator: "\n") + "\n").write(
      toFile: path, atomically: true, encoding: .utf8)
  }

  private func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  private func notebook(
    _ arguments: String..., environment: [String: String?] = ["RETORT_MIRROR": nil]
  ) throws -> RetortProcess {
    try RetortProcess.run(
      ["notebook", path] + arguments, environment: environment, folder: folder.path)
  }

  @Test func rewritesOutputsAndNothingElse() throws {
    try write(
      "# Text", "", "```retort", "# a comment", "retort tokenize --vocab \\",
      "  \(Self.vocabulary) <<< 'a very good film'", "retort --version", "```", "", "prose  ")
    let version = try RetortProcess.run(["--version"]).output
    let before = try text()
    let first = try notebook()
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.output == "\(path): 1 of 1 cells run, 1 output changed\n")
    let after = try text()
    let output = "\n```output\n[CLS] a very good film [SEP]\n\(version)```\n"
    #expect(after == before.replacing("```\n\nprose", with: "```\n\(output)\nprose"))

    // A second run changes no byte, and does not write the file.
    var old = stat()
    stat(path, &old)
    let second = try notebook()
    #expect(second.output == "\(path): 1 of 1 cells run, every output is as it was\n")
    var new = stat()
    stat(path, &new)
    #expect(try text() == after)
    #expect(old.st_ino == new.st_ino)
    #expect(try notebook("--check").status == 0)
    #expect(try folder.names() == ["n.md"])
  }

  @Test func checkShowsWhatDiffersAndWritesNothing() throws {
    try write(
      "```retort", "retort tokenize --vocab \(Self.vocabulary) <<< 'a good film'", "```", "",
      "```output", "[CLS] a bad film [SEP]", "```")
    let before = try text()
    let result = try notebook("--check")
    #expect(result.status == 1)
    #expect(
      result.output
        == """
        \(path):1: retort tokenize --vocab \(Self.vocabulary) <<< 'a good film'
          - [CLS] a bad film [SEP]
          + [CLS] a good film [SEP]

        """)
    expectFailure(result, saying: "1 of 1 outputs", "run retort notebook without --check")
    #expect(try text() == before)
  }

  @Test func aCommandThatFailsLeavesTheFileAlone() throws {
    try write(
      "```retort", "retort --version", "```", "", "```retort", "retort tokenize --vocab none.txt",
      "```")
    let before = try text()
    expectFailure(
      try notebook(),
      saying: "n.md:6: retort tokenize --vocab none.txt: ended with 1, expected 0", "none.txt",
      "is as it was")
    #expect(try text() == before)
    #expect(try folder.names() == ["n.md"])
  }

  @Test func aFailureThatIsExpectedIsShown() throws {
    try write("```retort status=1", "retort tokenize --vocab none.txt", "```")
    #expect(try notebook().status == 0)
    #expect(try text().contains("```output\nretort: error: none.txt"))
    try write("```retort status=2", "retort tokenize --vocab none.txt", "```")
    expectFailure(try notebook(), saying: "ended with 1, expected 2")
  }

  @Test func aShellIsRefusedBeforeAnythingRuns() throws {
    let made = folder.file("made")
    try write(
      "```retort", "retort import \(Self.vocabulary) --out \(made)", "```", "```retort",
      "retort --version | cat", "touch \(made)", "```")
    let result = try notebook()
    #expect(result.status == 1)
    #expect(result.errorLines.count == 2)
    #expect(result.errorLines[0].contains("n.md:5: | needs a shell: retort --version | cat"))
    #expect(result.errorLines[1].contains("n.md:6: touch is not retort"))
    #expect(result.errors.contains("--allow-shell"))
    #expect(try folder.names() == ["n.md"])

    try write("```retort", "retort --version | sed 's/^/version /'; echo $((1 + 1))", "```")
    let shell = try notebook("--allow-shell")
    #expect(shell.status == 0, "\(shell.errors)")
    let version = try RetortProcess.run(["--version"]).output
    #expect(try text().contains("```output\nversion \(version)2\n```"))
  }

  @Test func aCellCannotRunANotebook() throws {
    // The second would give itself a shell, the first runs itself without end.
    let made = folder.file("made")
    try "```retort\ntouch \(made)\n```\n".write(
      toFile: folder.file("second.md"), atomically: true, encoding: .utf8)
    try write(
      "```retort", "retort import \(Self.vocabulary) --out \(made)", "retort notebook n.md",
      "'retort' \"notebook\" --allow-shell second.md", "```")
    for trust in [[], ["--allow-shell"]] {
      let result = try RetortProcess.run(["notebook", path] + trust, folder: folder.path)
      #expect(result.status == 1)
      #expect(result.errorLines.count == 2)
      #expect(
        result.errorLines.first?.contains(
          "n.md:3: a cell cannot run a notebook: retort notebook n.md") == true, "\(result.errors)")
      #expect(result.errorLines.last?.contains("n.md:4: a cell cannot run a notebook") == true)
    }
    // Nor by a way round that is not seen in the text.
    try write("```retort", "retort -- notebook second.md --allow-shell", "```")
    #expect(try notebook().status == 1)
    try write("```retort", "exec retort notebook --allow-shell second.md", "```")
    let shell = try notebook("--allow-shell")
    expectFailure(shell, saying: "second.md: a notebook cannot be run by a cell, here of \(path):2")
    #expect(try folder.names() == ["n.md", "second.md"])
  }

  @Test func slowCellsAndThoseThatNeedDataAreSkippedByName() throws {
    try write(
      "```retort slow", "retort --version", "```", "", "```retort mirror", "retort --version", "```"
    )
    let check = try notebook("--check")
    #expect(check.status == 0)
    #expect(check.errors.contains("skipped \(path):1, slow: retort --version"))
    #expect(check.errors.contains("skipped \(path):5, needs the models and data of RETORT_MIRROR"))
    #expect(try notebook("--check", "--slow").status == 1)
    #expect(try notebook("--no-slow").output.contains("0 of 2 cells run"))
    #expect(try notebook().output.contains("1 of 2 cells run, 1 output changed"))
    let all = try notebook(environment: ["RETORT_MIRROR": folder.path])
    #expect(all.output.contains("2 of 2 cells run, 1 output changed"))
  }

  @Test func readsItsInputFromAFile() throws {
    try "a film\n".write(toFile: folder.file("in.txt"), atomically: true, encoding: .utf8)
    try write(
      "```retort", "retort tokenize --no-specials --vocab \(Self.vocabulary) < in.txt", "```")
    #expect(try notebook().status == 0)
    #expect(try text().contains("```output\na film\n```"))
    try write("```retort", "retort tokenize --vocab \(Self.vocabulary) < none.txt", "```")
    expectFailure(try notebook(), saying: "n.md:2: ", "none.txt: no such file")
  }

  @Test func aCellIsRunInTheFolderItNames() throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("own"), withIntermediateDirectories: true)
    try "a film\n".write(toFile: folder.file("own/in.txt"), atomically: true, encoding: .utf8)
    try write(
      "```retort folder=own errors keep=film keep=retort",
      "retort tokenize --no-specials --vocab \(Self.vocabulary) < in.txt",
      "retort init reviews", "```")
    let result = try notebook()
    #expect(result.status == 0, "\(result.errors)")
    // What the program calls itself is what one types.
    #expect(
      try text().contains(
        "```output\na film\n  retort validate Experiments/reviews.yaml\n  retort explain "))
    #expect(try folder.names() == ["n.md", "own"])
    try write("```retort folder=none", "retort --version", "```")
    expectFailure(try notebook(), saying: "n.md:2: ", "none")
  }

  @Test func badNotebooksAreOneLine() throws {
    try write("a", "```retort", "retort --version")
    expectFailure(try notebook(), saying: "n.md:2: this block has no end")
    try write("```retort solw", "retort --version", "```")
    expectFailure(try notebook(), saying: "n.md:1: \"solw\" after retort")
    try Data([0x61, 0xFF, 0x0A]).write(to: URL(fileURLWithPath: path))
    expectFailure(try notebook(), saying: "not UTF-8")
    try FileManager.default.removeItem(atPath: path)
    expectFailure(try notebook(), saying: "n.md: no such file")
  }

  /// In a folder with this repository's files, so that runs do not land in the repository.
  @Test func theNotebooksSayWhatTheProgramSays() throws {
    for name in ["Experiments", "Results", "Tests", "Notebooks-md"] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.file(name), withDestinationPath: "\(TinyExperiment.repository)/\(name)")
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("Notebooks-md"))
      .filter { $0.hasSuffix(".md") }.sorted()
    #expect(names.count == 8)
    let result = try RetortProcess.run(
      ["notebook", "--check"] + names.map { "Notebooks-md/\($0)" },
      environment: ["RETORT_CACHE": folder.file("cache")], folder: folder.path)
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }
}
