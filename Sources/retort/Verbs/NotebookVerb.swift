// `retort notebook`: the cells of Markdown notebooks run, their outputs rewritten.
import ArgumentParser
import RetortFiles
import RetortReporting

struct NotebookVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notebook",
    abstract: "Run the cells of Markdown notebooks and rewrite the outputs below them.",
    discussion: """
      A cell is a fenced block whose first line is ```retort; each of its lines is a command: \
      `retort` and its arguments, split as a POSIX shell splits words, with quotes; # begins a \
      comment, \\ at the end joins the next line. Nothing is expanded. `< file` and `<<< 'text'` \
      give standard input. The block ```output below a cell is replaced by what the commands wrote \
      to standard output, or made where there is none; no other byte of the file changes, and none \
      at all if a command fails. Commands run in the current folder, and are this program itself; \
      --allow-shell gives to /bin/sh what only a shell can run. A cell cannot run a notebook.
      Words after ```retort:
        slow       it takes long: --check skips it, unless --slow is given
        mirror     it reads models or data of RETORT_MIRROR: skipped if that is not a folder
        folder=DIR the commands run in this folder
        errors     standard error is shown too
        status=N   the last command is to end with N; its standard error is shown too
        lines=A-B  only these lines are shown
        keep=TEXT  only lines with this text are shown (may be repeated)
        drop=TEXT  lines with this text are not shown, such as times (may be repeated)
      """)

  @Argument(help: ArgumentHelp("Notebooks, run in this order.", valueName: "file.md"))
  var files: [String]

  @Flag(help: "Write nothing; fail, and show how, if an output is not what the cells give.")
  var check = false

  @Flag(help: "Let a shell run what only a shell can; for notebooks that you trust.")
  var allowShell = false

  @Flag(inversion: .prefixedNo, help: "Run slow cells. Default: yes, except with --check.")
  var slow: Bool?

  func run() throws {
    let notebooks = try files.map(Self.read)
    guard Set(files.map { FileIdentity(path: $0) }).count == files.count else {
      throw CommandFailure(
        "\(files.joined(separator: ", ")): one notebook is named twice; its outputs would be written "
          + "over while it is read")
    }
    let runner = NotebookRunner(allowsShell: allowShell, runsSlow: slow ?? !check)
    try runner.refuse(notebooks)
    var stale: [String] = []
    for notebook in notebooks {
      let outputs = try runner.outputs(of: notebook)
      if check {
        let count = try show(differencesOf: outputs, in: notebook)
        if count > 0 { stale.append("\(notebook.path): \(count) of \(outputs.count) outputs") }
      } else {
        try write(outputs, to: notebook)
      }
    }
    guard stale.isEmpty else {
      throw CommandFailure(
        stale.map { "\($0) are not what the cells give; run retort notebook without --check" }
          .joined(separator: "\n"))
    }
  }

  private static func read(_ path: String) throws -> Notebook {
    try Notebook(text: text(of: path), path: path)
  }

  private static func text(of path: String) throws -> String {
    guard let text = String(validating: try MappedFile.contents(path: path), as: UTF8.self) else {
      throw CommandFailure("\(path): is not UTF-8 text; convert it first")
    }
    return text
  }

  private func write(_ outputs: [Int: [String]], to notebook: Notebook) throws {
    let changed = outputs.count { notebook.cells[$0.key].output != $0.value }
    if changed > 0 {
      // Cells may take an hour, and somebody may have gone on writing.
      guard try Self.text(of: notebook.path) == notebook.text(outputs: [:]) else {
        throw CommandFailure(
          "\(notebook.path): was changed while its cells ran, and is as it was; run it again")
      }
      try AtomicFile.replace(path: notebook.path, with: notebook.text(outputs: outputs))
    }
    try StandardOutput.shared.write(
      line: "\(notebook.path): \(outputs.count) of \(notebook.cells.count) cells run, "
        + (changed == 0
          ? "every output is as it was" : "\(changed) output\(changed == 1 ? "" : "s") changed"))
    try StandardOutput.shared.flush()
  }

  /// - Returns: how many outputs differ.
  private func show(differencesOf outputs: [Int: [String]], in notebook: Notebook) throws -> Int {
    var count = 0
    for (number, output) in outputs.sorted(by: { $0.key < $1.key }) {
      let cell = notebook.cells[number]
      guard cell.output != output else { continue }
      count += 1
      try StandardOutput.shared.write(
        line: "\(notebook.path):\(cell.line): \(cell.commands[0].text)")
      for line in LineDifference(from: cell.output ?? [], to: output).lines {
        try StandardOutput.shared.write(line: "  \(line)")
      }
    }
    if count == 0 {
      try StandardOutput.shared.write(
        line: "\(notebook.path): \(outputs.count) of \(notebook.cells.count) cells run, "
          + "all as they are written")
    }
    return count
  }
}
