// Runs the cells of a notebook, one after the other.
import Foundation
import RetortFiles
import RetortReporting

struct NotebookRunner {
  /// Whether commands that only a shell can run are given to one.
  let allowsShell: Bool
  /// Whether slow cells are run.
  let runsSlow: Bool
  /// The program of the cells: this one.
  private let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
  private let environment: [String: String]
  /// Set for everything that a cell starts. A cell that ran a notebook could give itself a shell, by allowing one or by
  /// running what it has just written; and a notebook that runs itself has no end.
  static let cellVariable = "RETORT_NOTEBOOK_CELL"

  init(allowsShell: Bool, runsSlow: Bool) {
    self.allowsShell = allowsShell
    self.runsSlow = runsSlow
    var environment = ProcessInfo.processInfo.environment
    environment["NO_COLOR"] = "1"
    // Outputs are as wide as they are, wherever they are made.
    environment["COLUMNS"] = nil
    // A shell's `retort` is this program too.
    let folder = Folder.parent(of: program) ?? "."
    environment["PATH"] = "\(folder):\(environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")"
    self.environment = environment
  }

  /// All commands that may not be run, a line each: known before anything is.
  func refuse(_ notebooks: [Notebook]) throws {
    if let place = environment[Self.cellVariable] {
      throw CommandFailure(
        "\(notebooks.map(\.path).joined(separator: ", ")): a notebook cannot be run by a cell, here "
          + "of \(place); run it by itself")
    }
    let refusals = notebooks.flatMap { notebook in
      notebook.cells.flatMap(\.commands).compactMap { command in
        reasonToRefuse(command).map { "\(notebook.path):\(command.line): \($0)" }
      }
    }
    guard refusals.isEmpty else { throw CommandFailure(refusals.joined(separator: "\n")) }
  }

  /// Nil for a command that may be run.
  private func reasonToRefuse(_ command: CellCommand) -> String? {
    switch command.action {
    case .program: nil
    case .shell(let reason):
      allowsShell
        ? nil
        : "\(reason): \(command.text); cells run retort alone, unless --allow-shell trusts the "
          + "notebook"
    case .notebook:
      "a cell cannot run a notebook: \(command.text); run that notebook by itself"
    }
  }

  /// The output of every cell that was run, by the cell's number.
  func outputs(of notebook: Notebook) throws -> [Int: [String]] {
    var outputs: [Int: [String]] = [:]
    for (number, cell) in notebook.cells.enumerated() {
      let place = "\(notebook.path):\(cell.line)"
      let commands = cell.commands.map(\.text).joined(separator: "; ")
      if let reason = reasonToSkip(cell) {
        Console.shared.write(line: "skipped \(place), \(reason): \(commands)")
        continue
      }
      Console.shared.show(status: "\(place): \(commands)")
      defer { Console.shared.endStatus() }
      outputs[number] = try output(of: cell, in: notebook)
    }
    return outputs
  }

  /// Nil for a cell that is to be run.
  private func reasonToSkip(_ cell: Notebook.Cell) -> String? {
    if cell.options.isSlow, !runsSlow { return "slow" }
    guard cell.options.needsMirror else { return nil }
    let mirror = environment["RETORT_MIRROR"] ?? ""
    return Folder.exists(path: mirror) ? nil : "needs the models and data of RETORT_MIRROR"
  }

  private func output(of cell: Notebook.Cell, in notebook: Notebook) throws -> [String] {
    var text = ""
    for command in cell.commands {
      let place = "\(notebook.path):\(command.line): \(command.text)"
      let process: ChildProcess
      do throws(FileError) {
        process = try run(command, of: notebook, in: cell.options.folder)
      } catch {
        throw CommandFailure("\(place): \(error); \(notebook.path) is as it was")
      }
      let isLast = command == cell.commands.last
      let expected = isLast ? cell.options.status : 0
      guard process.status == expected else {
        throw CommandFailure(
          "\(place): ended with \(process.status), expected \(expected)"
            + "\(Self.lastLine(of: process.errors)); \(notebook.path) is as it was")
      }
      text += process.output
      if expected != 0 || cell.options.showsErrors { text += process.errors }
    }
    return cell.options.shown(of: Self.lines(of: text))
  }

  private func run(
    _ command: CellCommand, of notebook: Notebook, in folder: String?
  ) throws(FileError) -> ChildProcess {
    var environment = environment
    environment[Self.cellVariable] = "\(notebook.path):\(command.line)"
    return switch command.action {
    case .program(let arguments, let input):
      try ChildProcess(
        program, named: "retort", arguments, environment: environment,
        input: ChildProcess.Input(input),
        folder: folder)
    case .shell:
      try ChildProcess(
        "/bin/sh", ["-c", command.text], environment: environment, input: .none,
        folder: folder)
    case .notebook: preconditionFailure("\(command.text) was to be refused before anything runs")
    }
  }

  /// Without line feeds; a last one begins no line.
  private static func lines(of text: String) -> [String] {
    var lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false).map { line in
      String(Substring(line.last == 13 ? line.dropLast() : line))
    }
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  /// What a failed command said last, which is why it failed.
  private static func lastLine(of errors: String) -> String {
    errors.split(whereSeparator: \.isNewline).last.map { ": \($0)" } ?? ""
  }
}

extension ChildProcess.Input {
  init(_ input: CellCommand.Input) {
    self =
      switch input {
      case .none: .none
      case .file(let path): .file(path)
      case .text(let text): .text(text + "\n")
      }
  }
}
