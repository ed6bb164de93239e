// `retort cache`: the finished stages that are kept, and which of them can go.
import ArgumentParser
import Foundation
import RetortExperimentPlan
import RetortFiles
import RetortFormatting

struct CacheVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache",
    abstract: "List what is in RETORT_CACHE, or remove what no run uses.",
    subcommands: [List.self, Prune.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls", abstract: "List the finished stages with their sizes, the oldest first.",
      discussion: "The experiment is the run that computed the stage; other runs may use it too.")

    func run() throws {
      let locations = Locations()
      let cache = StageCache(locations)
      let entries = try cache.entries()
      let rows = entries.map { entry in
        [
          String(entry.digest.prefix(16)), entry.experiment ?? "-",
          entry.stage?.id ?? "(no record)",
          entry.stage?.kind.rawValue ?? "", entry.stage?.data ?? "",
          // To the minute.
          String(entry.finished.formatted(.iso8601).prefix(16)) + "Z",
          entry.byteCount.memoryText,
        ]
      }
      if !rows.isEmpty {
        try StandardOutput.shared.write(
          line: TextTable(
            header: ["digest", "experiment", "stage", "kind", "data", "finished", "size"],
            rows: rows,
            rightAligned: [6]
          ).text(width: StandardOutput.shared.width))
      }
      try StandardOutput.shared.write(line: "\(cache.folder): \(entries.summary)")
      let files = try RemadeFile.all(in: locations)
      if !files.isEmpty {
        try StandardOutput.shared.write(line: "\(locations.cache): \(files.summary)")
      }
    }
  }

  struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "prune",
      abstract:
        "Remove the finished stages that no run in the given folders uses, and prepared data.",
      discussion: """
        A removed stage is computed again by the next run that needs it; RUN#STAGE of a run elsewhere no longer finds its \
        model. Name the folders of all runs that share the cache. Tokenised corpora and generated data (prepared/) and \
        the figures of measures (measures/) are removed whatever run uses them, and made again when one needs them; so are \
        measured times (forecasts/) of stages that no run uses.
        """)

    @Option(
      parsing: .upToNextOption,
      help: ArgumentHelp(
        "Folders that contain run folders, or run folders; the stages of these runs are kept.",
        valueName: "dir"))
    var runs: [String]

    @Option(
      help: ArgumentHelp(
        "Remove only what was finished at least this many days ago.", valueName: "days"))
    var olderThan = 0

    @Flag(help: "Say what would be removed; remove nothing.")
    var dryRun = false

    func validate() throws {
      if olderThan < 0 { throw ValidationError("--older-than is \(olderThan), expected 0 or more") }
    }

    func run() throws {
      let used = try usedDigests()
      let locations = Locations()
      let cache = StageCache(locations)
      let limit = Date(timeIntervalSinceNow: -Double(olderThan) * 86_400)
      let unused = try cache.entries().filter { !used.contains($0.digest) && $0.finished <= limit }
      for entry in unused {
        if !dryRun { try cache.remove(entry.digest) }
        try StandardOutput.shared.write(
          line: "\(dryRun ? "would remove" : "removed") \(entry.digest.prefix(16))  "
            + "\(entry.stage?.id ?? "(no record)")  \(entry.byteCount.memoryText)")
      }
      try StandardOutput.shared.write(
        line: "\(cache.folder): \(dryRun ? "would remove" : "removed") \(unused.summary)")
      let files = try RemadeFile.all(in: locations).filter { file in
        file.written <= limit && !(file.stage.map(used.contains) ?? false)
      }
      if !dryRun { for file in files { try file.remove() } }
      if !files.isEmpty {
        try StandardOutput.shared.write(
          line: "\(locations.cache): \(dryRun ? "would remove" : "removed") \(files.summary)")
      }
    }

    /// Of every folder that is named, so that a wrong name removes nothing.
    private func usedDigests() throws -> Set<String> {
      var used: Set<String> = []
      for folder in runs {
        guard Folder.exists(path: folder) else {
          throw CommandFailure("--runs \(folder): no such folder, so nothing was removed")
        }
        let found =
          RunFolder.exists(path: folder)
          ? [folder]
          : try Folder.names(path: folder).map { "\(folder)/\($0)" }.filter(RunFolder.exists)
        guard !found.isEmpty else {
          throw CommandFailure(
            "--runs \(folder): expected a folder with run folders in it, found none, so nothing was removed"
          )
        }
        for run in found { used.formUnion(try RunStages(run: run).entries.map(\.digest)) }
      }
      return used
    }
  }
}

extension [RemadeFile] {
  /// `3 files of prepared data, measures and measured times, 12 MiB`
  fileprivate var summary: String {
    "\(count.grouped) file\(count == 1 ? "" : "s") of prepared data, measures and measured times, "
      + reduce(0) { $0 + $1.byteCount }.memoryText
  }
}

extension [StageCache.Entry] {
  /// `3 stages, 12 MiB`
  fileprivate var summary: String {
    "\(count.grouped) stage\(count == 1 ? "" : "s"), \(reduce(0) { $0 + $1.byteCount }.memoryText)"
  }
}
