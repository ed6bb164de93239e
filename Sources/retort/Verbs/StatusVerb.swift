// `retort status`: how far runs have come.
import ArgumentParser
import Foundation
import RetortExperimentPlan
import RetortFiles
import RetortFormatting

struct StatusVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract:
      "Show the progress of a run: stage, step, loss, time left, process, last checkpoint.",
    discussion: """
      Only reads files in the run folder. Without a run it shows one line for each run folder in --runs.
      """)

  @Argument(help: ArgumentHelp("A run folder.", valueName: "run"))
  var folder: String?

  @Option(help: ArgumentHelp("The folder that contains the run folders.", valueName: "dir"))
  var runs = "Runs"

  @Flag(help: "Keep showing the status, one line per change, until the process ends.")
  var follow = false

  func validate() throws {
    if follow, folder == nil { throw ValidationError("--follow needs a run; name its folder") }
  }

  func run() throws {
    guard let run = folder else { return try listAll() }
    if follow { return try watch(run) }
    let text = RunStatusText(try RunStatus(run: run))
    let go = text.resumingCommand.map { ("to go on", $0) }
    let width = (text.facts.map(\.0) + (go.map { [$0.0] } ?? [])).map(\.count).max() ?? 0
    try StandardOutput.shared.write(line: run)
    for (name, value) in text.facts {
      try StandardOutput.shared.write(text: "  \(name.padded(to: width))  \(value)")
    }
    // To be copied as it stands.
    if let go { try StandardOutput.shared.write(line: "  \(go.0.padded(to: width))  \(go.1)") }
  }

  private func listAll() throws {
    guard Folder.exists(path: runs) else {
      throw CommandFailure(
        "\(runs): no such folder; name the folder that contains the run folders with --runs")
    }
    let folders = try Folder.names(path: runs).map { "\(runs)/\($0)" }
      .filter(RunFolder.exists(path:))
    guard !folders.isEmpty else { throw CommandFailure("\(runs): no run folder in it") }
    for folder in folders {
      try StandardOutput.shared.write(text: RunStatusText(try RunStatus(run: folder)).line)
    }
  }

  /// On a terminal the line is rewritten.
  private func watch(_ run: String) throws {
    StopSignals.install()
    var last = ""
    while true {
      let status = try RunStatus(run: run)
      let shown = RunStatusText(status)
      let text = shown.line
      let isRunning = if case .running = status.state { true } else { false }
      if isRunning, Console.shared.isTerminal {
        Console.shared.show(status: shown.progressLine)
      } else if text != last {
        Console.shared.endStatus()
        try StandardOutput.shared.write(text: text)
        try StandardOutput.shared.flush()
      }
      last = text
      if let signal = StopSignals.received {
        Console.shared.endStatus()
        throw Stopped(signal: signal, description: "stopped watching; the run continues")
      }
      guard isRunning else { return }
      usleep(500_000)
    }
  }
}
