// Notebooks: every form of fence, and not a byte changed that is no output.

import Testing

@testable import RetortReporting

@Suite("Notebooks")
struct NotebookTests {
  private func notebook(_ lines: String...) throws -> Notebook {
    try Notebook(text: lines.joined(separator: "\n"), path: "n.md")
  }

  @Test(
    "a cell in every form of fence",
    arguments: [
      ["```retort", "retort a", "```"],
      ["   ```retort", "   retort a", "   ```"],
      ["~~~retort", "retort a", "~~~"],
      ["~~~~ retort slow", "retort a", "~~~", "~~~~~~  "],
      ["`````retort", "retort a", "```", "`````"],
      ["  ```retort", "retort a", "``` x", "```"],
    ])
  func fences(lines: [String]) throws {
    let notebook = try Notebook(text: lines.joined(separator: "\n"), path: "n.md")
    #expect(notebook.cells.count == 1)
    #expect(notebook.cells.first?.line == 1)
    #expect(notebook.cells.first?.commands.first?.text == "retort a")
    #expect(notebook.cells.first?.commands.first?.line == 2)
  }

  @Test(
    "what is no cell",
    arguments: [
      ["    ```retort", "retort a", "    ```"], ["```sh", "retort a", "```"],
      ["``retort", "retort a", "``"], ["``` retort`", "text"], ["```", "retort a", "```"],
      ["````md", "```retort", "retort a", "```", "````"], ["```output", "a", "```"],
      ["~~~", "```retort", "~~~"], ["```retorts", "a", "```"],
    ])
  func noCell(lines: [String]) throws {
    #expect(try Notebook(text: lines.joined(separator: "\n"), path: "n.md").cells.isEmpty)
  }

  @Test(
    "a block without an end is an error, and says where it began",
    arguments: [
      ["a", "```retort", "retort a"], ["a", "````", "```"], ["a", "~~~ x", "```"],
      ["a", "```", "``` x"], ["a", "```", "    ```"],
    ])
  func open(lines: [String]) {
    let error = #expect(throws: NotebookError.self) {
      try Notebook(text: lines.joined(separator: "\n"), path: "n.md")
    }
    guard case .openFence("n.md", 2, _) = error else {
      Issue.record("expected an open fence in line 2, found \(String(describing: error))")
      return
    }
  }

  @Test("commands are joined over lines, comments and empty lines are none")
  func commands() throws {
    let cell = try notebook(
      "```retort", "# first", "retort a \\", "  --b c", "", "retort d # e", "```"
    ).cells[0]
    #expect(cell.commands.map(\.line) == [3, 6])
    #expect(
      cell.commands.map(\.action) == [
        .program(["a", "--b", "c"], .none), .program(["d"], .none),
      ])
    #expect(throws: NotebookError.emptyCell(path: "n.md", line: 1)) {
      try notebook("```retort", "# nothing", "```")
    }
    #expect(throws: NotebookError.self) { try notebook("```retort", "retort a \\", "```") }
  }

  @Test("words after retort say how a cell is run and what is shown")
  func options() throws {
    let cell = try notebook(
      "```retort slow mirror errors folder=a/b status=2 lines=2-3 drop='took 1' drop=ms keep=a",
      "retort a", "```"
    ).cells[0]
    #expect(cell.options.isSlow && cell.options.needsMirror && cell.options.status == 2)
    #expect(cell.options.lines == 2...3)
    #expect(cell.options.showsErrors && cell.options.folder == "a/b")
    #expect(cell.options.dropped == ["took 1", "ms"])
    let output = ["a 1", "a 2", "a took 1", "a 4"]
    #expect(cell.options.shown(of: output) == ["a 2"])
    #expect(cell.options.shown(of: ["a 1", "b 2", "a 3"]) == ["a 3"])
    #expect(cell.options.shown(of: []) == [])
  }

  @Test(
    "other words are refused, with what is right",
    arguments: ["slwo", "status=x", "status=256", "lines=3-2", "lines=0-1", "lines=4", "drop", "'"])
  func badOptions(word: String) {
    let error = #expect(throws: NotebookError.self) {
      try notebook("", "```retort \(word)", "retort a", "```")
    }
    #expect(error?.description.hasPrefix("n.md:2: ") == true)
  }

  @Test("an output is put below its cell, and found there again")
  func insertsOutput() throws {
    let before = try notebook("a", "```retort", "retort a", "```", "b", "")
    #expect(before.cells[0].output == nil)
    let text = before.text(outputs: [0: ["x", "", " y"]])
    #expect(
      text == "a\n```retort\nretort a\n```\n\n```output\nx\n\n y\n```\nb\n")
    let after = try Notebook(text: text, path: "n.md")
    #expect(after.cells[0].output == ["x", "", " y"])
    #expect(after.text(outputs: [0: ["x", "", " y"]]) == text)
  }

  @Test("outputs are replaced; the rest keeps every byte, at the end of the file too")
  func replacesOutput() throws {
    let text =
      "\u{FEFF}a\t \r\n~~~retort\nretort a\n~~~\n \n~~~~ output x\nold\n~~~~~\n\n\n  ```retort\n  "
      + "retort b\n  ```\n\n  ```output\n  old\n  ```\n```output\nnone's\n```\nend"
    let notebook = try Notebook(text: text, path: "n.md")
    #expect(notebook.cells.map(\.output) == [nil, ["old"]])
    #expect(notebook.text(outputs: [:]) == text)
    #expect(notebook.text(outputs: [1: ["old"]]) == text)
    #expect(
      notebook.text(outputs: [1: ["new", "", "line"]])
        == text.replacing("  old\n", with: "  new\n\n  line\n"))
    #expect(
      try Notebook(text: notebook.text(outputs: [1: ["new", "", "line"]]), path: "n.md")
        .cells[1].output == ["new", "", "line"])
  }

  @Test("an output that has fences in it gets a longer one")
  func fencesInOutput() throws {
    let notebook = try notebook("```retort", "retort a", "```", "", "```output", "x", "```")
    let output = ["```", "a", "  `````", "~~~"]
    let text = notebook.text(outputs: [0: output])
    #expect(text.hasSuffix("\n\n``````output\n```\na\n  `````\n~~~\n``````"))
    #expect(try Notebook(text: text, path: "n.md").cells[0].output == output)
    #expect(try Notebook(text: text, path: "n.md").cells.count == 1)
  }

  @Test("the writer's own fence stays where it can")
  func keepsFence() throws {
    let notebook = try notebook("```retort", "retort a", "```", "~~~output", "x", "~~~~")
    #expect(
      notebook.text(outputs: [0: ["```"]]) == "```retort\nretort a\n```\n~~~output\n```\n~~~")
    #expect(
      notebook.text(outputs: [0: ["~~~"]]) == "```retort\nretort a\n```\n```output\n~~~\n```")
  }

  @Test("lines that end with a carriage return go on doing so")
  func carriageReturns() throws {
    let text = "a\r\n```retort\r\nretort a\r\n```\r\nb\r\n"
    let notebook = try Notebook(text: text, path: "n.md")
    let written = notebook.text(outputs: [0: ["x"]])
    #expect(
      written
        == "a\r\n```retort\r\nretort a\r\n```\r\n\r\n```output\r\nx\r\n```\r\nb\r\n")
    #expect(try Notebook(text: written, path: "n.md").cells[0].output == ["x"])
  }

  @Test("a difference shows what went and what came, with its neighbours")
  func difference() {
    let old = (1...9).map(String.init)
    var new = old
    new[4] = "five"
    new.append("10")
    #expect(
      LineDifference(from: old, to: new, context: 1).lines
        == ["...", "  4", "- 5", "+ five", "  6", "...", "  9", "+ 10"])
    #expect(LineDifference(from: old, to: old).lines == [])
    #expect(LineDifference(from: [], to: ["a"]).lines == ["+ a"])
    #expect(LineDifference(from: ["a", "b"], to: []).lines == ["- a", "- b"])
  }
}
